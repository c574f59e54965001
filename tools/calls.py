#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""calls.py [--list]: is every profile of system.manifest the narrowest?

Which system calls a program can make is read from its machine code: each trap
instruction and the constant put into the number register before it. That is what
is left of the program after linking, so it is an upper bound of what it does. A
profile that allows a call which none of the programs that use it contains fails
the check. (The other way round is no mistake: the library may contain a call that
a program never comes to, and one that it does come to shows as POLICY.)

Profiles with `all` are for programs that try every call, and are left out.
--list shows, per program, what it contains, and what of it its profile refuses.
Read from the x86_64 programs; the source is the same for all.
"""
import os
import re
import subprocess
import sys

import tree

BUILD = "build/x86_64/programs"
ZERO = re.compile(r"xorl\s+%eax, %eax")
CONSTANT = re.compile(r"movl\s+\$(0x[0-9a-f]+|\d+), %eax|pushq\s+\$(0x[0-9a-f]+|\d+)")
OTHER = re.compile(r"(mov\w*|lea\w*|xor\w*|pop\w*)\s.*, ?%[er]ax\b|call")


def numbers():
    rows = re.finditer(r"^SYSCALL\((\d+), (\w+),", tree.read("abi/include/abi/syscall.def"), re.MULTILINE)
    return {int(row.group(1)): row.group(2) for row in rows}


def number_before(lines, index):
    """The constant in the number register at a trap; None if it is not one."""
    for line in reversed(lines[max(0, index - 60):index]):
        if ZERO.search(line):
            return 0
        match = CONSTANT.search(line)
        if match:
            return int(match.group(1) or match.group(2), 0)
        if OTHER.search(line) and "popq" not in line:
            return None
    return None


def calls_of(path, names):
    result = subprocess.run(["llvm-objdump-19", "-d", "--no-show-raw-insn", path], capture_output=True, text=True,
                            check=True)
    lines = result.stdout.splitlines()
    found = set()
    for index, line in enumerate(lines):
        if re.search(r"\bsyscall\b\s*$", line):
            number = number_before(lines, index)
            found.add(names.get(number, "?"))
    return found


def manifest():
    """Profiles (name: set of calls, or None for `all`) and entries (name: image, profile)."""
    profiles, entries, order = {}, {}, []
    profile = entry = None
    for line in tree.read("system/system.manifest").splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        if words[0] == "profile":
            profile, entry = words[1], None
            profiles[profile] = set()
        elif words[0] in ("service", "program"):
            profile, entry = None, words[1]
            entries[entry] = {"image": words[1], "calls": None}
            order.append(entry)
        elif words[0] == "allow" and "all" in words:
            profiles[profile] = None
        elif words[0] == "allow" and profiles[profile] is not None:
            profiles[profile] |= set(words[1:])
        elif words[0] in ("image", "calls") and entry:
            entries[entry][words[0]] = words[1]
    return profiles, entries


def programs_by_profile(profiles, entries):
    """Which program files run under which profile; `*` stands for those without an entry."""
    files = {name[:-4] for name in os.listdir(os.path.join(tree.ROOT, BUILD)) if name.endswith(".elf")}
    named = {entry["image"] for name, entry in entries.items() if name != "*"}
    users = {profile: set() for profile in profiles}
    for name, entry in entries.items():
        users[entry["calls"]] |= files - named - {"init"} if name == "*" else {entry["image"]} & files
    return users


def main():
    names = numbers()
    profiles, entries = manifest()
    users = programs_by_profile(profiles, entries)
    verdicts = tree.Verdicts()
    for profile, programs in sorted(users.items()):
        contained = {program: calls_of(os.path.join(tree.ROOT, BUILD, program + ".elf"), names)
                     for program in sorted(programs)}
        if sys.argv[1:] == ["--list"]:
            for program, calls in contained.items():
                print(f"{program} ({profile}): {' '.join(sorted(calls))}")
                print(f"    refused: {' '.join(sorted(calls - (profiles[profile] or calls))) or '-'}")
            continue
        if profiles[profile] is None:
            continue
        needless = profiles[profile] - set().union(*contained.values()) if contained else profiles[profile]
        verdicts.check(f"calls: profile {profile} allows only what its programs contain",
                       [f"system/system.manifest: profile {profile}: {call}" for call in sorted(needless)])
    return 0 if sys.argv[1:] == ["--list"] else verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
