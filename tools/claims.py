#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""claims.py [--ran LOG]: checks verification/CLAIMS.md against the tree and, with the log of a check, against what ran.

A row's backing names things in backticks, a kind and a name each:

    proof UNIT      a line of verification/units.txt
    model NAME      verification/NAME.pml
    test NAME_test  a unit test; NAME_test.FUNCTION one test function of it
    scenario NAME   tests/qemu/scenarios/NAME.scn
    step NAME       a step of tools/check.py
    file PATH       a file; PATH:NAME one that says NAME

The status says what is needed: Proven a proof, Modelled a model, Tested a test, scenario or step, Asserted at
least a file. Every proof and model has a row. With --ran, each of the first five must have passed in that log.
"""
import os
import re
import sys

import tree

COLUMNS = ("id", "property", "status", "backing", "bound", "gap", "relied on")
NEEDED = {"Proven": {"proof"}, "Modelled": {"model"}, "Tested": {"test", "scenario", "step"},
          "Asserted": {"file"}, "Aspirational": set()}
NAMED = re.compile(r"`(proof|model|test|scenario|step|file) ([^`]+)`")
PATH = re.compile(r"`([^`]+)`")
SECTION = {"proof": "proofs", "model": "models", "test": "unit tests", "scenario": "scenarios"}


def rows():
    """(line number, cells) of each row of the table, its heading left out."""
    for number, line in enumerate(tree.read("verification/CLAIMS.md").splitlines(), 1):
        if line.startswith("|") and not line.startswith(("| id |", "|---")):
            yield number, [cell.strip() for cell in line.strip().strip("|").split("|")]


def exists(path):
    return os.path.exists(os.path.join(tree.ROOT, path))


class Names:
    """What a backing can name, and what of it passed in a log (None: no log was given)."""

    def __init__(self, log):
        self.units = [line.split()[0] for line in tree.read("verification/units.txt").splitlines()
                      if line.strip() and not line.startswith("#")]
        self.models = [os.path.basename(path)[:-4] for path in tree.files(".pml")]
        self.tests = {os.path.basename(path)[:-2]: path for path in tree.files("_test.c")}
        self.steps = set(re.findall(r'\.(?:step|build)\("([^"]+)"', tree.read("tools/check.py")))
        self.sections = None if log is None else sections(log)

    def missing(self, kind, name):
        """True if there is no such thing."""
        part, _, function = name.partition("." if kind == "test" else ":")
        if kind == "proof":
            return name not in self.units
        if kind == "model":
            return name not in self.models
        if kind == "step":
            return name not in self.steps
        if kind == "scenario":
            return not exists(f"tests/qemu/scenarios/{name}.scn")
        path = self.tests.get(part, "") if kind == "test" else part
        return not path or not exists(path) or not re.search(rf"\b{re.escape(function)}\b", tree.read(path))

    def failed(self, kind, name):
        """True if the log does not say that it passed."""
        if self.sections is None or kind == "file":
            return False
        text = self.sections.get(SECTION.get(kind, name), "")
        if kind == "step":
            sums = re.findall(r"^(?:\d+ passed, (\d+) failed|PASS  .*())$", text, re.MULTILINE)
            return "FAIL  " in text or not sums or any(failed not in ("", "0") for failed, _ in sums[-1:])
        part, _, function = name.partition(".")
        verdicts = re.findall(rf"^(PASS|FAIL)  {re.escape(part)}\b", text, re.MULTILINE)
        if function and f"ran {part}.{function}\n" not in text:
            return True
        return not verdicts or "FAIL" in verdicts


def sections(log):
    """The text below each `== title` of a log."""
    with open(log, encoding="utf-8") as file:
        parts = re.split(r"^== (.*)\n", file.read(), flags=re.MULTILINE)
    return {title: text + "\n" for title, text in zip(parts[1::2], parts[2::2])}


def problems_of(cells, names):
    """Sentences on what is wrong with a row."""
    if len(cells) != len(COLUMNS):
        yield f"{len(cells)} columns; they are: {', '.join(COLUMNS)}"
        return
    row = dict(zip(COLUMNS, cells))
    yield from (f"`{column}` is empty" for column in ("id", "property", "gap", "relied on") if not row[column])
    if row["status"] not in NEEDED:
        yield f"status {row['status']}; one of {', '.join(NEEDED)}"
        return
    named = NAMED.findall(row["backing"])
    if NEEDED[row["status"]] and not NEEDED[row["status"]] & {kind for kind, _ in named}:
        yield f"{row['status']} is backed by a {' or '.join(sorted(NEEDED[row['status']]))}, and none is named"
    if len(PATH.findall(row["backing"])) != len(named):
        yield "the backing has backticks around what is no kind and name"
    for kind, name in named:
        if names.missing(kind, name):
            yield f"there is no {kind} {name}"
        elif names.failed(kind, name):
            yield f"{kind} {name} did not run, or failed"
    paths = PATH.findall(row["relied on"])
    yield from (f"there is no {path}, where it is relied on" for path in paths if not exists(path))
    if not paths:
        yield "where it is relied on names no file"


def main():
    names = Names(sys.argv[2] if sys.argv[1:2] == ["--ran"] else None)
    verdicts = tree.Verdicts()
    seen = set()
    backed = set()
    for number, cells in rows():
        twice = [f"line {number}: this id is there twice"] if cells[0] in seen else []
        seen.add(cells[0])
        if len(cells) == len(COLUMNS):
            backed |= set(NAMED.findall(cells[3]))
        verdicts.check(f"claim {cells[0]}", twice + [f"line {number}: {problem}" for problem in problems_of(cells, names)])
    verdicts.check("every proof has a claim", [f"unit {unit} is in no row" for unit in names.units
                                               if ("proof", unit) not in backed])
    verdicts.check("every model has a claim", [f"model {model} is in no row" for model in names.models
                                               if ("model", model) not in backed])
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
