# SPDX-License-Identifier: AGPL-3.0-or-later
"""The kernel as clang parses it: for the tools that check a rule on every expression of it."""
import concurrent.futures
import contextlib
import json
import os
import shutil
import subprocess

import tree

CASTS = {"ImplicitCastExpr", "CStyleCastExpr", "ParenExpr", "ConstantExpr", "CompoundLiteralExpr"}


class Unit:
    """A source file: its functions, those of its headers too, and the fields of its structures."""

    def __init__(self, path, root):
        self.path = path
        self.functions = {}
        self.records = {}  # name of a structure: [(name, type)] of its fields
        self.fields = {}   # a field's number in this tree: (structure, field)
        for node in dump(path, root)["inner"]:
            if node["kind"] == "FunctionDecl" and any(part["kind"] == "CompoundStmt" for part in inner(node)):
                self.functions[node["name"]] = node
            elif node["kind"] == "RecordDecl" and node.get("completeDefinition"):
                self.record(node)

    def record(self, node):
        name = node.get("name", "")
        fields = [part for part in inner(node) if part["kind"] == "FieldDecl"]
        self.records[name] = [(field.get("name", ""), field["type"]["qualType"]) for field in fields]
        self.fields.update({field["id"]: (name, field.get("name", "")) for field in fields})

    def field(self, node):
        """(structure, field) that a MemberExpr means."""
        return self.fields.get(node["referencedMemberDecl"], ("", node.get("name", "")))


def dump(path, root):
    arch = path.split(os.sep)[1] if path.startswith("arch/") else "x86_64"
    target = [] if arch == "host" else [f"--target={arch}-unknown-none-elf", "-ffreestanding", "-nostdlibinc"]
    command = ["clang-19", *target, "-std=gnu11", "-fsyntax-only", "-w", "-DTIER_POLICY=TIER_STANDARD", "-Xclang",
               "-ast-dump=json", *(f"-I{folder}" for folder in tree.include_roots(path, arch)), path]
    # A compiler cache would answer with the tree of the file before: what -fsyntax-only prints is nothing to it.
    environment = dict(os.environ, CCACHE_DISABLE="1")
    result = subprocess.run(command, cwd=root, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(result.stdout)


def units(paths, root=tree.ROOT):
    """Every file, parsed; several at once."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(lambda path: Unit(path, root), paths)


def inner(node):
    return [part for part in node.get("inner", []) if part.get("kind")]


def walk(node, above=()):
    """(node, the nodes it is in, nearest last), in the order of the source."""
    yield node, above
    for part in inner(node):
        yield from walk(part, above + (node,))


def plain(node):
    """What is below casts and parentheses."""
    while node["kind"] in CASTS and inner(node):
        node = inner(node)[-1]
    return node


def text(node):
    """An expression in one spelling: no casts, no parentheses but those of calls."""
    node = plain(node)
    kind = node["kind"]
    parts = [text(part) for part in inner(node)] if kind != "DeclRefExpr" else []
    if kind == "DeclRefExpr":
        return node["referencedDecl"].get("name", "?")
    if kind == "MemberExpr":
        return parts[0] + ("->" if node.get("isArrow") else ".") + node.get("name", "")
    if kind in ("IntegerLiteral", "CharacterLiteral", "StringLiteral"):
        return str(node["value"])
    if kind == "CallExpr":
        return f"{parts[0]}({', '.join(parts[1:])})"
    if kind == "AtomicExpr":
        return f"{node.get('name', 'atomic')}({', '.join(parts)})"
    if kind == "ArraySubscriptExpr":
        return f"{parts[0]}[{parts[1]}]"
    if kind in ("BinaryOperator", "CompoundAssignOperator"):
        return f"{parts[0]} {node['opcode']} {parts[1]}"
    if kind == "UnaryOperator":
        return parts[0] + node["opcode"] if node.get("isPostfix") else node["opcode"] + parts[0]
    if kind == "ConditionalOperator":
        return f"{parts[0]} ? {parts[1]} : {parts[2]}"
    return f"{kind}({', '.join(parts)})"


def callee(node):
    """Name of the function that a CallExpr calls; empty if it is called through a pointer."""
    called = plain(inner(node)[0])
    return called["referencedDecl"].get("name", "") if called["kind"] == "DeclRefExpr" else ""


def copy(folder, *parts):
    """The sources again, where one of these parts (none: the kernel) can be changed."""
    for name in ("kernel", "abi", "lib", "arch", "user"):
        if name in (parts or ("kernel",)):
            shutil.copytree(os.path.join(tree.ROOT, name), os.path.join(folder, name))
        else:
            os.symlink(os.path.join(tree.ROOT, name), os.path.join(folder, name))


@contextlib.contextmanager
def broken(folder, path, there, instead):
    """That copy with one place changed, for a while; which file to parse to see it."""
    source = tree.read(path)
    if source.count(there) != 1:
        raise ValueError(f"{path}: the place to break is there {source.count(there)} times: {there}")
    with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
        file.write(source.replace(there, instead))
    yield path if path.endswith(".c") else "kernel/message.c"
    shutil.copy(os.path.join(tree.ROOT, path), os.path.join(folder, path))
