#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""symbolize.py [--arch ARCH] [--program NAME] [LOG]: names the addresses in a log.

Every address that lies in the kernel becomes `ffff... <function+0x12>`; with
--program, those that lie in that program too. Addresses that name no function
stay as they are. The kernel names its own in an epitaph; this is for logs of a
machine whose bundle was not there, and for user programs.
"""
import argparse
import bisect
import os
import re
import sys

import symbols
import tree

# Not an address that a name follows already.
ADDRESS = re.compile(r"\b(0x[0-9a-fA-F]{5,16}|[0-9a-fA-F]{16})\b(?! [\w.$]+\+0x)")


class Table:
    """The functions of one ELF, looked up by address."""

    def __init__(self, elf):
        self.functions = symbols.functions(elf)
        self.starts = [address for address, _, _ in self.functions]

    def name(self, address):
        index = bisect.bisect_right(self.starts, address) - 1
        if index < 0:
            return None
        start, size, name = self.functions[index]
        if address - start > max(size, 1):
            return None
        return f"{name}+{address - start:#x}"


def symbolize(line, tables):
    def one(match):
        for table in tables:
            name = table.name(int(match.group(0), 16))
            if name:
                return f"{match.group(0)} <{name}>"
        return match.group(0)
    return ADDRESS.sub(one, line)


def main():
    parser = argparse.ArgumentParser(description="name the addresses in a log")
    parser.add_argument("--arch", choices=tree.ARCHES, default="x86_64")
    parser.add_argument("--program", action="append", default=[])
    parser.add_argument("log", nargs="?", type=argparse.FileType(errors="replace"), default=sys.stdin)
    options = parser.parse_args()
    build = os.path.join(tree.ROOT, "build", options.arch)
    elves = [os.path.join(build, "kernel.elf")]
    elves += [os.path.join(build, "programs", f"{name}.elf") for name in options.program]
    tables = [Table(elf) for elf in elves]
    for line in options.log:
        sys.stdout.write(symbolize(line, tables))


if __name__ == "__main__":
    main()
