#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""check.py all | fast | unit [PART-OF-NAME]: runs the checks in order and sums them up.

A step is a program that ends in a line `N passed, N failed`; a step that does not
get that far counts as one failure. Everything runs even when something
failed, except what could not be built. The last line is the sum; the exit status
is 0 only if nothing failed.
"""
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import time

import tree

LOG = os.path.join(tree.ROOT, "build", "check.log")
CMOCKA = re.compile(r"^\[       OK \] (\w+)$", re.MULTILINE)
SUM = re.compile(r"^(\d+) passed, (\d+) failed\s*$", re.MULTILINE)
SEEDS = {"all": 200, "fast": 20}
QUICK_SEEDS = 100000  # without sanitizers
CRASH_SEEDS = 55  # each some 2,000 crash states
FUZZ_SECONDS = 80
TEST_SECONDS = 300


def environment():
    """Ours, without the calling make's own: its job server does not reach through us."""
    return {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}


def run(command):
    """(exit status, output) of a program, its output shown as it comes."""
    process = subprocess.Popen(command, cwd=tree.ROOT, env=environment(), stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace")
    output = []
    try:
        for line in process.stdout:
            output.append(line)
            if not SUM.match(line):
                print(line, end="", flush=True)
    finally:
        if process.poll() is None and sys.exc_info()[0]:
            process.terminate()
    return process.wait(), "".join(output)


class Total:
    """The sum of all steps, and how long each took; what they said is kept in LOG, for tools/claims.py."""

    def __init__(self):
        self.passed = self.failed = 0
        self.steps = []
        os.makedirs(os.path.dirname(LOG), exist_ok=True)
        with open(LOG, "w", encoding="utf-8"):
            pass

    def keep(self, text):
        with open(LOG, "a", encoding="utf-8") as file:
            file.write(text)

    def add(self, title, passed, failed, seconds):
        self.passed += passed
        self.failed += failed
        self.steps.append((title, passed, failed, seconds))

    def step(self, title, command):
        """A program that counts for itself. True if it found nothing wrong."""
        print(f"== {title}", flush=True)
        begin = time.monotonic()
        status, output = run(command)
        self.keep(f"== {title}\n{output}")
        counts = SUM.findall(output)
        passed, failed = map(int, counts[-1]) if counts else (0, 0)
        if status != 0 and failed == 0:
            failed = 1
            print(f"FAIL  {title}: exit status {status}")
        self.add(title, passed, failed, time.monotonic() - begin)
        return failed == 0

    def build(self, title, *arguments):
        """A make command: one check."""
        print(f"== {title}", flush=True)
        begin = time.monotonic()
        status, _ = run(["make", "--keep-going", *arguments])
        verdict = f"{'FAIL' if status else 'PASS'}  {title}"
        self.keep(f"== {title}\n{verdict}\n")
        print(verdict, flush=True)
        self.add(title, int(status == 0), int(status != 0), time.monotonic() - begin)
        return status == 0

    def end(self):
        print()
        for title, passed, failed, seconds in self.steps:
            print(f"{title:28} {passed:5} passed {failed:4} failed {seconds:7.1f} s")
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0


def unit_test(program):
    """(program, passed, failed, output) of one test program."""
    try:
        result = subprocess.run([program], capture_output=True, text=True, errors="replace", timeout=TEST_SECONDS)
        status, output = result.returncode, result.stdout + result.stderr
    except subprocess.TimeoutExpired:
        status, output = -1, f"still running after {TEST_SECONDS} s\n"
    counts = SUM.findall(output)
    passed, failed = map(int, counts[-1]) if counts else (0, 0)
    if failed == 0 and (status != 0 or not counts):
        failed = 1
    return program, passed, failed, output


def unit_tests(total, part=""):
    print("== unit tests", flush=True)
    begin = time.monotonic()
    programs = [program for program in sorted(glob.glob(os.path.join(tree.ROOT, "build/host/tests/*_test")))
                if part in os.path.basename(program) and has_source(program)]
    passed = failed = 0
    total.keep("== unit tests\n")
    with concurrent.futures.ThreadPoolExecutor(tree.jobs()) as pool:
        for program, good, bad, output in pool.map(unit_test, programs):
            passed, failed = passed + good, failed + bad
            name = os.path.basename(program)
            verdict = f"{'FAIL' if bad else 'PASS'}  {name}: {good} passed, {bad} failed"
            total.keep("".join(f"ran {name}.{function}\n" for function in CMOCKA.findall(output)) + verdict + "\n")
            print(verdict, flush=True)
            if bad:
                print("\n".join("    | " + line for line in output.splitlines()[-40:]), flush=True)
    total.add("unit tests", passed, failed, time.monotonic() - begin)


def has_source(program):
    """A program left over from a test that was renamed does not count."""
    name = os.path.basename(program) + ".c"
    return any(path.endswith("/test/" + name) for path in tree.files("_test.c"))


def host(total, seeds):
    total.build("build host", "host")
    unit_tests(total)
    if glob.glob(os.path.join(tree.ROOT, "tests/sim/*.c")):
        total.step("simulation", [os.path.join(tree.ROOT, "build/host/sim"), "--seed", "1", "--seeds", str(seeds)])
    total.step("store crashes, sanitizers", [os.path.join(tree.ROOT, "build/host/store-crash"), "--seed", "1000", "--seeds",
                                             "2", "--lives", "2"])


def check_all(total):
    total.step("lint", [sys.executable, "tools/lint.py"])
    total.step("layers", [sys.executable, "tools/layers.py"])
    total.step("identity", [sys.executable, "tools/identity.py"])
    total.step("waits", [sys.executable, "tools/waits.py"])
    total.step("unmaps", [sys.executable, "tools/unmaps.py"])
    total.step("replies", [sys.executable, "tools/replies.py"])
    total.step("authority", [sys.executable, "tools/authority.py"])
    total.step("abi", [sys.executable, "tools/abi_dump.py"])
    total.build("manifest", "manifest-check")
    built = [arch for arch in tree.ARCHES if total.build(f"build {arch}", f"ARCH={arch}", "image")]
    if built:
        total.step("kernel size", [sys.executable, "tools/size.py", *built])
    if "x86_64" in built:
        total.step("calls", [sys.executable, "tools/calls.py"])
        total.build("build iso", "ARCH=x86_64", "iso")
    for options in ("DEBUG=1 LOCK_DEBUG=1", "TIER=embedded", "TIER=full"):
        total.build(f"build {options}", *options.split(), "image")
    host(total, SEEDS["all"])
    total.step("simulation, many seeds", [os.path.join(tree.ROOT, "build/host/sim-quick"), "--seed", "1000",
                                          "--seeds", str(QUICK_SEEDS), "--steps", "15000"])
    total.step("store crashes", [os.path.join(tree.ROOT, "build/host/store-crash-quick"), "--seed", "11",
                                 "--seeds", str(CRASH_SEEDS)])
    total.step("store mutants", [sys.executable, "tests/store/mutants.py"])
    total.step("fuzz", [sys.executable, "tools/fuzz.py", str(FUZZ_SECONDS)])
    total.step("models", [sys.executable, "tools/model.py"])
    if built:
        total.step("scenarios", [sys.executable, "tests/qemu/runner.py"] + [f"--arch={arch}" for arch in built])
        total.step("power cuts", [sys.executable, "tests/qemu/power_cuts.py"] + [f"--arch={arch}" for arch in built])
        total.step("write log", [sys.executable, "tests/qemu/write_log.py"] + [f"--arch={arch}" for arch in built])
    total.step("proofs", ["make", "proofs"])
    total.step("claims", [sys.executable, "tools/claims.py", "--ran", LOG])


def check_fast(total):
    total.step("lint", [sys.executable, "tools/lint.py"])
    total.step("layers", [sys.executable, "tools/layers.py"])
    total.step("identity", [sys.executable, "tools/identity.py"])
    total.build("manifest", "manifest-check")
    total.step("claims", [sys.executable, "tools/claims.py"])
    built = total.build("build x86_64", "ARCH=x86_64", "image")
    if built:
        total.step("calls", [sys.executable, "tools/calls.py"])
    host(total, SEEDS["fast"])
    if built:
        total.step("scenarios", [sys.executable, "tests/qemu/runner.py", "--arch=x86_64", "--cpus=1", "prompt"])


def main():
    total = Total()
    verb = sys.argv[1]
    if verb == "unit":
        unit_tests(total, sys.argv[2] if len(sys.argv) > 2 else "")
    else:
        {"all": check_all, "fast": check_fast}[verb](total)
    return total.end()


if __name__ == "__main__":
    tree.run(main)
