#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""replies.py: an answer never writes beyond what its client has for it, whatever the server says.

ipc_request takes where an answer goes and how long it may be, and leaves a longer one alone (claim L-9). That each
request says so rightly is looked for here, in every file of user/ as clang parses it: the functions that IFACE_CLIENT
makes of a protocol's methods, and what calls ipc_request besides.

    size     the most an answer may have is the size of what it goes to
    method   what is sent and what is received are the structs of the method that is asked

A function that is handed both (PASSED) is a request where it is called. Then the tool looks at itself: each of SEEDED
breaks a copy of the sources in one place, and must be found.
"""
import re
import sys
import tempfile

import syntax
import tree

# A request's arguments: method, request, bytes of the request, reply, most bytes of the reply.
REQUESTS = {"ipc_request": (2, 3, 4, 5, 7), "ipc_request_repeat": (2, 3, 4, 5, 7)}
# (file, function): it hands them on, so that its callers' arguments are those of a request; or a question's fields.
PASSED = {("user/services/init/pci.c", "ask"): (0, 1, 2, 3, 4), ("user/lib/os/store_session.c", "store_ask_once"): ()}
QUESTION = ("method", "request", "request_size", "reply", "reply_size")
# By its enumerator, the name of a method.
METHODS = {spelt: name for path in tree.files(".h") if path.startswith("abi/include/proto/")
           for name, spelt in re.findall(r"^\tM\(\d+, (\w+), (\w+),", tree.read(path), re.MULTILINE)}

# What must be found: what is broken, file, what is there, what is there instead.
SEEDED = [
    ("the size of a pointer", "user/services/init/admission.c", "sizeof(*reply), sizeof(*reply), NULL",
     "sizeof(*reply), sizeof(reply), NULL"),
    ("the size of the request", "user/services/init/admission.c", "sizeof(*reply), sizeof(*reply), NULL",
     "sizeof(*reply), sizeof(*request), NULL"),
    ("the method of another struct", "user/services/init/admission.c", "POLICY_ADMIT, request", "POLICY_SHOW, request"),
    ("a stub that takes any answer", "abi/include/abi/iface.h",
     "sizeof(*request), out_reply,   \\\n\t\t                   sizeof(*out_reply), sizeof(*out_reply)",
     "sizeof(*request), out_reply,   \\\n\t\t                   sizeof(*out_reply), MESSAGE_PAYLOAD_MAX"),
    ("a number", "user/services/init/notice.c", "sizeof(reply), sizeof(reply), NULL", "sizeof(reply), 64, NULL"),
    ("another reply's size in a question", "user/lib/os/store_state.c", "{STORE_QUESTION(STORE_TOTALS, request, step)}",
     "{.method = STORE_TOTALS, .request = &request, .request_size = sizeof(request), .reply = &step,\n"
     "\t                                  .reply_size = sizeof(request)}"),
    ("another method's reply in a question", "user/lib/os/store_put.c",
     "{STORE_QUESTION(STORE_UPLOAD_PART, request, reply)}", "{STORE_QUESTION(STORE_UPLOAD_BEGIN, request, reply)}"),
    ("a size that is handed on and was not given", "user/services/init/pci.c", "reply, reply_bytes, reply_bytes, NULL",
     "reply, reply_bytes, bytes, NULL"),
]


def size_of(node):
    """What a sizeof is of, as text; None: it is another expression."""
    node = syntax.plain(node)
    if node["kind"] != "UnaryExprOrTypeTraitExpr" or node.get("name") != "sizeof" or not syntax.inner(node):
        return None
    return syntax.text(syntax.inner(node)[0])


def struct_of(node):
    """The structure a pointer leads to."""
    match = re.fullmatch(r"(?:const )?struct (\w+) \*", syntax.plain(node)["type"]["qualType"])
    return match.group(1) if match else None


def judge(method, request, sent, reply, most):
    """Sentences on one request."""
    name, place = METHODS.get(syntax.text(method), syntax.text(method)), syntax.text(reply)
    size = size_of(most)
    if size is None or ("&" + size != place and size != "*" + place):
        yield f"the answer to {name} goes to {place}, and may be as long as {size or syntax.text(most)}"
    if struct_of(reply) != f"{name}_rep":
        yield f"the answer to {name} goes to a {struct_of(reply)}"
    if struct_of(request) not in (None, f"{name}_req"):
        yield f"the request {name} is a {struct_of(request)}"
    if size_of(sent) not in (None, "*" + syntax.text(request), syntax.text(request).removeprefix("&")):
        yield f"the request {name} is {syntax.text(request)}, and as long as {size_of(sent)}"


def asked(unit, path, name, node):
    """The five arguments of a request that is made or prepared here, or None."""
    parts = syntax.inner(node)
    if node["kind"] == "InitListExpr" and node["type"]["qualType"] == "struct store_question":
        fields = [field for field, _ in unit.records["store_question"]]
        return [parts[fields.index(field)] for field in QUESTION]
    if node["kind"] != "CallExpr":
        return None
    called = syntax.callee(node)
    places = REQUESTS.get(called) or PASSED.get((path, called))
    if (path, name) in PASSED and (called in REQUESTS or len(parts) == 10):
        return None
    return [parts[1 + place] for place in places] if places else None


def handed_on(path, name, function):
    """A function of PASSED hands on what it was given, unchanged."""
    names = [part["name"] for part in syntax.inner(function) if part["kind"] == "ParmVarDecl"]
    places = PASSED[(path, name)]
    given = [names[place] for place in places] or [f"question->{field}" for field in QUESTION]
    for node, _ in syntax.walk(function):
        if node["kind"] == "CallExpr" and len(syntax.inner(node)) == 10:
            texts = [syntax.text(part) for part in syntax.inner(node)[1:]]
            if [texts[place] for place in REQUESTS["ipc_request"]] != given or texts[6] != texts[7]:
                yield f"{path}: {name}: hands on something else than it was given"


def look(unit, path):
    """(file, function): sentences on the requests there."""
    found = {}
    for name, function in unit.functions.items():
        sentences = list(handed_on(path, name, function)) if (path, name) in PASSED else []
        many = [asked(unit, path, name, node) for node, _ in syntax.walk(function)]
        for arguments in filter(None, many):
            sentences += [f"{path}: {name}: {sentence}" for sentence in judge(*arguments)]
        if sentences or any(many):
            found[(path, name)] = sentences
    return found


def paths():
    """The clients' headers, and who makes requests himself."""
    for path in tree.files(".c", ".h"):
        text = tree.read(path)
        if path.startswith("user/") and "/test/" not in path and (
                "IFACE_CLIENT(" in text or re.search(r"\bipc_request(_repeat)?\(|struct store_question question", text)):
            if path not in ("user/lib/os/ipc.c", "user/lib/os/include/os/ipc.h"):
                yield path


def problems(found):
    missing = set(METHODS.values()) - {name for _, name in found}
    yield from (f"{name}: no client was looked at" for name in sorted(missing))
    yield from (sentence for sentences in found.values() for sentence in sentences)


def main():
    verdicts = tree.Verdicts()
    wanted = list(paths())
    found = {key: value for path, unit in zip(wanted, syntax.units(wanted)) for key, value in look(unit, path).items()}
    verdicts.check("replies: an answer fits where it goes", list(problems(found)))
    with tempfile.TemporaryDirectory() as folder:
        syntax.copy(folder, "user", "abi")
        for title, path, there, instead in SEEDED:
            with syntax.broken(folder, path, there, instead):
                parsed = path if path.startswith("user/") else "user/lib/os/include/os/block.h"
                changed = {**found, **look(syntax.Unit(parsed, folder), parsed)}
            verdicts.check(f"replies: found when broken: {title}", [] if list(problems(changed)) else ["not found"])
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
