#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""lint.py: the house rules a machine can check. One verdict per rule.

Style that needs judgement (names, length, whether a comment says why) is not
here: docs/style.md has it, and reviewers.
"""
import concurrent.futures
import os
import re
import subprocess
import sys

import tree

CODE = (".c", ".h", ".S", ".def", ".ld", ".py", ".sh", ".mk", ".scn", ".manifest")
MPL = ("abi/", "user/lib/os/")
# Spelt apart so that this file passes its own rule.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK", "for " "now", "st" "ub" "bed"]) + r")\b")
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(" + "home|root|work|Users|tmp" + r")/\w")
ARCHITECTURE = re.compile(r"__x86_64|__amd64|__i386|__aarch64|__arm|__riscv|\bCONFIG_(X86|ARM|RISCV)|\bARCH_(X86|ARM|RISCV)"
                          r"|ifn?eq \(\$\(ARCH\),")
# What cannot be understood without the file that includes it.
NOT_ALONE = re.compile(r"(/|_)inline\.h$|_priv\.h$")


def is_code(path):
    return path.endswith(CODE) or os.path.basename(path) in ("Makefile", "run", ".clang-format")


def first_lines(path):
    return tree.read(path).splitlines()[:2]


def licence_problems():
    for path in filter(is_code, tree.files()):
        wanted = "MPL-2.0" if path.startswith(MPL) else "AGPL-3.0-or-later"
        lines = first_lines(path)
        if lines and lines[0].startswith("#!"):
            lines = lines[1:]
        if not lines or not re.search(rf"SPDX-License-Identifier: {re.escape(wanted)}(\s|$)", lines[0]):
            yield f"{path}:1: the first line must say SPDX-License-Identifier: {wanted}"


def purpose_problems():
    for path in tree.files(".c", ".h", ".S"):
        lines = first_lines(path)
        if len(lines) < 2 or not lines[1].startswith(("/*", "//", " *", "#")):
            yield f"{path}:2: after the licence line comes a comment with the file's purpose"


def lines_matching(paths, pattern, sentence):
    for path in paths:
        for number, line in enumerate(tree.read(path).splitlines(), 1):
            match = pattern.search(line)
            if match:
                yield f"{path}:{number}: {sentence}: {match.group(0).strip()}"


def outside(paths, *folders):
    return [path for path in paths if not path.startswith(folders)]


def without_comments(text):
    """Block comments replaced by as many empty lines."""
    return re.sub(r"/\*.*?\*/", lambda match: "\n" * match.group(0).count("\n"), text, flags=re.DOTALL)


def indent_problems(path):
    """A statement that begins with spaces. Spaces that align a continued line are as they should be."""
    before = ""
    for number, line in enumerate(without_comments(tree.read(path)).splitlines(), 1):
        if re.match(r" {2,}\S", line) and before.endswith((";", "{", "}")):
            yield f"{path}:{number}: indent with tabs"
        before = line.rstrip() or before


def space_problems():
    code = tree.files(".c", ".h", ".S", ".def")
    for path in tree.files(".c", ".h"):
        yield from indent_problems(path)
    yield from lines_matching(code, re.compile(r"^ +\t"), "a space before a tab")
    yield from lines_matching(tree.files(".py"), re.compile(r"^\s*\t"), "a tab in Python")
    yield from lines_matching(filter(is_code, tree.files()), re.compile(r"[ \t]+$"), "space at the end of the line")
    for path in filter(is_code, tree.files()):
        text = tree.read(path)
        if text and not text.endswith("\n"):
            yield f"{path}: no newline at the end"


def guard_problems():
    for path in tree.files(".h"):
        if "#pragma once" not in tree.read(path):
            yield f"{path}: a header begins with #pragma once"


def compile_alone(path):
    """What clang says of a header that is included first and alone; empty if nothing."""
    parts = path.split(os.sep)
    arch = parts[1] if parts[0] == "arch" else "x86_64"
    target = [] if arch == "host" or parts[0] == "tools" else [f"--target={arch}-unknown-none-elf", "-ffreestanding", "-nostdlibinc"]
    roots = [f"-I{folder}" for folder in tree.include_roots(path, arch)]
    result = subprocess.run(["clang-19", *target, "-std=gnu11", "-fsyntax-only", "-Wall", "-Wextra", "-Werror",
                             "-Wno-unused-function", "-Wno-pragma-once-outside-header", "-x", "c", *roots, path],
                            cwd=tree.ROOT, capture_output=True, text=True)
    errors = [line for line in result.stderr.splitlines() if "error:" in line]
    return f"{path}: does not compile alone: {errors[0] if errors else result.stderr[:200]}" if result.returncode else ""


def header_problems():
    headers = [path for path in tree.files(".h") if not NOT_ALONE.search(path) and "/test/" not in path
               and not path.startswith("tests")]
    with concurrent.futures.ThreadPoolExecutor(tree.jobs()) as pool:
        yield from filter(None, pool.map(compile_alone, headers))


def syscall_problems():
    """Every row of syscall.def has a heading of its name in docs/kernel/syscalls.md, with a part `Errors`."""
    document = "docs/kernel/syscalls.md"
    if not os.path.exists(os.path.join(tree.ROOT, document)):
        yield f"{document} is missing"
        return
    sections = {}
    name = None
    for line in tree.read(document).splitlines():
        heading = re.match(r"#{2,4} +`?(\w+)`?", line)
        if heading and not re.match(r"#{2,6} +Errors", line):
            name = heading.group(1)
            sections[name] = ""
        elif name:
            sections[name] += line + "\n"
    for row in re.finditer(r"^SYSCALL\((\d+), (\w+),", tree.read("abi/include/abi/syscall.def"), re.MULTILINE):
        if row.group(2) not in sections:
            yield f"{document}: system call {row.group(1)}, {row.group(2)}, has no section"
        elif not re.search(r"\bErrors\b", sections[row.group(2)]):
            yield f"{document}: {row.group(2)} has no part Errors"


def readme_problems():
    """Every program says in a README what it is."""
    for kind in ("services", "drivers", "apps"):
        folder = os.path.join(tree.ROOT, "user", kind)
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if not os.path.exists(os.path.join(folder, name, "README.md")):
                yield f"user/{kind}/{name}/README.md is missing"


def main():
    verdicts = tree.Verdicts()
    code = list(filter(is_code, tree.files()))
    everything = [path for path in tree.files() if path.endswith(CODE + (".md", ".txt"))] + ["Makefile"]
    check = verdicts.check
    check("lint: licence line first", licence_problems())
    check("lint: each file says its purpose", purpose_problems())
    check("lint: tabs, spaces, ends of lines", space_problems())
    check("lint: headers are guarded", guard_problems())
    check("lint: headers compile alone", header_problems())
    check("lint: no architecture conditionals outside arch/",
          lines_matching(outside(code, "arch/", "tools/lint.py"), ARCHITECTURE, "belongs into arch/"))
    check("lint: nothing is left unfinished", lines_matching(code, UNFINISHED, "finish it or record it as an issue"))
    check("lint: no path of one machine", lines_matching(outside(everything, "tools/lint.py"), MACHINE_PATH, "a path of one machine"))
    check("lint: every system call is documented, with its errors", syscall_problems())
    check("lint: every program has a README", readme_problems())
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
