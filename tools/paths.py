# SPDX-License-Identifier: AGPL-3.0-or-later
"""All paths through a function, as clang parses it, with what is known on each.

A path knows what local variables hold, as terms: the text of the expression, with the arguments of the functions it
is in put in. A condition on what is known decides the way; on anything else both ways are gone. Loops are gone
through up to twice. Paths that know the same are one. What a rule is about, its class adds: which functions are
entered where they are called, and what happens at those that are not, at a write, and at a read.
"""
import re

import syntax


class State:
    """What is known at one place of a path: what variables hold, what was found and is held."""

    def __init__(self, other=None):
        self.names = dict(other.names) if other else {}
        self.known = dict(other.known) if other else {}  # a result: is it other than zero?
        self.found = set(other.found) if other else set()
        self.current = set(other.current) if other else set()
        self.retained = set(other.retained) if other else set()
        self.locks = other.locks if other else 0

    def key(self):
        return (frozenset(self.names.items()), frozenset(self.known.items()), frozenset(self.found),
                frozenset(self.current), frozenset(self.retained), self.locks)

    def forget(self, place):
        for name in [name for name in self.names if name == place or name.startswith((place + ".", place + "["))]:
            del self.names[name]

    def leave(self, function, result):
        """What nobody can name any more does not tell two paths apart."""
        after = State(self)
        after.names = {name: term for name, term in after.names.items() if f"#{function}" not in name}
        left = " ".join(after.names.values()) + result
        after.known = {term: truth for term, truth in after.known.items() if term in left}
        return after


def distinct(ways):
    """Paths that came to the same are one."""
    return list({(way[0].key(),) + way[1:]: way for way in ways}.values())


def constant(term):
    """Is this other than zero? None: who knows."""
    if term in ("0", "NULL"):
        return False
    return True if re.fullmatch(r"[1-9]\d*|[A-Z][A-Z0-9_]+|@\d+|&.*", term) else None


def short(term):
    """As it is written in the source."""
    return re.sub(r"#\w+", "", re.sub(r"~\w+", "()", term)).replace("current->regs.arg", "arg")


class Paths:
    """`functions`: name: (file, function)."""

    def __init__(self, functions):
        self.functions, self.stack, self.locals = functions, [], set()

    def effect(self, state, what, terms, harmless=False):
        """Something other than an own variable is written, or handed on."""
        raise NotImplementedError

    def seen(self, state, place):
        """Something is read."""
        raise NotImplementedError

    def called(self, name, node, state, terms):
        """The ways a call goes."""
        raise NotImplementedError

    # ---- expressions: a list of (state, term), one for each way ----

    def place(self, node, state):
        """Where an lvalue lies."""
        node = syntax.plain(node)
        kind, parts = node["kind"], syntax.inner(node)
        if kind == "DeclRefExpr":
            declared = node["referencedDecl"]
            own = f"{declared.get('name')}#{self.stack[-1]}"
            return [(state, own if own in self.locals else declared.get("name"))]
        if kind == "MemberExpr" and not node.get("isArrow"):
            return [(after, f"{base}.{node['name']}") for after, base in self.place(parts[0], state)]
        if kind == "MemberExpr":
            return [(after, f"{base[1:]}.{node['name']}" if base.startswith("&") else f"{base}->{node['name']}")
                    for after, base in self.value(parts[0], state)]
        if kind == "ArraySubscriptExpr":
            return [(later, f"{base}[{index}]") for after, base in self.value(parts[0], state)
                    for later, index in self.value(parts[1], after)]
        if kind == "UnaryOperator" and node["opcode"] == "*":
            return [(after, base[1:] if base.startswith("&") else f"*{base}")
                    for after, base in self.value(parts[0], state)]
        return self.value(node, state)

    def value(self, node, state):
        node = syntax.plain(node)
        kind, parts, code = node["kind"], syntax.inner(node), node.get("opcode", "")
        if kind in ("DeclRefExpr", "MemberExpr", "ArraySubscriptExpr") or (kind == "UnaryOperator" and code == "*"):
            ways = self.place(node, state)
            for after, place in ways:
                self.seen(after, place)
            return [(after, "0" if place == "STATUS_OK" else after.names.get(place, place)) for after, place in ways]
        if kind == "UnaryOperator" and code == "&":
            return [(after, "&" + place) for after, place in self.place(parts[0], state)]
        if kind == "CallExpr":
            return self.call(node, state)
        if kind in ("BinaryOperator", "CompoundAssignOperator") and re.fullmatch(r"(<<|>>|[^=!<>])?=", code):
            return self.assign(parts, code, state)
        if kind == "UnaryOperator" and code in ("++", "--"):
            return self.assign([parts[0], parts[0]], "+=", state)
        if (kind == "BinaryOperator" and code in ("&&", "||", "==", "!=")) or (kind == "UnaryOperator" and code == "!"):
            return [(after, "1" if true else "0") for after, true in self.truth(node, state)]
        if kind == "ConditionalOperator":
            return distinct(way for after, true in self.truth(parts[0], state)
                            for way in self.value(parts[1 if true else 2], after))
        if kind in ("IntegerLiteral", "CharacterLiteral", "StringLiteral"):
            return [(state, str(node["value"]))]
        if kind == "UnaryExprOrTypeTraitExpr":
            return [(state, "sizeof")]
        ways = self.each(parts, state)
        if kind == "AtomicExpr":
            for after, terms in ways:
                if "load" not in node["name"]:
                    self.effect(after, node["name"], terms)
            return [(State(after), f"atomic~{node['id']}") for after, _ in ways]
        return [(after, f" {code or kind} ".join(terms)) for after, terms in ways]

    def each(self, parts, state):
        """(state, terms) of several, one after the other."""
        ways = [(state, ())]
        for part in parts:
            ways = distinct((after, terms + (term,)) for before, terms in ways
                            for after, term in self.value(part, before))
        return ways

    def assign(self, parts, code, state):
        ways = []
        for before, term in self.value(parts[1], state):
            for after, place in self.place(parts[0], before):
                after = State(after)
                if re.match(r"\w+#", place):
                    after.forget(place)
                    after.names[place] = term if code == "=" else f"{place}'"
                elif not place.startswith("current->"):
                    self.effect(after, f"{short(place)} is written", [place])
                ways.append((after, term))
        return distinct(ways)

    def truth(self, node, state):
        node = syntax.plain(node)
        parts, code = syntax.inner(node), node.get("opcode", "")
        if node["kind"] == "CallExpr" and syntax.callee(node) == "__builtin_expect":
            return self.truth(parts[1], state)
        if node["kind"] == "UnaryOperator" and code == "!":
            return [(after, not true) for after, true in self.truth(parts[0], state)]
        if node["kind"] == "BinaryOperator" and code in ("&&", "||"):
            ways = []
            for after, true in self.truth(parts[0], state):
                ways += [(after, true)] if true == (code == "||") else self.truth(parts[1], after)
            return distinct(ways)
        if node["kind"] == "BinaryOperator" and code in ("==", "!="):
            ways = [way for after, terms in self.each(parts, state) for way in self.equal(after, *terms)]
            return distinct((after, true == (code == "==")) for after, true in ways)
        return distinct(way for after, term in self.value(node, state) for way in self.nonzero(after, term))

    def equal(self, state, one, other):
        if constant(one) is False:
            one, other = other, one
        if constant(other) is False:
            return [(after, not true) for after, true in self.nonzero(state, one)]
        if constant(one) and constant(other) and "&" not in one + other:
            return [(state, one == other)]
        return [(state, True), (state, False)]

    def nonzero(self, state, term):
        known = constant(term) if constant(term) is not None else state.known.get(term)
        if known is not None:
            return [(state, known)]
        ways = []
        for true in (True, False):
            after = State(state)
            if re.fullmatch(r"\w+~\w+", term):  # a result, which does not change
                after.known[term] = true
            ways.append((after, true))
        return ways

    # ---- calls ----

    def call(self, node, state):
        name = syntax.callee(node)
        ways = self.each(syntax.inner(node)[1:], state)
        return distinct(way for after, terms in ways for way in self.called(name, node, State(after), list(terms)))

    def enter(self, name, state, terms):
        node = self.functions[name][1]
        parameters = [part["name"] for part in syntax.inner(node) if part["kind"] == "ParmVarDecl"]
        outer = self.locals
        self.stack.append(name)
        self.locals = outer | {f"{part['name']}#{name}" for part, _ in syntax.walk(node)
                               if part["kind"] in ("VarDecl", "ParmVarDecl") and "name" in part}
        for known in [known for known in state.names if f"#{name}" in known]:
            del state.names[known]
        state.names.update({f"{parameter}#{name}": term for parameter, term in zip(parameters, terms)})
        ways = self.run(syntax.inner(node)[len(parameters)], state)
        self.stack.pop()
        self.locals = outer
        return distinct((after.leave(name, result or ""), result or "void") for after, result in ways)

    # ---- statements: a list of (state, what is returned; None: goes on; BREAK) ----

    def run(self, node, state):
        kind, parts = node["kind"], syntax.inner(node)
        if kind == "CompoundStmt":
            return self.run_all(parts, state)
        if kind == "DeclStmt":
            return self.declare(parts, state)
        if kind == "IfStmt":
            otherwise = parts[2] if len(parts) > 2 else {"kind": "NullStmt"}
            return distinct(way for after, true in self.truth(parts[0], state)
                            for way in self.run(parts[1] if true else otherwise, after))
        if kind == "ReturnStmt":
            return self.value(parts[0], state) if parts else [(state, "void")]
        if kind in ("ForStmt", "WhileStmt", "DoStmt"):
            return self.loop(node, state)
        if kind == "SwitchStmt":
            return distinct(way for after, _ in self.value(parts[0], state)
                            for way in [(after, None)] + self.cases(syntax.inner(parts[1]), after))
        if kind in ("CaseStmt", "DefaultStmt"):
            return self.run(parts[-1], state)
        if kind in ("BreakStmt", "ContinueStmt"):
            return [(state, "BREAK")]
        if kind == "NullStmt":
            return [(state, None)]
        return distinct((after, None) for after, _ in self.value(node, state))

    def run_all(self, parts, state):
        going, done = [(state, None)], []
        for part in parts:
            ways = distinct(way for after, _ in going for way in self.run(part, after))
            going = [way for way in ways if way[1] is None]
            done += [way for way in ways if way[1] is not None]
        return distinct(going + done)

    def cases(self, parts, state):
        """From each label on, to a break or the end."""
        ways = []
        for place, part in enumerate(parts):
            if part["kind"] in ("CaseStmt", "DefaultStmt"):
                ways += self.run_all(parts[place:], state)
        return [(after, None if result == "BREAK" else result) for after, result in ways]

    def loop(self, node, state):
        parts = [part for part in node.get("inner", [])]
        going = [state]
        if node["kind"] == "ForStmt":
            if parts[0].get("kind"):
                going = [after for after, _ in self.run(parts[0], state)]
            body = {"kind": "CompoundStmt", "inner": [parts[4], parts[3]] if parts[3].get("kind") else [parts[4]]}
            condition = parts[2]
        else:
            body, condition = (parts[-1], parts[0]) if node["kind"] == "WhileStmt" else (parts[0], parts[1])
        asked = condition.get("kind") and node["kind"] != "DoStmt"
        ways = []
        for _ in range(2):
            turns = [way for before in going for way in (self.truth(condition, before) if asked else [(before, True)])]
            ways += [(after, None) for after, true in turns if not true]
            ends = distinct(way for after, true in turns if true for way in self.run(body, after))
            ways += [(after, None if result == "BREAK" else result) for after, result in ends if result is not None]
            going = [after for after, result in ends if result is None]
        return distinct(ways + [(after, None) for after in going])

    def declare(self, parts, state):
        ways = [(state, None)]
        for part in parts:
            place = f"{part.get('name')}#{self.stack[-1]}"
            values = [initial for initial in syntax.inner(part) if not initial["kind"].endswith("Attr")]
            after_all = []
            for before, _ in ways:
                if not values:
                    after = State(before)
                    after.forget(place)
                    after_all.append((after, None))
                elif syntax.plain(values[0])["kind"] == "InitListExpr":
                    after_all += self.declare_fields(place, part, syntax.plain(values[0]), before)
                else:
                    for after, term in self.value(values[0], before):
                        after = State(after)
                        after.forget(place)
                        after.names[place] = term
                        after_all.append((after, None))
            ways = distinct(after_all)
        return ways

    def declare_fields(self, place, part, values, state):
        record = re.sub(r"^const |^struct ", "", re.sub(r"^const ", "", part["type"]["qualType"]))
        fields = [name for name, _ in self.functions[self.stack[-1]][0].records.get(record, [])]
        ways = []
        for after, terms in self.each([value for value in syntax.inner(values)], state):
            after = State(after)
            after.forget(place)
            after.names.update({f"{place}.{field}": term for field, term in zip(fields, terms)})
            ways.append((after, None))
        return ways
