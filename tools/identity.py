#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""identity.py: every place in the kernel that writes who a process is, or whose doing something is, against a list.

A message, a queued message, a channel's creator and an audit record get their subject from the process that acts;
a process gets its principal once, and its mask of system calls, which only loses bits after. What the writing
functions do is proved (verification/units.txt: identity); that nothing else writes is looked for here, in every
expression of kernel/ and of the ports as clang parses them:

    WRITES  of each field, function by function, what is written into it; an assignment, an atomic operation, a
            structure's initial value, or its address given to a function that could write through it
    WHOLE   a structure that holds such a field is written as a whole, or its address loses its type

What is found must be what is listed, neither more nor less. Then the tool looks at itself: each of SEEDED breaks a
copy of the sources in one place, and must be found.
"""
import re
import sys
import tempfile

import syntax
import tree

# structure.field: (function, what is written)
WRITES = {
    "process.principal": {("principal_bind", "*principal")},
    "process.id": {("process_fill", "__atomic_fetch_add(&next_id, 0, 1)")},
    "process.state": {  # principal_bind binds what is PROCESS_FREE
        ("process_new", "__atomic_store_n(&process->state, 3, PROCESS_CREATED)"),
        ("process_new", "__atomic_store_n(&process->state, 3, PROCESS_DEAD)"),
        ("init_claim", "__atomic_store_n(&process->state, 5, PROCESS_RUNNING)"),
        ("child_start", "__atomic_compare_exchange_n(&child->state, 5, &created, 2, PROCESS_RUNNING, 0)"),
        ("end_win", "__atomic_compare_exchange_n(&process->state, 5, &state, 2, PROCESS_DYING, 0)"),
        ("reap_end", "__atomic_store_n(&process->state, 5, PROCESS_DEAD)"),
        ("process_destroy", "__atomic_store_n(&process->state, 3, PROCESS_FREE)")},
    "process.syscall_mask": {  # made with the process, then only less
        ("process_fill", "options->syscall_mask"), ("process_fill", "&= ..."),
        ("sys_policy_restrict", "__atomic_fetch_and(&process_of(slot)->syscall_mask, 5, mask)")},
    "thread.owner": {("thread_fill", "process_of(process)")},
    "thread.process": {("thread_fill", "process")},
    "message_page.sender": {("message_copy", "principal_stamp(&to->page->sender, from->owner)"),
                            ("receive_queued", "queued->sender")},
    "queued.sender": {("send_enqueue", "principal_stamp(&queued->sender, current->owner)")},
    "channel_side.principal": {("channel_fill", "principal_stamp(&channel->side[0].principal, creator)"),
                               ("channel_fill", "*peer")},  # whom the creator names, not who acts
    "audit_event.subject": {("audit_emit", "subject"), ("audit_message", "from->owner->id")},
}
# (function, what is done): events are copied whole; memory becomes events, or a thread's page; the ports see of a
# thread the registers it begins with.
WHOLE = {("audit_stage", "audit_staged[cpu].event[place] = numbered"), ("audit_init", "&audit_staged[cpu]"),
         ("audit_drain", "audit_pages[audit_page(number + i)][audit_place(number + i)] = event"),
         ("ring_make", "ring_page(1 + page)"), ("thread_fill", "arch_direct(frame)"), ("thread_head", "thread"),
         ("exception", "current"), ("page_fault", "current"), ("protection_fault", "current")}
POINTER_CASTS = {"BitCast", "PointerToIntegral", "IntegralToPointer"}
# Who calls the functions that bind.
CALLS = {("process_fill", "principal_bind"), ("process_new", "process_fill")}
# Subjects of audit records that are not the id of a process at hand, 0 (the kernel), or passed on.
SUBJECTS = {("audit_closed", "subject"), ("close_locked", "side->process_id"), ("audit_outcome", "subject"),
            ("refuse", "asker(image)"), ("image_loaded", "asker(image)")}

LISTED = {**WRITES, "structures as a whole": WHOLE, "calls of what binds": CALLS, "subjects of audit records": SUBJECTS}

# What must be found: what is broken, file, what is there, what is there instead.
SEEDED = [
    ("the receiver's principal on a message", "kernel/message.h", "&to->page->sender, from->owner",
     "&to->page->sender, to->owner"),
    ("a queued message without a stamp", "kernel/endpoint_send.c",
     "\tprincipal_stamp(&queued->sender, current->owner);\n", ""),
    ("the receiver's principal on a queued message", "kernel/endpoint_receive.c",
     "current->page->sender = queued->sender", "current->page->sender = current->owner->principal"),
    ("a second writer", "kernel/process.c", "\tprocess->main_thread = thread;",
     "\tprocess->principal = options->principal;\n\tprocess->main_thread = thread;"),
    ("one byte of a principal", "kernel/process_reap.c", "\taudit_emit(AUDIT_PROCESS_ENDED",
     "\tprocess->principal.bytes[31]++;\n\taudit_emit(AUDIT_PROCESS_ENDED"),
    ("bytes copied over a principal", "kernel/sys_process.c",
     "memcpy(current->page->bulk, &process_of(slot)->principal,",
     "memcpy(&process_of(slot)->principal, current->page->bulk,"),
    ("a pointer to a principal", "kernel/channel.c", "\tconst struct process *asking = process_of(process);",
     "\tstruct process *asking = process_of(process);\n\tstruct aid *alias = &asking->principal;\n\t*alias = *alias;"),
    ("a principal at an address", "kernel/sys_policy.c", "\tuint64_t mask = current->regs.arg[2];",
     "\tuint64_t mask = current->regs.arg[2];\n\t*(struct aid *)(void *)mask = (struct aid){0};"),
    ("a process cleared", "kernel/process.c", "\tprocess_fill(process, parent,",
     "\tmemset(process, 0, sizeof *process);\n\tprocess_fill(process, parent,"),
    ("a process assigned", "kernel/process.c", "\tprocess_fill(process, parent,",
     "\t*process = process_table[0];\n\tprocess_fill(process, parent,"),
    ("a process that runs is filled again", "kernel/process.c", "\tprocess->main_thread = thread;",
     "\tprocess->main_thread = thread;\n\tprocess_fill(process, NONE, image, options);"),
    ("a live process called free", "kernel/process_reap.c", "PROCESS_DEAD, __ATOMIC", "PROCESS_FREE, __ATOMIC"),
    ("a thread of another process", "kernel/sys_thread.c", "\tstatus = thread_set(current,",
     "\tthread_table[slot].owner = process_of(0);\n\tstatus = thread_set(current,"),
    ("the creator's side of a channel named by another", "kernel/channel.c",
     "\tside->process_id = process_id;\n",
     "\tside->process_id = process_id;\n\tside->principal = process_of(0)->principal;\n"),
    ("a mask that gains", "kernel/sys_policy.c", "__atomic_fetch_and(", "__atomic_fetch_or("),
    ("a subject the caller names", "kernel/sys_audit.c", "current->owner->id, arg[2]", "arg[1], arg[2]"),
]


def holders(unit):
    """Structures that contain a field of WRITES, however deep."""
    held = {field.split(".")[0] for field in WRITES}
    while True:
        more = {name for name, fields in unit.records.items() if name and any(
            structure(kind) in held and "*" not in kind for _, kind in fields)} - held
        if not more:
            return held
        held |= more


def structure(kind):
    match = re.match(r"(?:const )?struct (\w+)", kind)
    return match.group(1) if match else ""


def is_const(kind):
    return re.match(r"const .*\*$", kind) is not None


def written(node, above):
    """What a MemberExpr is given, as text; None if it is only read."""
    for place in range(len(above) - 1, -1, -1):
        outer = above[place]
        kind, parts = outer["kind"], syntax.inner(outer)
        if kind == "ImplicitCastExpr":
            if outer["castKind"] == "LValueToRValue" or is_const(outer["type"]["qualType"]):
                return None
        elif kind == "BinaryOperator" and outer["opcode"] == "=" and parts[0] is node:
            return syntax.text(parts[1])
        elif kind == "CompoundAssignOperator":
            return f"{outer['opcode']} ..."
        elif kind == "AtomicExpr":
            return None if "load" in outer["name"] else syntax.text(outer)
        elif kind == "UnaryExprOrTypeTraitExpr" or (
                kind == "UnaryOperator" and outer["opcode"] == "&" and is_const(outer["type"]["qualType"])):
            return None
        elif kind not in ("ParenExpr", "MemberExpr", "ArraySubscriptExpr", "ConditionalOperator") and not (
                kind == "UnaryOperator" and outer["opcode"] in "&*"):
            return syntax.text(outer)
        node = outer
    return None


def initial(unit, node):
    """(field, what it is given) of a structure's initial value."""
    name = structure(node["type"]["qualType"])
    for (field, _), part in zip(unit.records.get(name, []), syntax.inner(node)):
        if f"{name}.{field}" in WRITES and part["kind"] != "ImplicitValueInitExpr":
            yield f"{name}.{field}", syntax.text(part)


def loses_type(node, held):
    """Is this a cast from or to a structure that holds a field, but to another pointer's type?"""
    before, after = syntax.inner(node)[0]["type"]["qualType"], node["type"]["qualType"]
    implicit = node["kind"] == "ImplicitCastExpr"
    if node["castKind"] not in POINTER_CASTS or (implicit and is_const(after)) or syntax.text(node) == "0":
        return False
    kinds = {structure(before), structure(after)}
    return len(kinds) == 2 and bool(kinds & (held if implicit else held | {"aid"}))


def look(unit):
    """Every (where, function, what) of a file and its headers."""
    held = holders(unit)
    for name, function in unit.functions.items():
        for node, above in syntax.walk(function):
            kind = node["kind"]
            if kind == "MemberExpr":
                field = ".".join(unit.field(node))
                value = written(node, above) if field in WRITES else None
                if value is not None:
                    yield field, name, value
            elif kind == "InitListExpr":
                yield from ((field, name, value) for field, value in initial(unit, node))
            elif kind in ("CStyleCastExpr", "ImplicitCastExpr") and loses_type(node, held):
                yield "structures as a whole", name, syntax.text(node)
            elif kind == "BinaryOperator" and node["opcode"] == "=" and structure(node["type"]["qualType"]) in held:
                if "*" not in node["type"]["qualType"]:
                    yield "structures as a whole", name, syntax.text(node)


            elif kind == "CallExpr":
                yield from called(unit, name, node)


def called(unit, name, node):
    function = syntax.callee(node)
    if function in {callee for _, callee in CALLS}:
        yield "calls of what binds", name, function
    if function == "audit_emit":
        subject = syntax.plain(syntax.inner(node)[2])
        own = subject["kind"] == "MemberExpr" and unit.field(subject) == ("process", "id")
        if not own and syntax.text(subject) != "0":
            yield "subjects of audit records", name, syntax.text(subject)


def paths():
    ports = tuple(f"arch/{arch}/kernel/" for arch in tree.ARCHES)
    return [path for path in tree.files(".c") if path.startswith(("kernel/",) + ports) and "/test/" not in path]


def problems(found):
    """(where, sentence) for each thing that is found and not listed, or listed and not found."""
    for where, listed in LISTED.items():
        seen = {(function, what) for place, function, what in found if place == where}
        yield from ((where, f"{function}: {what}: not listed in tools/identity.py") for function, what in seen - listed)
        yield from ((where, f"{function}: {what}: is gone") for function, what in listed - seen)


def main():
    verdicts = tree.Verdicts()
    found = {unit.path: set(look(unit)) for unit in syntax.units(paths())}
    wrong = list(problems(set().union(*found.values())))
    for where in LISTED:
        verdicts.check(f"identity: {where}", [sentence for place, sentence in wrong if place == where])
    with tempfile.TemporaryDirectory() as folder:
        syntax.copy(folder)
        for title, path, there, instead in SEEDED:
            with syntax.broken(folder, path, there, instead) as parsed:
                changed = {**found, parsed: set(look(syntax.Unit(parsed, folder)))}
            noticed = list(problems(set().union(*changed.values())))
            verdicts.check(f"identity: found when broken: {title}", [] if noticed else ["not found"])
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
