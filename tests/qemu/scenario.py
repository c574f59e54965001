# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scenario files: what a machine is given, and what its console must then say.

One step or setting per line; see README.md for the list. Parsing rejects what it
does not know, so that a misspelt line cannot pass as a check.
"""
import os
import re
import shlex

ARCHES = ("x86_64", "aarch64", "riscv64")
STEPS = {"expect", "send", "type", "within", "check", "exit", "reject", "wait", "allow-panic", "cut-power", "start",
         "host", "monitor", "unplug", "repeat", "end"}
SETTINGS = {"arch", "cpus", "mem", "append", "bundle", "boot", "board", "disk", "qemu", "limit", "tags"}


class ScenarioError(Exception):
    """A scenario file that cannot be understood."""


class Scenario:
    """A parsed file: settings for one architecture and its steps in order."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)[: -len(".scn")]
        self.lines = []
        with open(path, encoding="utf-8") as file:
            for number, text in enumerate(file, 1):
                self._add(number, text.strip())
        for arch in ARCHES:
            self.steps(arch)  # repeats that do not match are refused before anything runs

    def _add(self, number, text):
        if not text or text.startswith("#"):
            return
        arch = None
        if text.startswith("on "):
            _, arch, text = text.split(None, 2)
            if arch not in ARCHES:
                raise ScenarioError(f"{self.path}:{number}: unknown architecture {arch}")
        word, _, rest = text.partition(" ")
        rest = rest.strip()
        if word not in STEPS and word not in SETTINGS:
            raise ScenarioError(f"{self.path}:{number}: unknown word {word}")
        if word in ("expect", "reject"):
            try:
                re.compile(re.sub(r"\$\{\w+\}", "x", rest))
            except re.error as error:
                raise ScenarioError(f"{self.path}:{number}: {error}") from error
        self.lines.append((number, arch, word, rest))

    def settings(self, word, arch):
        """All values of a setting that apply to `arch`."""
        return [rest for _, only, found, rest in self.lines if found == word and only in (None, arch)]

    def setting(self, word, arch, default):
        """The last of them."""
        return (self.settings(word, arch) or [default])[-1]

    def steps(self, arch):
        """The steps for `arch` in order, those between `repeat` and `end` as often as it says."""
        steps, begin, times = [], None, 1
        for number, only, word, rest in self.lines:
            if word not in STEPS or only not in (None, arch):
                continue
            if word in ("repeat", "end") and (word == "end") != (begin is not None):
                raise ScenarioError(f"{self.path}:{number}: {word} is not where it can be")
            if word == "repeat":
                begin, times = len(steps), int(rest)
            elif word == "end":
                steps += steps[begin:] * (times - 1)
                begin = None
            else:
                steps.append((number, word, rest))
        if begin is not None:
            raise ScenarioError(f"{self.path}: a repeat without its end")
        return steps

    def arches(self):
        value = self.setting("arch", None, "all")
        return list(ARCHES) if value == "all" else value.split()

    def cpus(self):
        return [int(count) for count in self.setting("cpus", None, "1 4").split()]

    def tags(self):
        return self.setting("tags", None, "").split()

    def qemu_options(self, arch):
        return shlex.split(self.setting("qemu", arch, ""))


def unescape(text):
    """\\r \\n \\t \\e \\\\ and \\xNN of `send` and `type`, as bytes."""
    plain = {"r": "\r", "n": "\n", "t": "\t", "e": "\x1b", "\\": "\\"}

    def one(match):
        code = match.group(1)
        return chr(int(code[1:], 16)) if code[0] == "x" else plain[code]
    return re.sub(r"\\(x[0-9a-fA-F]{2}|[rnte\\])", one, text).encode("latin-1")
