#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""mutate.py [--per N] [--seed N] [--tests] [UNIT...]: breaks each proved function in up to N ways (12); do tests or proofs notice?

A mutant differs from the code in one place of one function of verification/units.txt: another operator or comparison,
a limit off by one, another constant, a condition turned round, the other answer, a statement left out. Which, of
all there are, the seed says. It is compiled and given to the unit's tests (below); what they let pass has to prove, as
the proved code has, what its contract says. A mutant that neither notices survives: either something is missing, or
it means the same. What was judged before is not judged again (build/mutants/judged.txt).

Tests are cheap, provers are not: --tests leaves what tests let pass for another run. Of a function that does not
prove as it is, within the time a mutant has, no mutant counts as noticed by proof: the machine may be too busy.

`make host` comes first. The last line is `N passed, N failed`: one check per unit and one for LEAST percent in all.
"""
import argparse
import concurrent.futures
import hashlib
import os
import random
import re
import resource
import shutil
import subprocess
import threading

import prove
import tree

FOLDER = os.path.join(tree.ROOT, "build", "mutants")
JUDGED = os.path.join(FOLDER, "judged.txt")
LEAST = 90.0
TESTED = ("kernel/", "lib/", "verification/")  # units elsewhere have no unit test that mutants could be given to
TEST_SECONDS = 20  # of CPU, many times what any of them takes
PROOF_SECONDS = 20
# Tests of units that do not have their file's name; and for functions in headers what else is to be compiled with them.
TESTS = {"bits": "bitops", "crc32c_long": "crc32c", "elf_symbol": "elf", "catalog": "module", "catalog_check": "module",
         "fdt_find": "fdt", "fdt_bus": "fdt", "fdt_interrupt": "fdt", "audit_index": "audit", "audit_staging": "audit",
         "user_range": "aspace", "frame_pool": "frame", "cap_tree": "cap", "cap_revoke": "cap", "cap_lookup": "cap",
         "identity": "process", "xts_header": "block_xts", "manifest_lines": "manifest",
         "manifest_entry": "manifest", **dict.fromkeys(
             ["batch_header", *(f"volume_{part}" for part in ("window", "record", "super", "label", "page", "replay", "tail"))],
             "volume")}
HEADERS = {"bytes": ("lib/include/lib/bytes.h", []), "bits": ("lib/include/lib/bitops.h", []),
           "audit_index": ("kernel/include/kernel/audit_index.h", ["kernel/audit_staging.c"]),
           "user_range": ("kernel/include/kernel/user_range.h",
                          [f"kernel/aspace{part}.c" for part in ("", "_map", "_protect", "_unmap")]),
           "identity": ("kernel/include/kernel/principal.h", ["kernel/process.c"])}
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", re.DOTALL)
FUNCTION = re.compile(r"^[A-Za-z_][^;={}#]*?\b(\w+)\([^;{}]*?\)\n\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
SWAPS = [(re.compile(pattern), new) for pattern, new in (
    (r"(?<=[^<-]) <= ", " < "), (r" < ", " <= "), (r" >= ", " > "), (r" > ", " >= "), (r" == ", " != "), (r" != ", " == "),
    (r" && ", " || "), (r" \|\| ", " && "), (r" \+ ", " - "), (r" - ", " + "), (r" \* (?=[\w(])", " + "), (r" / ", " * "),
    (r" % ", " / "), (r" << ", " >> "), (r" >> ", " << "), (r" & ", " | "), (r" \| ", " & "), (r"\+\+", "--"),
    (r"(?<==) !(?=\w)|(?<=\()!(?=[\w(])", ""), (r"\breturn false;", "return true;"), (r"\breturn true;", "return false;"),
    (r"\breturn NULL;", "return (void *)1;"), (r" \+= ", " -= "), (r" -= ", " += "), (r" \|= ", " &= "))]
NUMBER = re.compile(r"(?<![\w.])(0x[0-9a-f]+|\d+)(u?l?l?)(?![\w.])")
CONDITION = re.compile(r"\b(?:if|while) \((.*)\)( \{)?$", re.MULTILINE)
STATEMENT = re.compile(r"^\t+(?!return|const|u?int\d|size_t|bool|struct|enum|static|for|goto|case|default|#)(?!\(void\))[a-z_*(].*;$", re.MULTILINE)
lock = threading.Lock()


def blank(text):
    """The text with comments and strings as blanks, so that places stay what they are."""
    return COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


def changes(body):
    """(start, end, new text) of every mutation of a function's body."""
    for pattern, new in SWAPS:
        yield from ((match.start(), match.end(), new) for match in pattern.finditer(body))
    for match in NUMBER.finditer(body):
        value = int(match.group(1), 0)
        yield (*match.span(), f"{value + 1}{match.group(2)}")
        if value > 0:
            yield (*match.span(), f"{value - 1}{match.group(2)}")
    yield from ((*match.span(1), f"!({match.group(1)})") for match in CONDITION.finditer(body))
    for match in STATEMENT.finditer(body):
        yield (*match.span(), re.match(r"\t+", match.group(0)).group(0) + ";")


class Unit:
    """A line of units.txt: which functions it proves, in which file, and what tests them."""

    def __init__(self, name, file, options):
        self.name, self.proved_file, self.options = name, file, options
        self.source, self.others = HEADERS.get(name, (file, []))
        test = TESTS.get(name, name) + "_test"
        self.test = f"{'kernel' if file.startswith(('kernel', 'verification/kernel')) else 'lib'}/test/{test}.c"
        self.text = tree.read(self.source)
        listed = options[options.index("-wp-fct") + 1].split(",") if "-wp-fct" in options else None
        left_out = options[options.index("-wp-skip-fct") + 1].split(",") if "-wp-skip-fct" in options else []
        self.functions = {match.group(1): match.span(2) for match in FUNCTION.finditer(blank(self.text))
                          if (listed is None or match.group(1) in listed) and match.group(1) not in left_out}

        self.proved = {}  # by function: it proves as it is, within a mutant's time
        self.lock = threading.Lock()

    def proves(self, function):
        with self.lock:
            if function not in self.proved:
                whole = Mutant(self, function, 0, 0, "")
                whole.write()
                self.proved[function] = whole.proves()
            return self.proved[function]

    def mutants(self, per, seed):
        for name, (begin, end) in self.functions.items():
            found = sorted(set(changes(blank(self.text)[begin:end])))
            random.Random(f"{seed} {self.name} {name}").shuffle(found)
            for start, stop, new in sorted(found[:per]):
                yield Mutant(self, name, begin + start, begin + stop, new)


class Mutant:
    def __init__(self, unit, function, start, end, new):
        self.unit, self.function = unit, function
        self.text = unit.text[:start] + new + unit.text[end:]
        line = unit.text.count("\n", 0, start + len(unit.text[start:end]) - len(unit.text[start:end].lstrip()))
        before = unit.text.splitlines()[line].strip()
        now = self.text.splitlines()[line].strip()
        self.title = f"{unit.source}:{line + 1}: {function}: `{before}` became `{now}`"
        tests = tree.read(unit.test)
        self.key = hashlib.sha256("\0".join([unit.name, function, self.text, tests]).encode()).hexdigest()[:20]
        self.folder = os.path.join(FOLDER, self.key)

    def path(self, file):
        """Where the mutated text stands in for a file; headers under the name they are included by."""
        return os.path.join(self.folder, file.split("/include/")[-1] if "/include/" in file else os.path.basename(file))

    def compile(self, file, out):
        source = self.path(file) if file == self.unit.source else file
        line = flags(file) + ["-g0", "-w", f"-I{self.folder}", f"-I{os.path.dirname(file)}", "-c", source, "-o", out]
        place = line.index("-w")
        line = line[:1] + line[place + 1:place + 2] + line[1:place + 1] + line[place + 2:]  # its folder is looked in first
        return subprocess.run(line, cwd=tree.ROOT, capture_output=True).returncode == 0

    def write(self):
        os.makedirs(os.path.dirname(self.path(self.unit.source)), exist_ok=True)
        with open(self.path(self.unit.source), "w", encoding="utf-8") as out:
            out.write(self.text)

    def build(self):
        """The test program of this mutant, or None: it is no C."""
        self.write()
        files = [self.unit.test, *self.unit.others] if self.unit.name in HEADERS else [self.unit.source]
        objects = [os.path.join(self.folder, os.path.basename(file) + ".o") for file in files]
        if not all(self.compile(file, out) for file, out in zip(files, objects)):
            return None
        if self.unit.name not in HEADERS:
            objects.append(f"build/host/{self.unit.test}.o")
        program = os.path.join(self.folder, "test")
        kernel = ["build/host/kernel.a"] if self.unit.test.startswith("kernel") else []
        done = subprocess.run(["clang-19", "-fuse-ld=lld", "-Wl,--strip-debug", "-fsanitize=address,undefined", *objects, *kernel, "build/host/lib.a",
                               "-lcmocka", "-o", program], cwd=tree.ROOT, capture_output=True)
        return program if done.returncode == 0 else None

    def judge(self, known, provers):
        """`no C`, `test`, `proof` (who noticed), `survived`, or, if provers were not asked yet, `left`."""
        if known != "left":
            program = self.build()
            if program is None:
                return "no C"
            if not passes(program):
                return "test"
        if not provers:
            return "left"
        if not self.unit.proves(self.function):
            return "survived"
        self.write()
        return "survived" if self.proves() else "proof"

    def proves(self):
        options = list(self.unit.options)
        if "-wp-fct" in options:
            del options[options.index("-wp-fct"):options.index("-wp-fct") + 2]
        file = self.path(self.unit.source) if self.unit.name not in HEADERS else self.unit.proved_file
        line = prove.command(file, options + ["-wp-fct", self.function], False, PROOF_SECONDS)
        line = [f"-cpp-extra-args=-I{self.folder} -I{os.path.dirname(self.unit.proved_file)} {prove.includes(self.unit.proved_file)}"
                if part.startswith("-cpp-extra-args") else part for part in line]
        line[line.index("-wp-cache-dir") + 1] = os.path.join(FOLDER, "cache")
        text = subprocess.run(line, cwd=tree.ROOT, capture_output=True, text=True, errors="replace").stdout
        total = prove.SUM.search(text)
        return bool(total) and total.group(1) == total.group(2)


def passes(program):
    """The first test that fails ends the program."""
    return subprocess.run([program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=limit,
                          env={**os.environ, "CMOCKA_TEST_ABORT": "1"}).returncode == 0


def limit():
    """A test that would run for ever is ended, and has noticed."""
    resource.setrlimit(resource.RLIMIT_CPU, (TEST_SECONDS, TEST_SECONDS))


def flags(file, known={}):
    """The command make compiles a file with for this machine, up to what is its own."""
    if file not in known:
        said = subprocess.run(["make", "-Bn", "V=1", f"build/host/{file}.o"], cwd=tree.ROOT, capture_output=True, text=True).stdout
        line = next(line for line in said.splitlines() if line.startswith("clang") and f" {file} " in line)
        known[file] = line.split(" -MMD")[0].replace("'", "").split()
    return known[file]


def verdict_of(mutant, known, provers):
    """What was found, now or before."""
    before = known.get(mutant.key)
    if before is None or (before == "left" and provers):
        known[mutant.key] = mutant.judge(before, provers)
        shutil.rmtree(mutant.folder, ignore_errors=True)
        with lock, open(JUDGED, "a", encoding="utf-8") as out:
            out.write(f"{mutant.key} {known[mutant.key]}\n")
    return mutant, known[mutant.key]


def judged():
    if not os.path.exists(JUDGED):
        return {}
    with open(JUDGED, encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(" ", 1) for line in file)


def report(verdicts, unit, results):
    """One check per unit; returns how many mutants there were and how many survived."""
    counts = {what: sum(verdict == what for _, verdict in results) for what in ("test", "proof", "survived", "left")}
    print(f"{unit.name}: {len(unit.functions)} functions, {sum(counts.values())} mutants, {counts['test']} noticed by tests, "
          f"{counts['proof']} more by proofs, {counts['survived']} survived, {counts['left']} left to provers", flush=True)
    for mutant, verdict in results:
        if verdict in ("proof", "survived", "left"):
            print(f"    {verdict}: {mutant.title}")
    verdicts.check(f"{unit.name} has mutants", [] if sum(counts.values()) else ["none of its functions was found"])
    return sum(counts.values()), counts["survived"], counts["left"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--per", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", action="store_true")
    parser.add_argument("unit", nargs="*")
    asked = parser.parse_args()
    os.makedirs(os.path.join(FOLDER, "cache"), exist_ok=True)
    os.makedirs(prove.CACHE, exist_ok=True)
    shutil.copytree(prove.CACHE, os.path.join(FOLDER, "cache"), dirs_exist_ok=True)
    prove.configure()
    verdicts, known, total, survived, left = tree.Verdicts(), judged(), 0, 0, 0
    for name, file, _, options in prove.units():
        if asked.unit and name not in asked.unit or not file.startswith(TESTED):
            continue
        unit = Unit(name, file, options)
        if not os.path.exists(os.path.join(tree.ROOT, unit.test)):
            verdicts.check(f"{name} has tests", [f"{unit.test} is not there, and TESTS says of no other"])
            continue
        with concurrent.futures.ThreadPoolExecutor(tree.jobs()) as pool:
            results = list(pool.map(lambda mutant: verdict_of(mutant, known, not asked.tests),
                                    unit.mutants(asked.per, asked.seed)))
        sums = report(verdicts, unit, results)
        total, survived, left = total + sums[0], survived + sums[1], left + sums[2]
    share = 100.0 * (total - survived) / (total or 1)
    verdicts.check(f"{total - survived - left} of {total} mutants noticed, {left} left to provers",
                   [f"{LEAST} % at least are asked for"] if share < LEAST else [])
    return verdicts.end()


if __name__ == "__main__":
    tree.run(main)
