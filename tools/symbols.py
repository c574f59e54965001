#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""symbols.py ELF OUTPUT: the symbol table of an ELF as a kernel.symbols module (abi/bundle.h).

Functions only, sorted by address, one name per address, so that the kernel can
name a return address with a binary search and no parser.
"""
import struct
import subprocess
import sys

MAGIC = 0x534C424D59534D43


def functions(elf):
    """(address, size, name) of every function, sorted by address, one per address."""
    listing = subprocess.run(["llvm-nm-19", "--print-size", "--defined-only", "--numeric-sort", elf],
                             capture_output=True, text=True, check=True).stdout
    found = {}
    for line in listing.splitlines():
        fields = line.split()
        size = int(fields[1], 16) if len(fields) == 4 else 0
        kind, name = fields[-2], fields[-1]
        if kind in "tTwW" and not name.startswith((".L", "$")):
            address = int(fields[0], 16)
            if address not in found or size > found[address][0]:
                found[address] = (size, name)
    return [(address, size, name) for address, (size, name) in sorted(found.items())]


def pack(symbols):
    names = bytearray()
    entries = bytearray()
    for address, size, name in symbols:
        entries += struct.pack("<QII", address, size, len(names))
        names += name.encode() + b"\0"
    return struct.pack("<QII", MAGIC, len(symbols), len(names)) + entries + names


def main():
    elf, output = sys.argv[1:]
    with open(output, "wb") as file:
        file.write(pack(functions(elf)))


if __name__ == "__main__":
    main()
