#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""stats.py: how large things are. It reports; it never fails.

Lengths of functions are counted from the line of the opening brace to that of
the closing one, which the house style puts at the beginning of a line.
"""
import os
import re
import subprocess

import lint
import tree

PARTS = ("abi", "lib", "kernel", "arch", "user", "tools", "tests")


def quantile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))] if values else 0


def is_test(path):
    return "/test/" in path or path.startswith("tests")


def functions(path):
    """Lengths of a C file's functions, in lines between the braces."""
    lengths, start = [], None
    for number, line in enumerate(tree.read(path).splitlines()):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            lengths.append(number - start - 1)
            start = None
    return lengths


def comment_lines(text):
    """Lines that hold a comment, or part of one."""
    inside, count = False, 0
    for line in text.splitlines():
        opened = "/*" in line or line.lstrip().startswith("//")
        count += inside or opened
        if "/*" in line and "*/" not in line.split("/*")[-1]:
            inside = True
        elif "*/" in line:
            inside = False
    return count


def part_row(part):
    paths = [path for path in tree.files(".c", ".h", ".S", ".def", ".py")
             if path.startswith(part + "/") and (part == "tests" or not is_test(path))]
    texts = [tree.read(path) for path in paths]
    lines = [text.count("\n") for text in texts]
    c_paths = [path for path in paths if path.endswith((".c", ".h", ".S", ".def"))]
    c_lines = sum(tree.read(path).count("\n") for path in c_paths)
    comments = sum(comment_lines(tree.read(path)) for path in c_paths)
    lengths = [length for path in paths if path.endswith(".c") for length in functions(path)]
    density = f"{100 * comments / c_lines:.0f}" if c_lines else "-"
    return (part, len(paths), sum(lines), quantile(lines, 0.5), quantile(lines, 0.9), len(lengths),
            quantile(lengths, 0.5), quantile(lengths, 0.9), density)


def section_sizes(elf):
    """Bytes of code, constants, data and zeroes of an ELF, by section name."""
    listing = subprocess.run(["llvm-size-19", "-A", elf], capture_output=True, text=True, check=True).stdout
    sizes = {}
    for line in listing.splitlines():
        fields = line.split()
        if len(fields) == 3 and fields[0].startswith(".") and fields[1].isdigit():
            kind = fields[0].split(".")[1]
            sizes[kind] = sizes.get(kind, 0) + int(fields[1])
    return sizes


def kernel_sizes():
    for arch in tree.ARCHES:
        elf = os.path.join(tree.ROOT, "build", arch, "kernel.elf")
        if os.path.exists(elf):
            sizes = section_sizes(elf)
            yield arch, sizes.get("text", 0), sizes.get("boot_text", 0), sizes.get("rodata", 0), sizes.get("data", 0), sizes.get("bss", 0)


def longest():
    found = []
    for path in tree.files(".c"):
        lines = tree.read(path).splitlines()
        for number, line in enumerate(lines):
            if line == "{":
                end = next((i for i in range(number, len(lines)) if lines[i] == "}"), number)
                found.append((end - number - 1, path, lines[number - 1].strip()))
    return sorted(found, reverse=True)[:5]


def main():
    print(f"{'':8}{'files':>6}{'lines':>8}{'  per file: median':>18}{'90 %':>6}{'functions':>11}"
          f"{'  lines each: median':>20}{'90 %':>6}{'comments/100':>14}")
    for part in PARTS:
        name, count, lines, half, most, number, f_half, f_most, density = part_row(part)
        print(f"{name:8}{count:6}{lines:8}{half:18}{most:6}{number:11}{f_half:20}{f_most:6}{density:>14}")
    tests = [path for path in tree.files(".c") if is_test(path)]
    print(f"tests in C: {len(tests)} files, {sum(tree.read(path).count(chr(10)) for path in tests)} lines")
    print("\nlongest functions:")
    for length, path, head in longest():
        print(f"  {length:4}  {path}: {re.sub(r'[(].*', '', head)}")
    code = [path for path in tree.files() if lint.is_code(path)]
    conditionals = list(lint.lines_matching(lint.outside(code, "arch/", "tools/lint.py"), lint.ARCHITECTURE, ""))
    print(f"\narchitecture conditionals outside arch/: {len(conditionals)}")
    print(f"\n{'kernel':10}{'code':>9}{'of boot':>9}{'constants':>11}{'data':>8}{'zeroes':>11}   bytes")
    for arch, text, boot, constants, data, zeroes in kernel_sizes():
        print(f"{arch:10}{text:9}{boot:9}{constants:11}{data:8}{zeroes:11}")


if __name__ == "__main__":
    main()
