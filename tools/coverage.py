#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""coverage.py [SEEDS]: what unit tests and simulation reach of kernel/ and lib/, by line, branch and condition.

`make coverage` builds them with clang's counters in build/coverage and calls this. A branch is one outcome of
one condition: `if (a && b)` has four. Left out, and counted apart, is what stands within ASSERT and ASSERT_VALID:
its other outcome is a broken invariant, which nobody should be able to reach; what panics otherwise is counted.
MC/DC counts the conditions that were shown to decide alone, of decisions of at most six. An inline function of
a header is counted once, whoever inlines it.

build/coverage/missed.txt names each outcome that was never taken. The last line is `N passed, N failed`: a
program that fails is a failure, and so is kernel/ below LEAST percent of its branches.
"""
import collections
import concurrent.futures
import glob
import json
import os
import re
import subprocess
import sys

import check
import tree

FOLDER = os.path.join(tree.ROOT, "build", "coverage")
COUNTED = re.compile(r"^(kernel|lib)/(?!test/|third-party/).*\.[ch]$")
FUNCTION = re.compile(r"^\w[^;=]*\)\n\{", re.MULTILINE)
LEAST = 90.0
PARTS = ("kernel", "lib")


class Counts:
    """Of one file or of a part of the tree: what there is, and what of it was reached."""

    def __init__(self):
        self.lines, self.branches, self.conditions, self.assertions = [0, 0], [0, 0], [0, 0], [0, 0]

    def add(self, other):
        for name in vars(self):
            mine, its = getattr(self, name), getattr(other, name)
            mine[0] += its[0]
            mine[1] += its[1]


def percent(pair):
    return 100.0 * pair[0] / pair[1] if pair[1] else 100.0


def programs():
    tests = [path for path in sorted(glob.glob(os.path.join(FOLDER, "tests", "*_test"))) if check.has_source(path)]
    return tests + [os.path.join(FOLDER, "sim")]


def run_all(verdicts, seeds):
    """Every unit test, then the simulation; each leaves its counters."""
    os.environ["LLVM_PROFILE_FILE"] = os.path.join(FOLDER, "profile", "%m.profraw")
    for old in glob.glob(os.path.join(FOLDER, "profile", "*")):
        os.remove(old)
    tests = programs()[:-1]
    with concurrent.futures.ThreadPoolExecutor(tree.jobs()) as pool:
        for program, passed, failed, output in pool.map(check.unit_test, tests):
            verdicts.check(f"{os.path.basename(program)}: {passed} tests", output.splitlines()[-20:] if failed else [])
    done = subprocess.run([programs()[-1], "--seed", "1", "--seeds", str(seeds)], capture_output=True, text=True)
    said = (done.stdout + done.stderr).splitlines()
    verdicts.check(f"simulation: {seeds} seeds", said[-20:] if done.returncode else [])


def export():
    """llvm-cov's account of each file."""
    profile = os.path.join(FOLDER, "all.profdata")
    subprocess.run(["llvm-profdata-19", "merge", "-sparse", "-o", profile,
                    *glob.glob(os.path.join(FOLDER, "profile", "*.profraw"))], check=True)
    first, *others = programs()
    text = subprocess.run(["llvm-cov-19", "export", f"-instr-profile={profile}", first,
                           *[f"-object={program}" for program in others]],
                          check=True, capture_output=True, text=True).stdout
    return {os.path.relpath(file["filename"], tree.ROOT): file for file in json.loads(text)["data"][0]["files"]}


def outcomes(file, lines):
    """{(line, column, within an assertion, which): [times true, times false]}, all uses of a header together."""
    found = collections.defaultdict(lambda: [0, 0])

    def count(place, asserted, which, branch):
        entry = found[(*place, asserted, which)]
        entry[0] += branch[4]
        entry[1] += branch[5]

    for branch in file["branches"]:
        count(branch[:2], False, tuple(branch[2:4]), branch)
    for use in file["expansions"]:
        line, column = use["source_region"][:2]
        asserted = lines[line - 1][column - 1:].startswith("ASSERT")
        for which, branch in enumerate(use["branches"]):
            count((line, column), asserted, which, branch)
    return found


def counts_of(path, file, missed):
    lines = tree.read(path).splitlines()
    counts = Counts()
    summary = file["summary"]["lines"]
    counts.lines = [summary["covered"], summary["count"]]
    for (line, column, asserted, _), times in sorted(outcomes(file, lines).items(), key=str):
        pair = counts.assertions if asserted else counts.branches
        pair[0] += sum(count > 0 for count in times)
        pair[1] += 2
        if not asserted:
            missed += [f"{path}:{line}:{column}: never {name}: {lines[line - 1].strip()}"
                       for name, count in zip(("true", "false"), times) if count == 0]
    decided = collections.defaultdict(set)
    for record in file.get("mcdc_records", []):
        if not lines[record[0] - 1].lstrip().startswith("#") and not lines[record[0] - 1].endswith("\\"):
            decided[tuple(record[:4]), len(record[-1])] |= {i for i, alone in enumerate(record[-1]) if alone}
    counts.conditions = [sum(map(len, decided.values())), sum(number for _, number in decided)]
    return counts


def row(title, counts):
    cells = [f"{percent(pair):5.1f} % of {pair[1]:5}" for pair in (counts.lines, counts.branches, counts.conditions)]
    return f"{title:40} {'   '.join(cells)}"


def report(files, verdicts):
    sums = {part: Counts() for part in PARTS}
    missed = []
    print(f"{'':40} {'lines':16} {'branches':16}   {'MC/DC'}")
    for path in sorted(path for path in files if COUNTED.match(path)):
        counts = counts_of(path, files[path], missed)
        sums[path.split("/")[0]].add(counts)
        if counts.lines[1]:
            print(row(path, counts))
    for part, counts in sums.items():
        print(row(f"{part}/", counts))
        print(f"    with {counts.assertions[1]} outcomes within assertions: "
              f"{percent([sum(p) for p in zip(counts.branches, counts.assertions)]):.1f} % of branches")
    with open(os.path.join(FOLDER, "missed.txt"), "w", encoding="utf-8") as out:
        out.write("\n".join(missed) + "\n")
    unseen = [path for path in tree.files(".c") if COUNTED.match(path) and path not in files and FUNCTION.search(tree.read(path))]
    verdicts.check("all of kernel/ and lib/ was measured", unseen)
    reached = percent(sums["kernel"].branches)
    verdicts.check(f"kernel/: {reached:.1f} % of branches",
                   [f"{LEAST} % at least are asked for; build/coverage/missed.txt has the others"] if reached < LEAST else [])


def main():
    verdicts = tree.Verdicts()
    run_all(verdicts, int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    report(export(), verdicts)
    return verdicts.end()


if __name__ == "__main__":
    tree.run(main)
