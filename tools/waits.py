#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""waits.py: the state of a thread is written together with the list it is in.

A thread that waits to be received, receives or waits for a notification is in a list of the object, and its wait
word says so; a ready one is in a run queue, or in the hands of whoever took it from there. What the lists keep is
proved (verification/units.txt: thread_queue, run_queue). That the word goes with them is looked for here, on every
path through every function of kernel/ and of the ports that does either, as clang parses them, with the HELPERS it
calls:

    in      who puts a thread into a list writes the state of that list (STATES) to its wait word next, before the
            lock is given up and before the function ends; nobody else writes such a state
    out     who takes one out writes another state, likewise; it is the first of its list, or the state was looked
            at (SEEN)
    ready   who puts one into a run queue has written READY before, or has just taken it out of another
    alone   who writes a state without a list does it to a thread that is in none (ALONE says why)
    writers nobody else writes a list or the words about it (WRITERS)

Then the tool looks at itself: each of SEEDED breaks a copy of the sources in one place, and must be found.
"""
import re
import sys
import tempfile

import identity
import syntax
import tree
from paths import Paths, State, short

# A list by its head's name, and the state of those in it.
STATES = {"receiver_head": "THREAD_RECEIVING", "sender_head": "THREAD_SENDING", "waiter_head": "THREAD_WAITING"}
LISTED = set(STATES.values())
NEXT = re.compile(r"wait_(?:with|next)\(.*, (THREAD_\w+)\)")  # a wait word, and the state it says
JOIN, LEAVE = {"thread_queue_append", "thread_queue_prepend"}, {"thread_queue_remove", "thread_queue_remove_first"}
QUEUE = {"run_queue_append", "run_queue_prepend"}
# Parts of the functions that use them, and entered from there.
HELPERS = {"endpoint_unlink_receiver", "endpoint_take_receiver", "receive_publish", "sched_claim_here", "sched_leave",
           "reply_claim_as", "call_deliver", "receive_caller"}
# They take out whom they name, under the list's lock, after a look at its wait word.
SEEN = {"claim_at_endpoint", "claim_at_notification"}
# (function, state): why its thread is in no list.
ALONE = {
    ("thread_fill", "THREAD_STOPPED"): "new",
    ("thread_destroy", "THREAD_FREE"): "ended",
    ("thread_finish", "THREAD_FREE"): "ends: running, or claimed",
    ("sys_thread_sleep", "THREAD_SLEEPING"): "running",
    ("sys_thread_exit", "THREAD_EXITING"): "running",
    ("call_hand", "THREAD_REPLYING"): "running",
    ("endpoint_call", "THREAD_REPLYING"): "running",
    ("sched_claim_here", "THREAD_RUNNING"): "claimed",
    ("sched_ready", "THREAD_READY"): "claimed",
    ("sched_put_back", "THREAD_READY"): "running",
    ("claim_seen", "THREAD_READY"): "by compare-and-swap from a state without a list",
    ("reply_claim_as", "THREAD_READY"): "by compare-and-swap from REPLYING",
    ("reply_claim_as", "THREAD_RUNNING"): "by compare-and-swap from REPLYING",
}
# structure.field: who writes it, or hands its address on.
WRITERS = {
    "thread.wait": set(),
    "thread.next": {"thread_fill", "links_append", "links_prepend", "links_remove"},
    "thread.previous": {"thread_fill", "links_append", "links_prepend", "links_remove"},
    "thread.queue_cpu": {"thread_fill", "entered", "left"},
    "thread.queue_priority": {"entered"},
    "run_queue.count": {"entered", "left"},
    "run_queue.ready_mask": {"entered", "left"},
    "run_queue.head": {"sched_init", "run_queue_append", "run_queue_prepend", "run_queue_remove"},
    "run_queue.tail": {"sched_init", "run_queue_append", "run_queue_prepend", "run_queue_remove"},
    "endpoint.sender_head": {"endpoint_fill", "call_enqueue", "receive_caller", "senders_gone", "claim_at_endpoint"},
    "endpoint.sender_tail": {"endpoint_fill", "call_enqueue", "receive_caller", "senders_gone", "claim_at_endpoint"},
    "endpoint.receiver_head": {"endpoint_fill", "receive_publish", "endpoint_unlink_receiver", "claim_at_endpoint"},
    "endpoint.receiver_tail": {"endpoint_fill", "receive_publish", "endpoint_unlink_receiver", "claim_at_endpoint"},
    "notification.waiter_head": {"sys_notification_create", "wait_publish", "take_waiter", "claim_at_notification"},
    "notification.waiter_tail": {"sys_notification_create", "wait_publish", "take_waiter", "claim_at_notification"},
}

# What must be found: what is broken, file, what is there, what is there instead.
SEEDED = [
    ("a caller that is queued and says it runs", "kernel/endpoint_call.c",
     "\tthread_queue_append(&endpoint->sender_head, &endpoint->sender_tail, current);\n"
     "\t__atomic_store_n(&current->wait, wait, __ATOMIC_RELEASE);\n",
     "\tthread_queue_append(&endpoint->sender_head, &endpoint->sender_tail, current);\n"),
    ("a caller that says it is queued and is not", "kernel/endpoint_call.c",
     "\tthread_queue_append(&endpoint->sender_head, &endpoint->sender_tail, current);\n", ""),
    ("the state of another list", "kernel/endpoint_call.c", "WAIT_NEXT(current->wait, THREAD_SENDING)",
     "WAIT_NEXT(current->wait, THREAD_RECEIVING)"),
    ("another list than the state's", "kernel/endpoint_receive.c",
     "thread_queue_append(&endpoint->receiver_head, &endpoint->receiver_tail, current)",
     "thread_queue_append(&endpoint->sender_head, &endpoint->sender_tail, current)"),
    ("a receiver taken out that still says it waits", "kernel/endpoint_priv.h",
     "\t__atomic_store_n(&thread->wait, WAIT_WITH(thread->wait, THREAD_READY), __ATOMIC_RELEASE);\n", ""),
    ("the fast path's receiver, likewise", "kernel/endpoint_call.c",
     "\tendpoint_unlink_receiver(endpoint, server);\n\tsched_claim_here(cpu, server, server->wait);\n",
     "\tendpoint_unlink_receiver(endpoint, server);\n"),
    ("its state written after the lock was given up", "kernel/endpoint_call.c",
     "\t__atomic_store_n(&current->wait, wait, __ATOMIC_RELEASE);\n\tlock_release(&endpoint->lock, LOCK_ENDPOINT);\n",
     "\tlock_release(&endpoint->lock, LOCK_ENDPOINT);\n\t__atomic_store_n(&current->wait, wait, __ATOMIC_RELEASE);\n"
     "\tendpoint_unlink_receiver(endpoint, server);\n\tlock_release(&endpoint->lock, LOCK_ENDPOINT);\n"
     "\tsched_claim_here(cpu, server, server->wait);\n"),
    ("a waiter that says it is ready and stays in the list", "kernel/notification.c",
     "\tthread_queue_remove(&notification->waiter_head, &notification->waiter_tail, thread);\n", ""),
    ("the state of another thread", "kernel/notification.c",
     "\t__atomic_store_n(&thread->wait, WAIT_WITH(thread->wait, THREAD_READY), __ATOMIC_RELEASE);\n"
     "\tthread->regs.arg[1] = bits;",
     "\t__atomic_store_n(&thread_table[0].wait, WAIT_WITH(thread->wait, THREAD_READY), __ATOMIC_RELEASE);\n"
     "\tthread->regs.arg[1] = bits;"),
    ("a claim that leaves the thread in the list of senders", "kernel/thread.c",
     "\tif (won && WAIT_STATE(wait) == THREAD_SENDING)\n"
     "\t\tthread_queue_remove(&endpoint->sender_head, &endpoint->sender_tail, thread);\n\telse if (won)",
     "\tif (won && WAIT_STATE(wait) == THREAD_RECEIVING)"),
    ("a claim in vain that writes all the same", "kernel/thread.c",
     "\tif (won)\n\t\t__atomic_store_n(&thread->wait, WAIT_WITH(wait, THREAD_READY), __ATOMIC_RELEASE);\n",
     "\t__atomic_store_n(&thread->wait, WAIT_WITH(wait, THREAD_READY), __ATOMIC_RELEASE);\n"),
    ("a state that is written on one way of two", "kernel/thread.c",
     "\t\t__atomic_store_n(&thread->wait, WAIT_WITH(wait, THREAD_READY), __ATOMIC_RELEASE);\n\t}\n",
     "\t\tif (object != 0)\n"
     "\t\t\t__atomic_store_n(&thread->wait, WAIT_WITH(wait, THREAD_READY), __ATOMIC_RELEASE);\n\t}\n"),
    ("a caller that is received and still says it sends", "kernel/endpoint_receive.c",
     "\tuint64_t wait = WAIT_WITH(caller->wait, THREAD_REPLYING);",
     "\tuint64_t wait = WAIT_WITH(caller->wait, THREAD_SENDING);"),
    ("somebody from the middle of a list", "kernel/endpoint.c", "thread = &thread_table[endpoint->sender_head];",
     "thread = &thread_table[endpoint->sender_tail];"),
    ("a run queue before the state", "kernel/sched.c",
     "\t__atomic_store_n(&thread->wait, WAIT_WITH(thread->wait, THREAD_READY), __ATOMIC_RELEASE);\n"
     "\trun_queue_append(queue, cpu, thread);\n",
     "\trun_queue_append(queue, cpu, thread);\n"
     "\t__atomic_store_n(&thread->wait, WAIT_WITH(thread->wait, THREAD_READY), __ATOMIC_RELEASE);\n"),
    ("a second writer of a wait word", "kernel/sys_thread.c", "\tstatus = thread_set(current,",
     "\t__atomic_store_n(&thread_table[slot].wait, WAIT_NEXT(0, THREAD_STOPPED), __ATOMIC_RELAXED);\n"
     "\tstatus = thread_set(current,"),
    ("a wait word that is not written at once", "kernel/sys_thread.c", "\tstatus = thread_set(current,",
     "\tcurrent->wait = THREAD_STOPPED;\n\tstatus = thread_set(current,"),
    ("a second writer of a list", "kernel/sys_thread.c", "\tstatus = thread_set(current,",
     "\tthread_table[slot].next = NONE;\n\tstatus = thread_set(current,"),
    ("a state that is computed", "kernel/sys_thread.c", "WAIT_NEXT(current->wait, THREAD_SLEEPING)",
     "WAIT_NEXT(current->wait, (uint32_t)deadline)"),
]


class Waits(Paths):
    """All paths through one function. What is `found` on a path: who was put into a list or taken out of one, or made
    ready, and is not written yet, or may be put into a run queue."""

    def __init__(self, functions):
        super().__init__(functions)
        self.problems, self.alone = set(), set()

    def problem(self, sentence):
        self.problems.add(f"{self.stack[0]}: {short(sentence)}")

    def settled(self, state):
        """Nothing may be owed here."""
        for what, thread, which in state.found:
            if what == "in":
                self.problem(f"{thread} is in the list of {which} and does not say so")
            elif what == "out":
                self.problem(f"{thread} is out of a list and still says it is there")

    def value(self, node, state):
        return super().value(node, State(state))  # a write on one way is none on the other

    def seen(self, state, place):
        pass

    def effect(self, state, what, terms, harmless=False):
        """Writes; of atomic ones `terms` are place, order and value, or place, order, expected, order, value."""
        place = re.fullmatch(r"&(.*)(->|\.)wait", terms[0]) if terms else None
        if place and not place.group(1).endswith("timer"):
            states = [match.group(1) for match in map(NEXT.fullmatch, terms[1:]) if match]
            self.written(state, place.group(1), states[-1] if states else "")

    def written(self, state, thread, which):
        kinds = {(what, other) for what, whose, other in state.found if whose == thread}
        state.found = {fact for fact in state.found if fact[1] != thread}
        if not which:
            self.problem(f"{thread} gets a state that cannot be read off")
        elif which in LISTED:
            if ("in", which) not in kinds:
                self.problem(f"{thread} says {which} and was not put into that list")
        elif "in" in {what for what, _ in kinds}:
            self.problem(f"{thread} is in a list and says {which}")
        elif ("out", "") not in kinds:
            self.alone.add((self.stack[-1], which))
        if which == "THREAD_READY":
            state.found.add(("ready", thread, ""))

    def called(self, name, node, state, terms):
        if name in JOIN | LEAVE:
            self.listed(name, state, terms)
        elif name == "run_queue_remove":
            state.found.add(("ready", terms[1].removeprefix("&"), ""))
        elif name in QUEUE:
            if ("ready", terms[2].removeprefix("&"), "") not in state.found:
                self.problem(f"{terms[2]} comes into a run queue and was not made ready before")
        elif name in HELPERS:
            return self.enter(name, state, terms)
        elif name == "lock_release":
            self.settled(state)
            state.found = set()
        for term in terms:
            if re.match(r"&\w+#", term):
                state.forget(term[1:])
        if name in ("wait_with", "wait_next", "wait_state"):
            return [(state, f"{name}({', '.join(terms)})")]
        return [(state, f"{name}~{node['id']}")]

    def listed(self, name, state, terms):
        thread = terms[2].removeprefix("&")
        head = re.search(r"(\w+)$", terms[0]).group(1)
        if head not in STATES:
            return self.problem(f"the list {terms[0]} is of no state")
        if name in JOIN:
            state.found.add(("in", thread, STATES[head]))
        else:
            if thread != f"thread_table[{terms[0].removeprefix('&')}]" and self.stack[-1] not in SEEN:
                self.problem(f"{thread} leaves the list {terms[0]} and need not be its first")
            state.found.add(("out", thread, ""))
        return None


def roots(functions):
    """Who writes a wait word or puts somebody into a list or takes him out, and is nobody's helper."""
    for name, (unit, function) in functions.items():
        if name not in HELPERS | JOIN | LEAVE and unit.path != "kernel/run_queue.c" and any(
                (node["kind"] == "CallExpr" and syntax.callee(node) in HELPERS | JOIN | LEAVE | QUEUE) or
                (node["kind"] == "MemberExpr" and unit.field(node) == ("thread", "wait") and
                 identity.written(node, above)) for node, above in syntax.walk(function)):
            yield name


def walked(functions):
    """Sentences on every path of every root, and who writes to threads in no list."""
    alone = set()
    for name in sorted(roots(functions)):
        waits = Waits(functions)
        terms = [part["name"] for part in syntax.inner(functions[name][1]) if part["kind"] == "ParmVarDecl"]
        ends = waits.enter(name, State(), terms)
        waits.stack.append(name)
        for after, _ in ends:
            waits.settled(after)
        alone |= waits.alone
        yield from sorted(waits.problems)
    yield from (f"{name}: {which} for a thread in no list: not listed in tools/waits.py"
                for name, which in sorted(alone - set(ALONE)))
    yield from (f"{name}: {which}: is gone" for name, which in sorted(set(ALONE) - alone))


def writers(functions):
    """(field, function) of every write to a list or the words about it; and of one to a wait word that is not atomic,
    as nobody may."""
    for name, (unit, function) in functions.items():
        for node, above in syntax.walk(function):
            if node["kind"] == "MemberExpr":
                field = ".".join(unit.field(node))
                what = identity.written(node, above) if field in WRITERS else None
                if what is not None and not (field == "thread.wait" and what.startswith("__atomic_")):
                    yield field, name


def problems(functions):
    yield from walked(functions)
    found = set(writers(functions))
    listed = {(field, name) for field, names in WRITERS.items() for name in names}
    yield from (f"{name} writes {field}: not listed in tools/waits.py" for field, name in sorted(found - listed))
    yield from (f"{name} writes {field}: is gone" for field, name in sorted(listed - found))


def all_functions(units):
    return {name: (unit, function) for unit in units for name, function in unit.functions.items()}


def main():
    verdicts = tree.Verdicts()
    functions = all_functions(syntax.units(identity.paths()))
    verdicts.check("waits: the state of a thread goes with its list", list(problems(functions)))
    with tempfile.TemporaryDirectory() as folder:
        syntax.copy(folder)
        for title, path, there, instead in SEEDED:
            with syntax.broken(folder, path, there, instead):
                parsed = path if path.endswith(".c") else "kernel/endpoint_call.c"
                changed = {**functions, **all_functions([syntax.Unit(parsed, folder)])}
            verdicts.check(f"waits: found when broken: {title}", [] if list(problems(changed)) else ["not found"])
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
