#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""model.py [NAME...]: checks the models verification/*.pml with spin, all interleavings.

A model says on a line `mutants: A B` which -D switches break it: the model itself must
have no error, each mutant must have one, or the model could not notice. A result is
kept as long as the model's text and spin's version are the same. The last line is
`N passed, N failed`.
"""
import concurrent.futures
import hashlib
import os
import re
import subprocess
import sys
import tempfile

import tree

FOLDER = os.path.join(tree.ROOT, "build", "models")
ERRORS = re.compile(r"errors: (\d+)")
STATES = re.compile(r"([\d.e+]+) states, stored")
DEPTH = "1000000"


def search(text, switches):
    """(errors, states) of an exhaustive search, or (None, what went wrong)."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "model.pml"), "w", encoding="utf-8") as file:
            file.write(text)
        for command in (["spin", *[f"-D{name}" for name in switches], "-a", "model.pml"],
                        ["clang-19", "-O2", "-w", "-DSAFETY", "-DMEMLIM=3000", "-o", "pan", "pan.c"]):
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            if done.returncode:
                return None, (done.stdout + done.stderr)[-400:]
        done = subprocess.run(["./pan", f"-m{DEPTH}"], cwd=folder, capture_output=True, text=True)
        errors, states = ERRORS.search(done.stdout), STATES.search(done.stdout)
        if errors is None or "max search depth too small" in done.stdout or "out of memory" in done.stdout:
            return None, (done.stdout + done.stderr)[-400:]
        return int(errors.group(1)), int(float(states.group(1)))


def judge(job):
    """(title, passed, sentence) of a model or of one of its mutants."""
    name, text, mutant, version = job
    title = name + (f", mutant {mutant}" if mutant else "")
    stamp = os.path.join(FOLDER, f"{name}{'-' + mutant if mutant else ''}.checked")
    mark = hashlib.sha256(f"{version}\0{text}\0{mutant}".encode()).hexdigest()
    if os.path.exists(stamp) and open(stamp, encoding="utf-8").read() == mark:
        return title, True, "unchanged since it was checked"
    errors, states = search(text, [mutant] if mutant else [])
    if errors is None:
        return title, False, states
    passed = (errors > 0) == bool(mutant)
    if passed:
        with open(stamp, "w", encoding="utf-8") as file:
            file.write(mark)
    return title, passed, f"{states} states, {'an error, as there should be' if mutant and errors else f'{errors} errors'}"


def main():
    os.makedirs(FOLDER, exist_ok=True)
    version = subprocess.run(["spin", "-V"], capture_output=True, text=True, check=True).stdout
    jobs = []
    for path in tree.files(".pml"):
        name = os.path.basename(path)[:-4]
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        text = tree.read(path)
        mutants = re.search(r"mutants: ([A-Z_ ]+)", text)
        jobs += [(name, text, mutant, version) for mutant in [None] + (mutants.group(1).split() if mutants else [])]
    verdicts = tree.Verdicts()
    with concurrent.futures.ThreadPoolExecutor(tree.jobs()) as pool:
        for title, good, sentence in pool.map(judge, jobs):
            verdicts.check(f"{title}: {sentence}", [] if good else ["a model must have no error, a mutant at least one"])
    if not jobs:
        verdicts.check("models", ["no such model"])
    return verdicts.end()


if __name__ == "__main__":
    tree.run(main)
