#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""mutate.py [--per N] [--seed N] [--tests] [UNIT...]: breaks each proved function in up to N ways (12); do tests or proofs notice?

A mutant differs from the code in one place of one function of verification/units.txt: another operator or comparison,
a limit off by one, another constant, a condition turned round, the other answer, a statement left out. Which, of
all there are, the seed says. It is compiled and given to the unit's tests (below; one that fails is enough); what they
let pass has to prove, as the proved code has, what its contract says. A mutant that neither notices survives: either
something is missing, or it means the same; verification/survivors.txt says of which that was found, and why, and a
survivor that is not among them is a failure. What was judged before is not judged again (build/mutants/judged.txt).

Tests are cheap, provers are not: --tests leaves what tests let pass for another run. Of a function that does not
prove as it is, within the time a mutant has, no mutant counts as noticed by proof: the machine may be too busy.

`make host` comes first. The last line is `N passed, N failed`: two checks per unit and one for LEAST percent in all.
"""
import argparse
import concurrent.futures
import functools
import hashlib
import json
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
EXPLAINED = [line for line in tree.read("verification/survivors.txt").splitlines() if line and not line.startswith("#")]
LEAST = 90.0
TEST_SECONDS = 20  # of CPU, more than any of them takes
PROOF_SECONDS = 20
# The tests of units, or of single functions, that do not have their name; and for functions in headers, where they
# are and what else is to be compiled with them.
TESTS = {"bits": "bitops", "crc32c_long": "crc32c", "elf_symbol": "elf", "catalog": "module", "catalog_check": "module",
         **dict.fromkeys(["fdt", "fdt_find"], "fdt fdt_damage"), **dict.fromkeys(["fdt_bus", "fdt_interrupt"], "fdt_bus fdt_damage"),
         "audit_index": "audit", "audit_staging": "audit", "user_range": "aspace", "frame_pool": "frame",
         "cap_tree": "cap", "cap_revoke": "cap", "cap_lookup": "cap",
         "identity": "process", "message_copy": "message endpoint", "cap_current": "cap_find", "xts_header": "block_xts",
         "xts": "aes",
         "object_record": "object_fields object_record", **dict.fromkeys(["object_read", "object_keys"], "object_store"),
         **dict.fromkeys(["manifest_lines", "manifest_begin", "manifest_entry", "manifest_check"], "manifest"),
         "volume_label": "volume_super volume", "volume_super": "volume_super volume", "volume_page": "volume_page volume volume_clean",
         **dict.fromkeys(["batch_header", *(f"volume_{part}" for part in ("window", "record", "tail", "index", "pieces"))],
                         "volume_log volume volume_key volume_clean volume_damage"),
         **dict.fromkeys(["volume_replay", "volume_apply", "volume_follow"], "volume_replay volume volume_damage"),
         "volume_records": "volume_salvage", "volume_deletions": "volume_salvage",
         "thread_links": "thread_queue", "channel_state": "channel",
         "boot_device": "acpi_machine", "disk_limits": "limits", "disk_request": "transfers", "ipc_answer": "ipc"}
HEADERS = {"bytes": ("lib/include/lib/bytes.h", []), "bits": ("lib/include/lib/bitops.h", []),
           "audit_index": ("kernel/include/kernel/audit_index.h", ["kernel/audit_staging.c"]),
           "user_range": ("kernel/include/kernel/user_range.h",
                          [f"kernel/aspace{part}.c" for part in ("", "_map", "_protect", "_unmap")]),
           "identity": ("kernel/include/kernel/principal.h", ["kernel/process.c"]),
           "message_copy": ("kernel/message.h",
                            [f"kernel/{name}.c" for name in ("message", "endpoint_call", "endpoint_receive", "endpoint_send")]),
           **dict.fromkeys(["cap_find", "cap_current"], ("kernel/include/kernel/cap_inline.h", [])),
           "wait": ("kernel/include/kernel/wait.h", []),
           **dict.fromkeys(["thread_links", "thread_queue"], ("kernel/thread_queue.h", []))}
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


class Function:
    """A function that is proved: where its body is, and what tests it."""

    known = {os.path.basename(file): file for file in tree.files("_test.c")}

    def __init__(self, unit, name):
        self.name = name
        self.source, self.others = HEADERS.get(name) or HEADERS.get(unit.name) or (unit.proved_file, [])
        tests = TESTS.get(name) or TESTS.get(unit.name) or unit.name
        self.tests = [self.known.get(f"{test}_test.c", f"{test}_test.c") for test in tests.split()]
        self.text = tree.read(self.source)
        self.span = bodies(self.source).get(name)

    def files(self):
        """What is compiled anew for a mutant of it."""
        return [*self.tests, *self.others] if self.source.endswith(".h") else [self.source]


class Unit:
    """A line of units.txt: which functions it proves, in which file."""

    def __init__(self, name, file, options):
        self.name, self.proved_file, self.options = name, file, options
        listed = options[options.index("-wp-fct") + 1].split(",") if "-wp-fct" in options else bodies(file)
        left_out = options[options.index("-wp-skip-fct") + 1].split(",") if "-wp-skip-fct" in options else []
        functions = [Function(self, function) for function in listed if function not in left_out]
        self.functions = [function for function in functions if function.span]
        self.absent = [function.name for function in functions if not function.span]
        self.proved = {}  # by function: it proves as it is, within a mutant's time
        self.lock = threading.Lock()

    def proves(self, function):
        with self.lock:
            if function.name not in self.proved:
                whole = Mutant(self, function, 0, 0, "")
                whole.write()
                self.proved[function.name] = whole.proves()
            return self.proved[function.name]

    def mutants(self, per, seed):
        for function in self.functions:
            begin, end = function.span
            found = sorted(set(changes(blank(function.text)[begin:end])))
            random.Random(f"{seed} {self.name} {function.name}").shuffle(found)
            for start, stop, new in sorted(found[:per]):
                yield Mutant(self, function, begin + start, begin + stop, new)


class Mutant:
    def __init__(self, unit, function, start, end, new):
        self.unit, self.function = unit, function
        self.text = function.text[:start] + new + function.text[end:]
        line = function.text.count("\n", 0, start + len(function.text[start:end]) - len(function.text[start:end].lstrip()))
        before = function.text.splitlines()[line].strip()
        now = self.text.splitlines()[line].strip()
        self.title = f"{function.source}:{line + 1}: {function.name}: `{before}` became `{now}`"
        self.explained = [line for line in EXPLAINED if line.startswith(f"{function.source} {function.name} | {before} | {now} | ")]
        parts = [unit.name, function.name, self.text, *map(tree.read, function.tests)]
        self.key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]
        self.folder = os.path.join(FOLDER, self.key)
        # The mutated text: headers under the name they are included by.
        self.path = os.path.join(self.folder, function.source.split("/include/")[-1])

    def write(self):
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path, "w", encoding="utf-8") as out:
            out.write(self.text)

    def build(self):
        """The objects of this mutant, by file; none: it is no C."""
        self.write()
        # The compiler sees the mutated text where the source is.
        stands_for = {"type": "file", "name": os.path.join(tree.ROOT, self.function.source), "external-contents": self.path}
        with open(os.path.join(self.folder, "overlay"), "w", encoding="utf-8") as out:
            json.dump({"version": 0, "roots": [stands_for]}, out)
        objects = {}
        for file in self.function.files():
            objects[file] = os.path.join(self.folder, os.path.basename(file) + ".o")
            line = flags(file) + ["-g0", "-w", "-ivfsoverlay", os.path.join(self.folder, "overlay"), "-c", file, "-o", objects[file]]
            if subprocess.run(line, cwd=tree.ROOT, capture_output=True).returncode != 0:
                return {}
        return objects

    def tested(self):
        """`no C`, or `test` if one fails, or `left`; no further one is linked then."""
        objects = self.build()
        for test in self.function.tests if objects else []:
            program = self.link(test, objects)
            if not program:
                return "no C"
            if not passes(program):
                return "test"
        return "left" if objects else "no C"

    def link(self, test, objects):
        """As make links it, with the mutant's objects before the others."""
        program = os.path.join(self.folder, os.path.basename(test) + ".program")
        own = {f"build/host/{file}.o": path for file, path in objects.items() if file == test or file not in self.function.tests}
        line = [*(part for part in link_line(test) if part not in own), program]
        line[1:1] = ["-fuse-ld=lld", "-Wl,--strip-debug", *own.values()]
        return program if subprocess.run(line, cwd=tree.ROOT, capture_output=True).returncode == 0 else None

    def judge(self, known, provers):
        """`no C`, `test`, `proof` (who noticed), `survived`, or, if provers were not asked yet, `left`."""
        found = known or self.tested()
        if found != "left" or not provers:
            return found
        if not self.unit.proves(self.function):
            return "survived"
        self.write()
        return "survived" if self.proves() else "proof"

    def proves(self):
        options = list(self.unit.options)
        if "-wp-fct" in options:
            del options[options.index("-wp-fct"):options.index("-wp-fct") + 2]
        file = self.path
        if self.function.source != self.unit.proved_file:  # it includes headers by paths from its place, too
            file = os.path.join(self.folder, self.unit.proved_file)
            os.makedirs(os.path.dirname(file), exist_ok=True)
            shutil.copy(os.path.join(tree.ROOT, self.unit.proved_file), file)
        line = prove.command(file, options + ["-wp-fct", self.function.name], False, PROOF_SECONDS)
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


@functools.cache
def bodies(file):
    """Where the body of each function of a file is."""
    return {match.group(1): match.span(2) for match in FUNCTION.finditer(blank(tree.read(file)))}


def said(target):
    """The last command that make has for a target."""
    text = subprocess.run(["make", "-Bn", "V=1", target], cwd=tree.ROOT, capture_output=True, text=True).stdout
    return next(line for line in reversed(text.splitlines()) if line.startswith("clang")).replace("'", "")


@functools.cache
def flags(file):
    """The command make compiles a file with for this machine, up to what is its own."""
    return said(f"build/host/{file}.o").split(" -MMD")[0].split()


@functools.cache
def link_line(test):
    """The command make links a test with, up to the program's name."""
    return said(f"build/host/tests/{os.path.basename(test)[:-2]}").split()[:-1]


def verdict_of(mutant, known, provers):
    """What was found, now or before."""
    before = known.get(mutant.key)
    provers = provers and not mutant.explained
    if before is None or (before == "left" and provers):
        known[mutant.key] = mutant.judge(before, provers)
        shutil.rmtree(mutant.folder, ignore_errors=True)
        with lock, open(JUDGED, "a", encoding="utf-8") as out:
            out.write(f"{mutant.key} {known[mutant.key]}\n")
    verdict = known[mutant.key]
    return mutant, "explained" if mutant.explained and verdict in ("left", "survived") else verdict


def judged():
    if not os.path.exists(JUDGED):
        return {}
    with open(JUDGED, encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(" ", 1) for line in file)


def report(verdicts, unit, results):
    """Two checks per unit; returns how many mutants there were, how many were noticed, and how many nobody was asked about."""
    counts = {what: sum(verdict == what for _, verdict in results) for what in ("test", "proof", "explained", "survived", "left")}
    print(f"{unit.name}: {len(unit.functions)} functions, {sum(counts.values())} mutants, {counts['test']} noticed by tests, "
          f"{counts['proof']} more by proofs, {counts['explained']} explained, {counts['survived']} survived, "
          f"{counts['left']} left to provers", flush=True)
    for mutant, verdict in results:
        if verdict in ("proof", "survived", "left"):
            print(f"    {verdict}: {mutant.title}")
    if unit.absent:
        print(f"    not broken, for it is written in one line, elsewhere, or for the proof alone: {', '.join(unit.absent)}")
    verdicts.check(f"{unit.name} has mutants", [] if sum(counts.values()) else ["none of its functions was found"])
    verdicts.check(f"{unit.name}: who survives is explained", [mutant.title for mutant, verdict in results if verdict == "survived"])
    return sum(counts.values()), counts["test"] + counts["proof"], counts["left"]


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
    verdicts, known, total, noticed, left = tree.Verdicts(), judged(), 0, 0, 0
    for name, file, _, options in prove.units():
        if asked.unit and name not in asked.unit:
            continue
        if "-wp-prop=@lemma" in options:
            print(f"{name}: lemmas alone, there is no function to break")
            continue
        unit = Unit(name, file, options)
        missing = sorted({test for function in unit.functions for test in function.tests if not os.path.dirname(test)})
        if missing:
            verdicts.check(f"{name} has tests", [f"{test} is not there, and TESTS says of no other" for test in missing])
            continue
        with concurrent.futures.ThreadPoolExecutor(tree.jobs()) as pool:
            results = list(pool.map(lambda mutant: verdict_of(mutant, known, not asked.tests),
                                    unit.mutants(asked.per, asked.seed)))
        sums = report(verdicts, unit, results)
        total, noticed, left = total + sums[0], noticed + sums[1], left + sums[2]
    share = 100.0 * noticed / (total or 1)
    verdicts.check(f"{noticed} of {total} mutants noticed ({share:.1f} %), {left} left to provers",
                   [f"{LEAST} % at least are asked for"] if share < LEAST else [])
    return verdicts.end()


if __name__ == "__main__":
    tree.run(main)
