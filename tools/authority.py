#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""authority.py: does each system call look up what verification/authority.txt says, before it does anything?

Every path through the code of every call is walked, as clang parses it, with the helpers that handle capabilities:

    look-up   a call comes to the look-ups that are listed for it, no others, and without them it comes to nothing that
              another program could notice: no write outside its own thread, no call of what is not in HARMLESS
    object    what a capability names is written, read or handed to another function only after a second look: under a
              lock that is held (cap_current), or with a reference (cap_retain), or by what looks again itself (RECHECK)

That a look-up and a second look do what they promise is proved (verification/units.txt: cap_lookup). Then the tool
looks at itself: each of SEEDED breaks a copy of the sources in one place, and must be found.
"""
import os
import re
import sys
import tempfile

import syntax
import tree
from paths import Paths, State, short

LOCKS = {"lock_acquire", "lock_draw"}
# They name an object, or let go of it.
NEUTRAL = LOCKS | {"lock_release", "lock_serves", "lock_await", "process_of", "cap_index", "object_header",
                   "object_release", "cap_refuse", "thread_slot", "cap_handle"}
# They look again themselves: under cap_lock, or the lock of the object.
RECHECK = {"cap_derive", "cap_remove", "cap_revoke_some", "aspace_map_request", "notification_signal_if"}
# They change nothing that another program could notice.
HARMLESS = NEUTRAL | RECHECK | {"memcpy", "memset", "syscall_finish", "arch_cpu_self", "arch_fpu_held", "clock_now",
                                "sched_leave", "arch_fpu_enter", "image_abandon", "memory_reap_some",
                                "endpoint_refuse", "signal_refuse", "port_width", "random_seeded"}
# Before the second look, without harm: (function, what).
EARLY = {("sys_cap_info", "info_fill is called"),  # the handle was looked at again, with cap_lock held
         ("sys_channel_attach", "channel_table[@0->object].pages")}  # used if the channel proved to be the right one
# Functions outside kernel/cap*.c that name the table of capabilities itself.
DIRECT = {
    "thread_fill",  # where look-up begins
    "grant_to", "send_enqueue", "open_locked", "bind_locked",  # the number of one that was found
    "object_check", "ring_open", "filter_matches", "waits_through", "thread_valid",  # is it still the one found?
    "pass_cap", "take_step", "object_of",  # what receiver and audit are told; cap.c looks again by handle
    "capability_from", "capability_describe", "tables_back"}  # to show them; their memory
# Handles that are not the caller's: no look-up.
OTHERS = {("policy_revoke", "handle"), ("reply", "reply")}
NAMED = re.compile(r"^[&*]*(?:\w+[\[(])?(@\d+)->object")
READ = re.compile(r"^(?:\w+[\[(])(@\d+)->object[\])]+(?:\.|->)\w")

FAIL = "\tif (status != STATUS_OK)\n\t\treturn status;\n"
# What must be found: what is broken, in which call, file, what is there, what is there instead.
SEEDED = [
    ("another right", "memory_seal", "kernel/sys_memory.c", "OBJECT_MEMORY, RIGHT_WRITE, &slot",
     "OBJECT_MEMORY, RIGHT_READ, &slot"),
    ("any kind of object", "irq_ack", "kernel/irq.c", "OBJECT_IRQ, RIGHT_MANAGE, &cap);\n" + FAIL + "\tstruct irq",
     "OBJECT_NONE, RIGHT_MANAGE, &cap);\n" + FAIL + "\tstruct irq"),
    ("a refusal that is not heeded", "log_write", "kernel/sys_log.c",
     "RIGHT_WRITE, &cap);\n" + FAIL, "RIGHT_WRITE, &cap);\n"),
    ("a refusal taken for a success", "system_info", "kernel/sys_info.c",
     "if (status == STATUS_OK)\n\t\tstatus = info_fill", "if (status != STATUS_OK)\n\t\tstatus = info_fill"),
    ("an effect before the look-up", "trace_control", "kernel/sys_info.c",
     "\tuint64_t mask = current->regs.arg[1];\n\tstruct cap *cap;\n",
     "\tuint64_t mask = current->regs.arg[1];\n\tstruct cap *cap;\n\ttrace_mask = mask;\n"),
    ("one look-up of two", "notification_bind", "kernel/endpoint.c",
     "\t\tstatus = cap_lookup(current, endpoint_handle, OBJECT_ENDPOINT, RIGHT_RECEIVE, &endpoint_cap);\n",
     "\t\tendpoint_cap = cap;\n"),
    ("no reference to what is ended", "process_kill", "kernel/cap.c",
     "\t*out_object = cap->object;\n\treturn cap_retain(cap, handle);", "\t*out_object = cap->object;\n\treturn STATUS_OK;"),
    ("no second look on the fast path", "call", "kernel/endpoint_call.c",
     "receiver_head == NONE || !cap_current(cap, handle, &endpoint->object)", "receiver_head == NONE"),
    ("no second look on the slow path", "call", "kernel/endpoint_call.c",
     "if (!cap_current(cap, handle, &endpoint->object))\n\t\tstatus = STATUS_BAD_HANDLE;",
     "if (false)\n\t\tstatus = STATUS_GONE;"),
    ("a second look that is not heeded", "send", "kernel/endpoint_send.c",
     "\tif (cap_current(cap, handle, &endpoint->object))\n",
     "\tif (cap_current(cap, handle, &endpoint->object) || tag != 0)\n"),
    ("a second look without the lock", "notification_timer", "kernel/sys_notification.c",
     "LOCK_NOTIFICATION);\n\tif (cap_current(cap, handle, &notification->object)) {\n\t\tnotification->timer_bits",
     "LOCK_NOTIFICATION);\n\tlock_release(&notification->lock, LOCK_NOTIFICATION);\n"
     "\tif (cap_current(cap, handle, &notification->object)) {\n\t\tnotification->timer_bits"),
    ("a write after the lock", "irq_ack", "kernel/irq.c",
     "\t\tarch_irq_unmask(irq->number);\n\tlock_release(&irq->lock, LOCK_MEMORY);\n\treturn status;",
     "\t\tarch_irq_unmask(irq->number);\n\tlock_release(&irq->lock, LOCK_MEMORY);\n\tirq->bits = 0;\n\treturn status;"),
    ("another's process without a look-up", "process_aid", "kernel/sys_process.c",
     "named ? process_hold(current, RIGHT_INSPECT, &slot) : STATUS_OK", "STATUS_OK"),
]


# Calls that the dispatcher knows by another name than sys_CALL.
ROOTS = {"call": "endpoint_call", "reply_recv": "endpoint_reply_receive",
         "notification_signal": "notification_signal_by_handle"}


class Call(Paths):
    """All paths through one system call."""

    def __init__(self, functions, entered, needed):
        super().__init__(functions)
        self.entered, self.needed = entered, needed
        self.lookups, self.problems, self.numbers = set(), set(), {}

    # ---- what must hold ----

    def held(self, state, found):
        return found in state.current or found in state.retained

    def effect(self, state, what, terms, harmless=False):
        missing = self.needed - {handle for handle, _, _ in state.found}
        if missing and not harmless:
            self.problems.add((self.stack[-1], f"{what} before {', '.join(sorted(missing))} was looked up"))
        for found in [match.group(1) for match in map(NAMED.match, terms) if match]:
            if not self.held(state, found) and (self.stack[-1], what) not in EARLY:
                self.problems.add((self.stack[-1], f"{what} without a second look at the capability"))

    def seen(self, state, place):
        for found in READ.findall(place):
            if not self.held(state, found) and state.locks == 0 and (self.stack[-1], short(place)) not in EARLY:
                self.problems.add((self.stack[-1], f"{short(place)} is read without a lock or reference"))

    # ---- calls ----

    def called(self, name, node, state, terms):
        if name in ("cap_lookup", "cap_find"):
            return self.looked_up(name, node, state, terms)
        if name in ("cap_current", "cap_retain"):
            return self.looked_again(name, state, terms)
        if name in self.entered:
            return self.enter(name, state, terms)
        if name in LOCKS:
            state.locks += 1
        if name == "object_retain" and NAMED.match(terms[1]) and self.held(state, NAMED.match(terms[1]).group(1)):
            state.retained.add(NAMED.match(terms[1]).group(1))
        if name == "lock_release":
            state.locks -= 1
            state.current = state.current if state.locks else set()
        own = name == "memcpy" and not re.match(r"&?\w+#|current->", terms[0])
        if name not in NEUTRAL | RECHECK:
            self.effect(state, f"{name or 'a pointer'} is called", terms, name in HARMLESS and not own)
        for term in terms:
            if re.match(r"&\w+#", term):
                state.forget(term[1:])
        result = f"{name}({', '.join(terms)})" if name in NEUTRAL else f"{name}~{node['id']}"
        state.known.pop(result, None)
        return [(state, result)]

    def looked_up(self, name, node, state, terms):
        what = tuple(short(term) for term in terms[1:4])
        number = f"@{self.numbers.setdefault((self.stack[-1], node['id']), len(self.numbers))}"
        self.lookups.add(what)
        found = State(state)
        found.found.add(what)
        found.current.discard(number)
        found.retained.discard(number)
        if name == "cap_find":
            return [(found, number), (state, "0")]
        found.names[terms[4][1:]] = number
        return [(found, "0"), (state, "FAILED")]

    def looked_again(self, name, state, terms):
        again = State(state)
        if name == "cap_retain":
            again.retained.add(terms[0])
            return [(again, "0"), (state, "FAILED")]
        if state.locks == 0:
            self.problems.add((self.stack[-1], "cap_current without a lock"))
        again.current.add(terms[0])
        return [(again, "1"), (state, "0")]


def handles(function):
    """Has it to do with capabilities? Then it is entered where it is called."""
    return any(part["kind"] == "ParmVarDecl" and "struct cap *" in part["type"]["qualType"]
               for part in syntax.inner(function))


def reaching(functions):
    """The functions that come to a look-up, a second look, or get a capability."""
    calls = {name: {syntax.callee(node) for node, _ in syntax.walk(function) if node["kind"] == "CallExpr"}
             for name, (_, function) in functions.items()}
    reached = {name for name, (_, function) in functions.items() if handles(function)}
    while True:
        more = {name for name, called in calls.items() if called & (
            reached | {"cap_lookup", "cap_find", "cap_retain"})} - reached
        if not more:
            return reached - HARMLESS - {"cap_lookup", "cap_find", "cap_retain", "cap_current", "audit_message"}
        reached |= more




def sources():
    return [path for path in tree.files(".c") if path.startswith("kernel/") and "/test/" not in path]


def arguments():
    """call: [(type, name)] of its argument registers, from syscall.def; of IPC only the first."""
    shapes = re.findall(r"^SYSCALL\(\d+, (\w+), (\w+)(?:\((.*?)\))?,", tree.read("abi/include/abi/syscall.def"),
                        re.MULTILINE)
    return {call: [("handle_t", "reply" if call == "reply" else "endpoint")] if shape == "IPC" else
            list(zip(*[iter(names.split(", "))] * 2))[:int(shape[1])] for call, shape, names in shapes}


def table(calls):
    """call: {(handle, kind, rights)}, and call: handles that must be looked up before anything is done."""
    rows = {call: set() for call in calls}
    needed = {call: set() for call in calls}
    for line in tree.read("verification/authority.txt").splitlines():
        if line.strip() and not line.startswith("#"):
            call, handle, kind, rights = line.split()[:4]
            rows[call].add((handle.rstrip("?"), kind, rights))
            needed[call] |= set() if handle.endswith("?") else {handle}
    return rows, needed


def spelt(what, names):
    """A look-up as verification/authority.txt spells it."""
    def word(term):
        for register, name in enumerate(names):
            term = term.replace(f"arg[{register}]", name)
        return "caps" if "cap[" in term else re.sub(r"RIGHT_|OBJECT_", "", term).replace(" | ", "|")
    handle, kind, rights = map(word, what)
    return handle, "any" if kind == "NONE" else kind, "-" if rights == "0" else rights


def walk(call, functions, entered, needed, names):
    """What a call looks up, and sentences on what it does too early."""
    registers = {f"arg[{names.index(handle)}]" for handle in needed}
    path = Call(functions, entered, registers)
    path.enter(ROOTS.get(call, f"sys_{call}"), State(), ["current"])
    return {spelt(what, names) for what in path.lookups}, [f"{where}: {what}" for where, what in sorted(path.problems)]


def problems(call, functions, entered, rows, needed, handles):
    names = [name for _, name in handles]
    found, early = walk(call, functions, entered, needed, names)
    for what in sorted(found - rows):
        yield f"looks up {' '.join(what)}: not in verification/authority.txt"
    for what in sorted(rows - found):
        yield f"never looks up {' '.join(what)}"
    for kind, name in handles:
        if kind == "handle_t" and name not in {handle for handle, _, _ in rows} and (call, name) not in OTHERS:
            yield f"{name} is never looked up"
    yield from early


def all_functions(units):
    """name: (file, function); and who names the table of capabilities."""
    functions = {}
    direct = set()
    for unit in units:
        for name, function in unit.functions.items():
            functions[name] = (unit, function)
            if not unit.path.startswith(("kernel/cap", "kernel/sys_cap")) and any(
                    node["kind"] == "DeclRefExpr" and node["referencedDecl"].get("name") == "cap_table"
                    for node, _ in syntax.walk(function)):
                direct.add(name)
    return functions, direct


def main():
    verdicts = tree.Verdicts()
    handles = arguments()
    rows, needed = table(handles)
    functions, direct = all_functions(syntax.units(sources()))
    for call in handles:
        verdicts.check(f"authority: {call}", problems(call, functions, reaching(functions), rows[call], needed[call],
                                                      handles[call]))
    verdicts.check("authority: the table of capabilities is reached by look-up", sorted(direct ^ DIRECT))
    with tempfile.TemporaryDirectory() as folder:
        syntax.copy(folder)
        for title, call, path, there, instead in SEEDED:
            with syntax.broken(folder, path, there, instead) as parsed:
                changed = {**functions, **all_functions([syntax.Unit(parsed, folder)])[0]}
            found = list(problems(call, changed, reaching(changed), rows[call], needed[call], handles[call]))
            verdicts.check(f"authority: found when broken: {title}", [] if found else ["not found"])
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
