#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""power_cuts.py [--arch ARCH]... [--cuts N] [--seed N]: the power goes while objects are stored, and the disk fails.

A machine works with its store (user/apps/objects) and says what was acknowledged; it
is killed at a moment that the seed decides, and the disk looked at from outside
(`cambi disk`): everything acknowledged must be there and true, nothing deleted may be,
and a name points to what it was last given. Then the same machine boots from the same
disk and goes on. Every other time the disk fails one write or flush first (QEMU's
blkdebug): the program ends with an error, and the next one finds a store that works.
"""
import argparse
import os
import random
import re
import sys

import stored
from stored import HASH, SHORT, Failed, machine

WORK_SECONDS = 3.0
ERROR_SECONDS = 10
GOOD_WRITES = (15, 50)  # after which one fails: beyond those of the boot


class Acknowledged:
    """What a store owes, from what the program said."""

    def __init__(self):
        self.kept, self.unsure, self.gone = set(), set(), set()
        self.names = {}  # name: what it may point to
        self.last = None
        self.unsure_names = set()  # what any may point to

    def hear(self, text):
        """Of one program; a second one begins where it failed."""
        if self.last:
            self.unsure_names.add(self.last[:SHORT])
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
            if names.get(name) not in {digest[:SHORT], self.last[:SHORT], *self.unsure_names}:
                raise Failed(f"name {name} points to {names.get(name)}, it was given {digest}")
        # What was not acknowledged counts from now on as it was found.
        self.kept |= self.unsure & listed
        self.gone |= self.unsure - listed
        self.unsure, self.unsure_names = set(), set()
        self.names = {name: names[name] for name in names if re.fullmatch(r"n\d", name)}


def judge(disk, acknowledged):
    """The disk from outside. A commit that the cut left half-way is given up first, as a boot would."""
    stored.cambi(disk, "fsck", "--repair")
    listed, names = stored.contents(disk)
    acknowledged.compare(listed, names)
    return len(listed)


def failing(chance):
    """Options of a disk that fails one write, or the flush that follows it."""
    count = chance.randint(*GOOD_WRITES)
    rules = ["file.driver=blkdebug", "file.inject-error.0.event=pwritev", "file.inject-error.0.once=on",
             f"file.inject-error.0.iotype={chance.choice(('write', 'flush'))}", f"file.inject-error.0.state={count + 1}"]
    for number in range(count):
        rule = f"file.set-state.{number}"
        rules += [f"{rule}.event=pwritev", f"{rule}.state={number + 1}", f"{rule}.new_state={number + 2}"]
    return ",".join(rules)


def work_and_cut(arch, disk_options, again, seconds, acknowledged):
    """True if the disk failed meanwhile."""
    console = stored.start(stored.command(arch, disk_options), f"power-cuts-{arch}", again)
    heard = 0
    fails = "blkdebug" in " ".join(disk_options)
    try:
        stored.store_things(console, "600000")
        failed = fails and console.expect(r"^objects: \d+ rounds, one error\n(.*\n)*cambios> $", ERROR_SECONDS * stored.PATIENCE)
        if failed:
            heard = len(console.text)
            acknowledged.hear(console.text)
            stored.store_things(console, "600000")
        console.collect(seconds)
    finally:
        console.stop()
    if re.search(r"^objects: ", console.text[heard:], re.MULTILINE):
        raise Failed("the program ended before the power did: " + console.text[-300:])
    acknowledged.hear(console.text[heard:])
    return bool(failed)


def run(arch, options, folder):
    chance = random.Random(f"{options.seed} {arch}")
    disk = os.path.join(folder, f"{arch}.img")
    machine.disk_make(disk, "256M")  # more than all cuts together can fill: a full disk is not what is tried here
    acknowledged = Acknowledged()
    count = errors = 0
    for cut in range(options.cuts):
        more = failing(chance) if cut % 2 else ""
        errors += work_and_cut(arch, machine.disk_options(disk, more=more), cut > 0, chance.uniform(0, WORK_SECONDS),
                               acknowledged)
        count = judge(disk, acknowledged)
    if options.cuts > 1 and not errors:
        raise Failed("no error of the disk came to the program")
    return f"{options.cuts} cuts, {errors} errors, {count} objects"


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--cuts", type=int, default=20)
    sys.exit(stored.run_all(arguments, run))
