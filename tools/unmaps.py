#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""unmaps.py: what was mapped is let go only when no translation leads there any more.

Pages live as long as something holds a reference to the memory they belong to: each mapping, and a channel. Looked
for on every path through every function of kernel/, as clang parses it, with the HELPERS it calls:

    flush    what was cleared in the tables (CLEAR) is flushed before the lock of the address space is given up
    drop     a mapping gives its reference up (drops_add) after its entries were cleared, and it is released once
             no lock is held; nobody else releases what mappings hold
    channel  what a channel gives up is withdrawn before it is released, from each process that may have it
             (GIVEN_UP)

Then the tool looks at itself: each of SEEDED breaks a copy of the sources in one place, and must be found.
"""
import re
import sys
import tempfile

import syntax
import tree
from paths import Paths, State, short

CLEAR = {"table_clear", "table_protect", "table_prune"}
HELPERS = {"mapping_retire", "mapping_exchange", "mapping_protect", "unmap_locked"}
DROPS = {"mapping_retire", "mapping_exchange"}
# One page that belongs to no memory object: it is retired at once or not at all, and there is nothing to release.
ONE_PAGE = {"page_enter", "aspace_leave_page"}
# Frees tables without a flush: no CPU is in that address space, and none comes into it.
UNUSED = {"aspace_clear_some"}
# Who releases what a channel gave up: from whom which memory is withdrawn first.
GIVEN_UP = {
    "channel_side_close": {("closing.memory", "closing.process")},  # the other side has left before, or never came
    "channel_expire": {("remains.memory", "process")},              # likewise
    "channel_destroy": {("remains.memory", "channel->side[0].process"),
                        ("remains.memory", "channel->side[1].process")},
}
# References to memory that functions of channels hold while they map it, or withdraw it.
OWN = {("channel_side_close", "closing.memory"), ("channel_attach", "claim.memory"),
       ("remains_release", "remains->memory"), ("remains_release", "remains->tombstone")}

# What must be found: what is broken, file, what is there, what is there instead.
SEEDED = [
    ("no flush where an object is withdrawn", "kernel/aspace_unmap.c",
     "\t\ttable_flush(aspace, &gather);\n\t}\n\tlock_release", "\t}\n\tlock_release"),
    ("references dropped before the flush", "kernel/aspace_unmap.c",
     "\t\ttable_flush(aspace, &gather);\n\t}\n\tlock_release",
     "\t\tdrops_release(&drops);\n\t\ttable_flush(aspace, &gather);\n\t}\n\tlock_release"),
    ("a flush after the lock", "kernel/aspace_unmap.c",
     "\t\ttable_flush(aspace, &gather);\n\t}\n\tlock_release(&aspace->lock, LOCK_ASPACE);\n",
     "\t}\n\tlock_release(&aspace->lock, LOCK_ASPACE);\n\ttable_flush(aspace, &gather);\n"),
    ("no flush where a range is unmapped", "kernel/aspace_unmap.c",
     "\ttable_flush(aspace, &gather);\n\treturn STATUS_OK;\n", "\treturn STATUS_OK;\n"),
    ("references dropped under the lock", "kernel/aspace_unmap.c",
     "\tlock_release(&aspace->lock, LOCK_ASPACE);\n\tdrops_release(&drops);\n\treturn status;",
     "\tdrops_release(&drops);\n\tlock_release(&aspace->lock, LOCK_ASPACE);\n\treturn status;"),
    ("references that are never dropped", "kernel/aspace_unmap.c",
     "\tlock_release(&aspace->lock, LOCK_ASPACE);\n\tdrops_release(&drops);\n\treturn status;",
     "\tlock_release(&aspace->lock, LOCK_ASPACE);\n\treturn status;"),
    ("an exchange without clearing", "kernel/aspace_unmap.c",
     "\ttable_clear(aspace->root, mapping->address, mapping_end(mapping), &limit, gather);\n\tdrops_add",
     "\tdrops_add"),
    ("a protection that is not flushed", "kernel/aspace_protect.c", "\ttable_flush(aspace, &gather);\n", ""),
    ("tables freed without a flush", "kernel/aspace_protect.c", "\ttable_flush(aspace, &gather);\n",
     "\ttable_free(aspace, &gather);\n"),
    ("tables of a process that are not freed", "kernel/aspace.c", "\ttable_free(aspace, &gather);\n", ""),
    ("another who gives up a mapping's reference", "kernel/aspace_protect.c", "\tmapping->prot = (uint8_t)prot;\n",
     "\tmapping->prot = (uint8_t)prot;\n\tobject_release(mapping_object(mapping->kind), mapping->memory);\n"),
    ("a channel's pages released before they are withdrawn", "kernel/channel_close.c",
     "\twithdraw(closing.memory, closing.process, NONE);\n\tobject_release(OBJECT_MEMORY, closing.memory);\n",
     "\tobject_release(OBJECT_MEMORY, closing.memory);\n\twithdraw(closing.memory, closing.process, NONE);\n"),
    ("a grace period's end that withdraws nothing", "kernel/channel_close.c",
     "\twithdraw(remains.memory, process, remains.tombstone);\n", ""),
    ("one side forgotten", "kernel/channel_close.c",
     "\twithdraw(remains.memory, channel->side[0].process, NONE);\n", ""),
    ("the same side twice", "kernel/channel_close.c", "channel->side[1].process, remains.tombstone",
     "channel->side[0].process, remains.tombstone"),
    ("another who releases a channel's pages", "kernel/channel.c", "\tif (old != NONE)\n",
     "\tobject_release(OBJECT_MEMORY, channel->memory);\n\tif (old != NONE)\n"),
]


class Unmaps(Paths):
    """All paths through one function. What is `found` on a path: what was cleared and not flushed, which references
    were given up and not released, what was withdrawn from whom."""

    def __init__(self, functions):
        super().__init__(functions)
        self.problems = set()

    def problem(self, sentence):
        self.problems.add(f"{self.stack[0]}: {short(sentence)}")

    def value(self, node, state):
        return super().value(node, State(state))

    def effect(self, state, what, terms, harmless=False):
        pass

    def seen(self, state, place):
        pass

    def unflushed(self, state, when):
        if any(fact[0] == "cleared" for fact in state.found) and self.stack[0] not in ONE_PAGE:
            self.problem(f"what was cleared is not flushed {when}")

    def end(self, state):
        self.unflushed(state, "at the end")
        if any(fact[0] == "dropped" for fact in state.found) and self.stack[0] not in ONE_PAGE:
            self.problem("references that were given up are not released")

    def called(self, name, node, state, terms):
        texts = [syntax.text(part) for part in syntax.inner(node)[1:]]
        if name in HELPERS:
            return self.enter(name, state, terms)
        if name in CLEAR:
            state.found.add(("cleared", terms[-1]))
        elif name in ("table_flush", "table_free"):
            if name == "table_free" and self.stack[-1] not in UNUSED:
                self.problem("tables are freed without a flush")
            state.found.discard(("cleared", terms[1]))
        elif name in ("lock_acquire", "lock_draw"):
            state.locks += 1
        elif name == "lock_release":
            state.locks -= 1
            if not terms[0].startswith("mapping_object_lock"):
                self.unflushed(state, "before the lock is given up")
        elif name == "withdraw":
            state.found.add(("gone",) + tuple(texts[:2]))
        else:
            self.released(name, state, terms, texts)
        return [(state, f"{name}~{node['id']}")]

    def released(self, name, state, terms, texts):
        gone = {fact[1:] for fact in state.found if fact[0] == "gone"}
        if name == "drops_add":
            if self.stack[-1] not in DROPS or not any(fact[0] == "cleared" for fact in state.found):
                self.problem("a mapping's reference is given up, and its entries were not cleared")
            state.found.add(("dropped", terms[0]))
        elif name == "drops_release":
            self.unflushed(state, "before references are released")
            if state.locks != 0:
                self.problem("references are released under a lock")
            state.found.discard(("dropped", terms[0]))
        elif name == "remains_release" and not GIVEN_UP.get(self.stack[-1], {None}) <= gone:
            self.problem("what a channel gave up is released and was not withdrawn from everybody")
        elif name == "object_release" and self.memory(texts[0]):
            if (self.stack[-1], texts[1]) not in OWN and self.stack[-1] != "drops_release":
                self.problem(f"{texts[1]} is released: not listed in tools/unmaps.py")
            if self.stack[-1] in GIVEN_UP and texts[1] not in {memory for memory, _ in gone}:
                self.problem(f"{texts[1]} is released before it is withdrawn")

    def memory(self, kind):
        """Is this what mappings or channels hold? Other files release what they made or were lent."""
        path = self.functions[self.stack[-1]][0].path
        return kind.startswith("mapping_object") or (kind == "OBJECT_MEMORY" and "kernel/channel" in path)


def roots(functions):
    """Who calls what a rule is about, and is nobody's helper."""
    about = CLEAR | HELPERS | {"drops_add", "drops_release", "table_flush", "table_free", "withdraw",
                               "remains_release", "object_release"}
    for name, (unit, function) in functions.items():
        if name not in HELPERS and unit.path != "kernel/page_table.c" and any(
                node["kind"] == "CallExpr" and syntax.callee(node) in about for node, _ in syntax.walk(function)):
            yield name


def problems(functions):
    for name in sorted(roots(functions)):
        unmaps = Unmaps(functions)
        terms = [part["name"] for part in syntax.inner(functions[name][1]) if part["kind"] == "ParmVarDecl"]
        ends = unmaps.enter(name, State(), terms)
        unmaps.stack.append(name)
        for after, _ in ends:
            unmaps.end(after)
        yield from sorted(unmaps.problems)


def all_functions(units):
    return {name: (unit, function) for unit in units for name, function in unit.functions.items()}


def main():
    verdicts = tree.Verdicts()
    paths = [path for path in tree.files(".c") if path.startswith("kernel/") and "/test/" not in path]
    functions = all_functions(syntax.units(paths))
    verdicts.check("unmaps: pages are let go when no translation leads there", list(problems(functions)))
    with tempfile.TemporaryDirectory() as folder:
        syntax.copy(folder)
        for title, path, there, instead in SEEDED:
            with syntax.broken(folder, path, there, instead) as parsed:
                changed = {**functions, **all_functions([syntax.Unit(parsed, folder)])}
            verdicts.check(f"unmaps: found when broken: {title}", [] if list(problems(changed)) else ["not found"])
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
