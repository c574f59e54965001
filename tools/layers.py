#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""layers.py: who includes whom, checked against the design, and drawn to build/layers.dot.

The compiler's -I paths already hide most of what may not be seen; this finds the
rest (relative paths, <arch/...> from the kernel, cycles). Tests and tools
may include what the design allows them; they are not drawn.
"""
import os
import sys

import tree

LIBRARY = {"abi", "lib"}


def allowed(origin, target, path):
    """May a file of component `origin` include one of `target`?"""
    if origin == target or (target == "abi" and origin != "abi"):
        return True
    if origin == "abi":
        return False
    if target == "lib":
        return True
    if origin == "lib":
        return False
    if origin == "kernel":  # the port is seen through one header; tests look into the host port too
        return target.startswith("arch/") and (path.endswith("kernel/arch.h") or
                                               ("/test/" in path and target == "arch/host"))
    if origin.startswith("arch/") and not origin.endswith("/user"):
        return target == "kernel"
    if origin.startswith("user/lib/"):
        return target.startswith("user/lib/") or target.endswith("/user")
    if origin.startswith("user/"):
        return target.startswith("user/lib/") or target.endswith("/user")
    if origin == "tests":  # a fuzz target looks into the program whose reader it feeds
        return target in ("kernel", "arch/host") or (path.startswith("tests/fuzz/") and target.startswith("user/"))
    if origin == "verification":  # what a prover reads
        return target == "kernel"
    return False


def arches_of(path):
    parts = path.split(os.sep)
    return [parts[1]] if parts[0] == "arch" else list(tree.ARCHES)


def edges():
    """(file, line, target file) of every #include inside the tree."""
    found = set()
    for path in tree.files(".c", ".h", ".S", ".def"):
        arches = ["host"] if path.startswith("tests") or "/test/" in path else arches_of(path)
        for name, quoted, line in tree.includes(path):
            for arch in arches:
                target = tree.resolve(path, name, quoted, arch)
                if target:
                    found.add((path, line, target))
    return sorted(found)


def wrong(all_edges):
    for path, line, target in all_edges:
        origin, goal = tree.component(path), tree.component(target)
        if not allowed(origin, goal, path):
            yield f"{path}:{line}: {origin} may not include {goal} ({target})"


def cycles(graph):
    """Each cycle of a graph {node: set of nodes} once, as a sentence."""
    done, trail = set(), []

    def visit(node):
        if node in trail:
            yield " -> ".join(trail[trail.index(node):] + [node])
            return
        if node in done:
            return
        trail.append(node)
        for following in sorted(graph.get(node, ())):
            yield from visit(following)
        trail.pop()
        done.add(node)
    for start in sorted(graph):
        yield from visit(start)


def graph_of(pairs):
    graph = {}
    for origin, target in pairs:
        if origin != target:
            graph.setdefault(origin, set()).add(target)
    return graph


def without_back_edges(all_edges):
    """File pairs, less the one agreed loop: <kernel/arch.h> ends with the port's <arch/inline.h>, whose
    functions use the kernel's types."""
    for path, _, target in all_edges:
        if path.startswith("arch/") and target.startswith("kernel/include/"):
            continue
        yield path, target


def draw(graph, path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write("digraph layers {\n\trankdir=BT; node [shape=box, fontname=monospace];\n")
        for origin in sorted(graph):
            for target in sorted(graph[origin]):
                file.write(f'\t"{origin}" -> "{target}";\n')
        file.write("}\n")


def main():
    verdicts = tree.Verdicts()
    all_edges = edges()
    verdicts.check("layers: every include is one the design allows", wrong(all_edges))
    verdicts.check("layers: no header includes itself by a detour", cycles(graph_of(without_back_edges(all_edges))))
    drawn = [(tree.component(path), tree.component(target)) for path, _, target in all_edges
             if not path.startswith(("tests", "tools")) and "/test/" not in path]
    libraries = [(a, b) for a, b in drawn if not (a.startswith("arch/") or b.startswith("arch/"))]
    verdicts.check("layers: no component needs itself by a detour", cycles(graph_of(libraries)))
    draw(graph_of(drawn), os.path.join(tree.ROOT, "build", "layers.dot"))
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
