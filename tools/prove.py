#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""prove.py [UNIT...]: proves the units of verification/units.txt with Frama-C WP.

What is proved is what is built: the same files, no copies. A unit whose preprocessed
text (annotations included), options and provers are those of its last full proof is not
run again; goals proved before are kept too, so a change costs what it touches. The
last line is the sum of goals; the exit status is 0 only if every goal was proved.

Most goals are proved within a second by one prover and never by another, so all provers
have a short time first, and a long one only for the functions of the goals that are left.

JOBS, TIMEOUT (seconds for one goal, at last) and SMOKE=1 (look for contracts that contradict
themselves; nothing is remembered then) can be set.
"""
import concurrent.futures
import hashlib
import os
import re
import subprocess
import sys

import tree

FOLDER = os.path.join(tree.ROOT, "build", "proofs")
CACHE = os.path.join(FOLDER, "cache")
PROVERS = "cvc5,cvc4,z3"
FIRST_SECONDS = 2
LAST_SECONDS = int(os.environ.get("TIMEOUT", "30"))
SUM = re.compile(r"^\[wp\] Proved goals: *(\d+) */ *(\d+)", re.MULTILINE)
PROBLEM = re.compile(r"^\[wp\] \[(?:Failed|Doomed|Timeout|Unknown|Stepout)\].*|^\[wp\].*[Ss]moke.*[Ff]ailed.*|.*user error.*",
                     re.MULTILINE)
GOAL = re.compile(r"^\[wp\] \[(?:Failed|Doomed|Timeout|Unknown|Stepout)\] typed_(\w+)", re.MULTILINE)
DEFINED = re.compile(r"^[A-Za-z_][^;={}#]*?\b(\w+)\([^;{}]*?\)\n\{", re.MULTILINE)
INLINE = re.compile(r"^CC_INLINE [a-z0-9_ ]*?\**([a-z0-9_]*)\(", re.MULTILINE)


def units():
    """(name, file, fewest goals, options) of each line."""
    groups = {"@" + name: ",".join(INLINE.findall(tree.read(f"lib/include/lib/{header}.h")))
              for name, header in (("bytes", "bytes"), ("bits", "bitops"))}
    for line in tree.read("verification/units.txt").splitlines():
        if line.strip() and not line.startswith("#"):
            name, file, fewest, *options = line.split()
            text = " ".join(options).replace("-skip ", "-wp-skip-fct ")
            for group, functions in groups.items():
                text = text.replace(group, functions)
            yield name, file, int(fewest), text.split()


def output(*command):
    return subprocess.run(command, cwd=tree.ROOT, capture_output=True, text=True, check=True).stdout


def tools():
    """What a proof depends on besides its text."""
    return "\n".join([output("frama-c", "-version"), output("why3", "--version"), output("z3", "--version"),
                      output("cvc5", "--version").splitlines()[0], output("cvc4", "--version").splitlines()[0]])


def configure():
    """The provers that are installed, in a configuration of our own; Why3 does not know cvc5 by itself."""
    path = os.path.join(FOLDER, "why3.conf")
    os.environ["WHY3CONFIG"] = path
    if os.path.exists(path):
        return
    subprocess.run(["why3", "config", "detect"], check=True, capture_output=True)
    version = re.search(r"version ([\d.]+)", output("cvc5", "--version")).group(1)
    with open(path, "a", encoding="utf-8") as file:
        file.write("\n[prover]\n"
                   'command = "cvc5 --stats-internal --tlimit-per=%t000 --lang=smt2 %f"\n'
                   'command_steps = "cvc5 --stats-internal --rlimit=%S --lang=smt2 %f"\n'
                   f'driver = "{tree.ROOT}/verification/cvc5.drv"\n'
                   'editor = ""\nin_place = false\ninteractive = false\nname = "CVC5"\nshortcut = "cvc5"\n'
                   f'version = "{version}"\n')


def includes(file):
    folders = tree.include_roots(file)
    if re.search(r"third-party/|<blake3/", tree.read(file)):
        folders += ["build/third-party", "lib/third-party", "lib/third-party/GFp"]
    return " ".join("-I" + folder for folder in folders)


def fingerprint(file, options, versions):
    text = output("clang-19", "-E", "-CC", "-P", "-D__FRAMAC__", *includes(file).split(), file)
    return hashlib.sha256("\0".join([text, " ".join(options), PROVERS, versions, tree.read("verification/cvc5.drv")])
                          .encode()).hexdigest()


def command(file, options, smoke, seconds):
    line = ["frama-c", "-machdep", "gcc_x86_64", "-c11", f"-cpp-extra-args={includes(file)}", "-wp", "-wp-rte",
            "-warn-unsigned-overflow", "-wp-literals", *([] if "-wp-prover" in options else ["-wp-prover", PROVERS]),
            "-wp-timeout", str(seconds), "-wp-par", "1",
            "-wp-cache", "update", "-wp-cache-dir", CACHE]
    return line + (["-wp-smoke-tests", "-wp-smoke-timeout", "2"] if smoke else []) + options + [file]


def timed(line):
    """(exit status, output, CPU seconds of it and of the provers it started)."""
    process = subprocess.Popen(line, cwd=tree.ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    text = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, text, usage.ru_utime + usage.ru_stime


def forget_failures():
    """Z3's time-outs are kept as failures, for good; those are to be tried again, with more time."""
    for name in os.listdir(CACHE):
        path = os.path.join(CACHE, name)
        try:
            with open(path, encoding="utf-8") as file:
                failed = '"failed"' in file.read()
            if failed:
                os.remove(path)
        except OSError:
            pass  # another unit was faster


def counts(text):
    """(proved goals, all goals) by what Frama-C said at the end."""
    total = SUM.search(text)
    return (int(total.group(1)), int(total.group(2))) if total else (0, 0)


def only_of(goals, file, options):
    """The options that prove no more than the functions of these goals; None if a goal is of none of the unit's."""
    listed = options[options.index("-wp-fct") + 1].split(",") if "-wp-fct" in options else DEFINED.findall(tree.read(file))
    of_goal = [[function for function in listed if goal.startswith(f"{function}_")] for goal in goals]
    if not all(of_goal):
        return None
    rest = list(options)
    if "-wp-fct" in options:
        del rest[options.index("-wp-fct"):options.index("-wp-fct") + 2]
    return rest + ["-wp-fct", ",".join(sorted({function for functions in of_goal for function in functions}))]


def again(file, options, smoke, text, proved, goals):
    """What is left after the first time, with more of it: exit status, output, CPU seconds, then as counts()."""
    left = GOAL.findall(text)
    fewer = only_of(left, file, options) if len(left) == goals - proved else None
    forget_failures()
    status, text, seconds = timed(command(file, fewer or options, smoke, LAST_SECONDS))
    proved_now, goals_now = counts(text)
    if not fewer:
        return status, text, seconds, proved_now, goals_now
    if goals_now >= len(left):
        proved = goals - (goals_now - proved_now)
    return status, text, seconds, proved, goals


def prove(unit, versions, smoke):
    """(name, proved, failed, CPU seconds or None if nothing had to be run, what to say)."""
    name, file, fewest, options = unit
    stamp, log = (os.path.join(FOLDER, name + ending) for ending in (".proved", ".log"))
    mark = fingerprint(file, options, versions)
    if not smoke and os.path.exists(stamp):
        known, goals = open(stamp, encoding="utf-8").read().split()
        if known == mark and int(goals) >= fewest:
            return name, int(goals), 0, None, []
    status, text, seconds = timed(command(file, options, smoke, FIRST_SECONDS))
    proved, goals = counts(text)
    if status == 0 and proved < goals:
        status, text, spent, proved, goals = again(file, options, smoke, text, proved, goals)
        seconds += spent
    with open(log, "w", encoding="utf-8") as out:
        out.write(text)
    problems = [match.group(0) for match in PROBLEM.finditer(text)]
    if goals < fewest or status != 0:
        problems.append(f"{goals} goals, {fewest} or more were expected; exit status {status}; see {log}")
        goals = max(goals, proved + 1)
    elif goals == proved and not smoke and not problems:
        with open(stamp, "w", encoding="utf-8") as out:
            out.write(f"{mark} {goals}\n")
    return name, proved, goals - proved, seconds, problems


def main():
    wanted = sys.argv[1:]
    smoke = bool(os.environ.get("SMOKE"))
    os.makedirs(CACHE, exist_ok=True)
    configure()
    versions = tools()
    chosen = [unit for unit in units() if not wanted or unit[0] in wanted]
    chosen.sort(key=lambda unit: -unit[2])  # no long one is left for the end, when others have nothing to do
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(tree.jobs()) as pool:
        for name, good, bad, seconds, problems in pool.map(lambda unit: prove(unit, versions, smoke), chosen):
            passed, failed = passed + good, failed + bad
            how = "unchanged since it was proved" if seconds is None else f"{seconds:.0f} s of CPU"
            print(f"{'FAIL' if bad else 'PASS'}  {name}: {good} goals proved, {bad} not ({how})", flush=True)
            for problem in problems:
                print(f"    {problem}", flush=True)
    if not chosen:
        print(f"no such unit: {' '.join(wanted)}")
        failed += 1
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    tree.run(main)
