#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""boot_text.py OBJECT...: nothing but boot may refer to what boot gives back.

The kernel's code of boot (section .boot_text: CC_BOOT, and the files in BOOT of
the Makefile) is unmapped before the first program runs. A reference to it from
anywhere else would one day be a jump to nowhere; here it fails the build. What
to do then: take the function out of .boot_text, or its file out of BOOT.

Data may point into boot (jump tables, tables of functions) if only boot can see
it: it counts as boot's, and nothing else may refer to it either.
"""
import re
import subprocess
import sys

BOOT = ".boot_text"
# What leads into boot besides itself: the first instructions of a port.
ENTRY = (BOOT, ".text.head", ".boot.text")
FILE = re.compile(r"^File: (.*)$")
SECTION = re.compile(r"^\s*\[\s*(\d+)\]\s+(\S+)")
SYMBOL = re.compile(r"^\s*\d+:\s+[0-9a-f]+\s+\S+\s+\S+\s+(\S+)\s+\S+\s+(\d+)\s+(\S+)")
RELOCATIONS = re.compile(r"^Relocation section '\.rela?(\S+)'")
RELOCATION = re.compile(r"^[0-9a-f]+\s+[0-9a-f]+\s+R_\S+\s+[0-9a-f]+\s+(\S+)")


class Object:
    """One object file: its sections by number, its symbols by section, what each section refers to."""

    def __init__(self, name):
        self.name = name
        self.sections = {}
        self.symbols = []      # (section, symbol, local)
        self.references = []   # (section, symbol)

    def line(self, line, place):
        """One line of the listing; returns the section whose relocations follow."""
        if match := RELOCATIONS.match(line):
            return match.group(1)
        if place and (match := RELOCATION.match(line)):
            self.references.append((place, match.group(1)))
        elif match := SYMBOL.match(line):
            binding, section, symbol = match.groups()
            if not symbol.startswith(".L"):
                self.symbols.append((self.sections.get(section), symbol, binding == "LOCAL"))
            return None
        elif match := SECTION.match(line):
            self.sections[match.group(1)] = match.group(2)
        return place

    def names(self, sections, local):
        """What these sections define, for other files or (local) for this one, section names included."""
        found = {symbol for section, symbol, is_local in self.symbols if section in sections and is_local == local}
        return found | set(sections) if local else found


def read(paths):
    listing = subprocess.run(["llvm-readelf-19", "--sections", "--symbols", "--relocs", "--wide", *paths],
                             capture_output=True, text=True, check=True).stdout
    objects, place = [], None
    for line in listing.splitlines():
        if match := FILE.match(line):
            objects.append(Object(match.group(1)))
            place = None
        elif objects:
            place = objects[-1].line(line, place)
    return objects


def boot_sections(found, everywhere):
    """Sections of one object that go with boot: its code, and data that leads into it."""
    mine = {BOOT}
    for _ in range(2):
        names = found.names(mine, True) | everywhere
        mine |= {section for section, symbol in found.references
                 if symbol in names and section.startswith((".rodata", ".data"))}
    return mine


def main():
    objects = read(sys.argv[1:])
    code = set().union(*(found.names({BOOT}, False) for found in objects))
    mine = {found.name: boot_sections(found, code) for found in objects}
    everywhere = set().union(*(found.names(mine[found.name], False) for found in objects))
    bad = sorted({f"{found.name}: {section} refers to {symbol}, which is gone after boot"
                  for found in objects for section, symbol in found.references
                  if section not in ENTRY and section not in mine[found.name] and not section.startswith(".debug")
                  and symbol in everywhere | found.names(mine[found.name], True)})
    for sentence in bad:
        print(sentence, file=sys.stderr)
    if not code:
        print("boot_text.py: there is no code of boot at all", file=sys.stderr)
    return 1 if bad or not code else 0


if __name__ == "__main__":
    sys.exit(main())
