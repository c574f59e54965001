#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""write_log.py [--arch ARCH]... [--states N] [--seed N]: what the power could have left, of all that a disk was told.

QEMU's blklogwrites keeps every write and flush of a machine that works with its
store (user/apps/objects) while the store and the disk's driver are restarted under it.
From this log the disk is made again as it was after every flush, and as it could have been between two:
each write since the flush there, not there, or there in some of its sectors, in any
order. `cambi disk` looks at each: it must be sound, and hold what the program went through at one moment,
and at none before what it had been told is done.
"""
import argparse
import bisect
import collections
import os
import random
import re
import shutil
import struct
import sys
import time

import stored
from stored import HASH, SHORT, Failed, machine

DISK_SIZE = "16M"
ROUNDS = 120
RESTARTED = {"virtio-blk": (10, 50), "store": (60, 100)}  # after so many objects
WORK_SECONDS = 60
# The log (QEMU writes the format of the Linux kernel's dm-log-writes): sector 0 says how many entries follow. Each has a
# sector of its own, and behind it, unless it discards, what was written. QEMU adds it when the disk has done it.
SUPER = struct.Struct("<QQQI")  # magic, version, entries, bytes of a sector
ENTRY = struct.Struct("<QQQQ")  # first sector, sectors, flags, bytes of what marks say
MAGIC, VERSION, SECTOR = 0x6A736677736872, 1, 512
FLUSH, DISCARD = 1, 4
Entry = collections.namedtuple("Entry", "end sector data flush")  # end: of the log with it; data: None, or bytes
State = collections.namedtuple("State", "known objects names")  # known: how much of the log there was when it was told
SAID = re.compile(rf"(kept|deleted|named (n\d) to) {HASH}$", re.MULTILINE)


def entries(path):
    """All up to the last flush, after which QEMU said how many there are."""
    with open(path, "rb") as file:
        log = file.read()
    if not log:
        raise Failed("nothing was flushed")
    magic, version, count, sector_size = SUPER.unpack_from(log)
    if (magic, version, sector_size) != (MAGIC, VERSION, SECTOR):
        raise Failed("the log is not one that can be read here")
    found, at = [], SECTOR
    for _ in range(count):
        sector, sectors, flags, _ = ENTRY.unpack_from(log, at)
        size = sectors * SECTOR
        data = bytes(size) if flags & DISCARD else log[at + SECTOR:at + SECTOR + size]
        at += SECTOR if flags & DISCARD else SECTOR + size
        found.append(Entry(at, sector, data, bool(flags & FLUSH)))
    return found


def states(text, heard):
    """What the program went through, one step after the other. heard: [(length of the text, of the log)]."""
    objects, names = set(), {}
    found = [State(0, frozenset(), {})]
    for match in SAID.finditer(text):
        what, name, digest = match.groups()
        if what == "kept":
            objects.add(digest)
        elif what == "deleted":
            objects.remove(digest)
        else:
            names[name] = digest[:SHORT]
        known = heard[bisect.bisect_left(heard, (match.end(), 0))][1]
        found.append(State(known, frozenset(objects), dict(names)))
    return found


def listen(console, log, heard, until):
    """Reads on, and notes how long the log was when a text was there, until that is true of the text."""
    deadline = time.monotonic() + WORK_SECONDS * stored.PATIENCE
    while not until(console.text):
        if not console.read_some(deadline - time.monotonic()):
            raise Failed("the program does not come to its end: " + console.text[-300:])
        heard.append((len(console.text), os.path.getsize(log)))


def work(arch, disk, log, chance):
    """What the program went through, and how much of the log there was before it began."""
    driver = f"file.driver=blklogwrites,file.log.filename={log}"
    console = stored.start(stored.command(arch, machine.disk_options(disk, more=driver)), f"write-log-{arch}")
    heard = [(len(console.text), os.path.getsize(log))]
    try:
        console.send(f"objects 600000 {ROUNDS} &\r".encode())
        for service, when in RESTARTED.items():
            count = chance.randint(*when)
            listen(console, log, heard, lambda text: text.count("kept ") >= count)
            console.send(f"restart {service}\r".encode())
        listen(console, log, heard, lambda text: f"objects: {ROUNDS} rounds, no error" in text)
    finally:
        console.stop()
    if console.text.count("a new one starts") != len(RESTARTED):
        raise Failed("not everything was restarted")
    return states(console.text, heard), heard[0][1]


def write(disk, writes):
    """writes: [(entry, numbers of its sectors)]."""
    with open(disk, "r+b") as file:
        for entry, sectors in writes:
            for number in sectors:
                file.seek((entry.sector + number) * SECTOR)
                file.write(entry.data[number * SECTOR:(number + 1) * SECTOR])


def some_of(group, chance):
    """Of each write nothing, all, or some of its sectors; in any order."""
    for entry in chance.sample(group, len(group)):
        count = len(entry.data) // SECTOR
        yield entry, chance.sample(range(count), chance.choice((0, count, chance.randint(0, count))))


def judge(disk, known, went_through):
    """It holds what the program went through at one moment, and not before what it had been told by then."""
    found = stored.contents(disk)
    owed = max(step for step, state in enumerate(went_through) if state.known <= known)
    if not any(found == (state.objects, state.names) for state in went_through[owed:]):
        lost = went_through[owed].objects - found[0]
        raise Failed(f"with {known} bytes of the log the disk holds nothing from step {owed} on; then there were "
                     f"{len(went_through[owed].objects)} objects, of which {len(lost)} are not there, and names "
                     f"{went_through[owed].names}, not {found[1]}")


def replay(disk, log, begin, count, went_through, chance):
    """Every flush in turn: `count` of them are judged as they left the disk, `count` with some of what came next."""
    flushes = [number for number, entry in enumerate(log) if entry.flush and entry.end >= begin]
    judged = [set(chance.sample(flushes, min(count, len(flushes)))) for _ in range(2)]
    groups = {number: log[number + 1:end] for number, end in zip(flushes, flushes[1:] + [len(log)])}
    for number, entry in enumerate(log):
        write(disk, [(entry, range(len(entry.data) // SECTOR))])
        if number in judged[0]:
            judge(disk, entry.end, went_through)
        if number in judged[1]:
            torn = shutil.copyfile(disk, disk + ".torn")
            write(torn, some_of(groups[number], chance))
            stored.cambi(torn, "fsck", "--repair")
            judge(torn, entry.end, went_through)
    return f"{sum(map(len, judged))} states of {len(log)} writes and flushes, {len(went_through) - 1} steps"


def run(arch, options, folder):
    chance = random.Random(f"{options.seed} {arch}")
    disk, log, made = (os.path.join(folder, f"{arch}.{what}") for what in ("img", "log", "made"))
    for path in disk, made:
        machine.disk_make(path, DISK_SIZE)
    machine.disk_make(log, "0")
    went_through, begin = work(arch, disk, log, chance)
    return replay(made, entries(log), begin, options.states, went_through, chance)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--states", type=int, default=60, help="of each kind: after a flush, and between two")
    sys.exit(stored.run_all(arguments, run))
