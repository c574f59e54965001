#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""power_cuts.py [--arch ARCH]... [--cuts N] [--seed N]: the power goes while objects are stored, again and again.

A machine works with its store (user/apps/objects) and says what was acknowledged; it
is killed at a moment that the seed decides, and the disk looked at from outside
(`cambi disk`): everything acknowledged must be there and true, nothing deleted may be,
and a name points to what it was last given. Then the same machine boots from the same
disk and goes on.
"""
import argparse
import concurrent.futures
import os
import random
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "tools"))
import machine  # noqa: E402
from console import Console  # noqa: E402

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
CAMBI = os.path.join(ROOT, "build", "host", "tools", "cambi")
PATIENCE = float(os.environ.get("PATIENCE", "1"))
BOOT_SECONDS = 20
WORK_SECONDS = 3.0
HASH = "([0-9a-f]{64})"
SHORT = 16  # digits of a hash in a list of names


class Failed(Exception):
    """What was not as it must be."""


class Acknowledged:
    """What a store owes, from what the program said."""

    def __init__(self):
        self.kept, self.unsure, self.gone = set(), set(), set()
        self.names = {}  # name: what it may point to
        self.last = None

    def hear(self, text):
        for what, name, digest in re.findall(rf"^(kept|deleting|deleted|named (n\d) to) {HASH}$", text, re.MULTILINE):
            if what == "kept":
                self.kept.add(digest)
                self.last = digest
            elif what == "deleting":
                self.kept.discard(digest)
                self.unsure.add(digest)
            elif what == "deleted":
                self.unsure.discard(digest)
                self.gone.add(digest)
            else:
                self.names[name] = digest

    def compare(self, listed, names):
        if self.kept - listed:
            raise Failed(f"acknowledged, and not there: {' '.join(sorted(self.kept - listed))}")
        if self.gone & listed:
            raise Failed(f"deleted, and there: {' '.join(sorted(self.gone & listed))}")
        for name, digest in self.names.items():
            if names.get(name) not in (digest[:SHORT], self.last[:SHORT]):
                raise Failed(f"name {name} points to {names.get(name)}, it was given {digest}")
        # What was not acknowledged counts from now on as it was found.
        self.kept |= self.unsure & listed
        self.gone |= self.unsure - listed
        self.unsure = set()
        self.names = {name: names[name] for name in names if re.fullmatch(r"n\d", name)}


def cambi(disk, *arguments):
    result = subprocess.run([CAMBI, "disk", disk, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Failed(f"cambi disk {' '.join(arguments)}: {result.stdout}{result.stderr}")
    return result.stdout


def judge(disk, acknowledged):
    """The disk from outside. A commit that the cut left half-way is given up first, as a boot would."""
    cambi(disk, "fsck", "--repair")
    cambi(disk, "verify")
    listed = set(re.findall(rf"^{HASH}", cambi(disk, "list", "--long"), re.MULTILINE))
    names = {}
    for line in cambi(disk, "names").splitlines():
        target = re.search(rf" ([0-9a-f]{{{SHORT}}}) ", line)
        if target:
            names[line.split()[-1]] = target.group(1)
    acknowledged.compare(listed, names)
    return len(listed)


def work_and_cut(line, log_path, again, seconds, acknowledged):
    console = Console(line, log_path, again)
    try:
        if not console.expect(r"^cambios> $", BOOT_SECONDS * PATIENCE):
            raise Failed("no prompt")
        console.send(b"objects 600000\n")
        if not console.expect(rf"^kept {HASH}$", BOOT_SECONDS * PATIENCE):
            raise Failed("nothing was stored")
        console.collect(seconds)
    finally:
        console.stop()
    if re.search(r"^objects: ", console.text, re.MULTILINE):
        raise Failed("the program ended before the power did: " + console.text[-300:])
    acknowledged.hear(console.text)


def run(arch, cuts, seed, folder):
    chance = random.Random(f"{seed} {arch}")
    disk = os.path.join(folder, f"{arch}.img")
    machine.disk_make(disk, "64M")
    build = os.path.join(ROOT, "build", arch)
    line = machine.command(arch, cpus=1, memory="128M", kernel=machine.kernel_path(build),
                           bundle=machine.bundle_path(build),
                           extra=["-serial", "stdio", "-monitor", "none", "-no-reboot"] + machine.disk_options(disk))
    log_path = os.path.join(ROOT, "build", "scenarios", f"power-cuts-{arch}.log")
    os.makedirs(os.path.dirname(log_path), exist_ok=True)
    acknowledged = Acknowledged()
    count = 0
    for cut in range(cuts):
        work_and_cut(line, log_path, cut > 0, chance.uniform(0, WORK_SECONDS), acknowledged)
        count = judge(disk, acknowledged)
    return f"{cuts} cuts, {count} objects"


def one(arch, options, folder):
    begin = time.monotonic()
    try:
        said = run(arch, options.cuts, options.seed, folder)
    except Failed as failure:
        print(f"FAIL  power cuts {arch}: {failure}\n      again: tests/qemu/power_cuts.py --arch {arch} "
              f"--cuts {options.cuts} --seed {options.seed}", flush=True)
        return False
    print(f"PASS  power cuts {arch}: {said} ({time.monotonic() - begin:.1f} s)", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arch", action="append", choices=machine.ARCHES)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        arches = options.arch or machine.ARCHES
        verdicts = list(pool.map(lambda arch: one(arch, options, folder), arches))
    passed = sum(verdicts)
    failed = len(verdicts) - passed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
