#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""fuzz.py SECONDS [PART-OF-NAME]: replays each target's corpus, then fuzzes it for its share of the time.

A target is tests/fuzz/NAME.c, its corpus tests/fuzz/corpus/NAME (kept in the tree, minimised) and
build/fuzz/NAME (what was found here). An input that breaks something is left in build/fuzz/found-NAME-*, and the
line that failed says how to see it again. The last line is `N passed, N failed`: two checks per target.
"""
import glob
import os
import re
import resource
import subprocess
import sys

import tree

PROGRAMS = os.path.join(tree.ROOT, "build", "host", "fuzz")
FOUND = os.path.join(tree.ROOT, "build", "fuzz")
KEPT = os.path.join(tree.ROOT, "tests", "fuzz", "corpus")
COVERED = re.compile(r"cov: (\d+) ft: (\d+)")
RUNS = re.compile(r"stat::number_of_executed_units: (\d+)")
INPUT = re.compile(r"Test unit written to (\S+)")


def run(name, *arguments):
    """(exit status, output) of a target."""
    done = subprocess.run([os.path.join(PROGRAMS, name), "-max_len=16384", "-timeout=10", "-rss_limit_mb=2000",
                           "-print_final_stats=1", f"-artifact_prefix={FOUND}/found-{name}-", *arguments],
                          capture_output=True, text=True, errors="replace", cwd=tree.ROOT)
    return done.returncode, done.stdout + done.stderr


def problems(name, status, output):
    if status == 0:
        return []
    found = INPUT.search(output)
    again = f"again: build/host/fuzz/{name} {os.path.relpath(found.group(1), tree.ROOT)}" if found else ""
    return [line for line in output.splitlines() if "ERROR" in line or "runtime error" in line][:3] + [again]


def replay(verdicts, name, kept):
    inputs = sorted(glob.glob(os.path.join(kept, "*")))
    status, output = run(name, *inputs) if inputs else (1, "")
    verdicts.check(f"{name}: {len(inputs)} inputs replayed",
                   problems(name, status, output) if inputs else ["there is no corpus"])


def fuzz(verdicts, name, kept, seconds):
    mine = os.path.join(FOUND, name)
    os.makedirs(mine, exist_ok=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    status, output = run(name, f"-max_total_time={seconds}", mine, kept)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    runs, covered = RUNS.findall(output), COVERED.findall(output)
    ran = int(runs[-1]) if runs else 0
    edges = covered[-1][0] if covered else "no"
    wrong = problems(name, status, output)
    if not wrong and (ran == 0 or not covered):
        wrong = ["it ran no input"]
    verdicts.check(f"{name}: {ran} inputs, {edges} edges, {spent:.0f} CPU seconds", wrong)


def main():
    seconds = int(sys.argv[1])
    part = sys.argv[2] if len(sys.argv) > 2 else ""
    names = [os.path.basename(path)[:-2] for path in tree.files(".c") if os.path.dirname(path) == "tests/fuzz"]
    names = [name for name in names if part in name]
    os.makedirs(FOUND, exist_ok=True)
    verdicts = tree.Verdicts()
    for name in names:
        kept = os.path.join(KEPT, name)
        replay(verdicts, name, kept)
        fuzz(verdicts, name, kept, max(1, seconds // len(names)))
    if not names:
        verdicts.check("fuzz targets", ["no such target"])
    return verdicts.end()


if __name__ == "__main__":
    tree.run(main)
