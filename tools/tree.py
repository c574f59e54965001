# SPDX-License-Identifier: AGPL-3.0-or-later
"""The source tree as the tools see it: its files, its components, its header roots; and how a tool runs and ends."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ARCHES = ("x86_64", "aarch64", "riscv64")
LEFT_OUT = {".git", "build", "LICENSES", "__pycache__"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def run(main):
    """A tool: the exit status is what `main` returns; nothing is said when it is interrupted."""
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)


def jobs():
    """How many things to do at once: JOBS of the environment, else one for each processor."""
    return int(os.environ.get("JOBS", os.cpu_count() or 1))


def files(*endings):
    """Paths below the root, sorted, of files with one of these endings (none: all)."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(set(folders) - LEFT_OUT)
        found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names
                  if not endings or name.endswith(endings)]
    return sorted(found)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def component(path):
    """The part of the design's table that a file belongs to, e.g. `kernel`, `arch/x86_64/user`, `user/apps/shell`."""
    parts = path.split(os.sep)
    if parts[0] == "arch" and len(parts) > 2:
        return "/".join(parts[:2]) + ("/user" if parts[2] == "user" else "")
    if parts[0] == "user" and len(parts) > 3:
        return "/".join(parts[:3])
    return parts[0]


def user_roots():
    folder = os.path.join(ROOT, "user", "lib")
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [f"user/lib/{name}/include" for name in names]


def include_roots(path, arch="x86_64"):
    """The -I folders the build gives to a file; `arch` where the file is not an architecture's own."""
    parts = path.split(os.sep)
    own = parts[1] if parts[0] == "arch" else arch
    library = ["abi/include", "lib/include"]
    place = component(path)
    if place == "abi":
        return ["abi/include"]
    if place == "lib" or parts[0] == "tools":
        return library
    if place.startswith("user/") or place.endswith("/user"):
        return library + user_roots() + [f"arch/{own}/user/include"]
    return library + ["kernel/include", f"arch/{own}/include"]


def resolve(path, name, quoted, arch="x86_64"):
    """The file of the tree that an #include means, or None (a compiler's or host's header)."""
    folders = ([os.path.dirname(path)] if quoted else []) + include_roots(path, arch)
    for folder in folders:
        candidate = os.path.normpath(os.path.join(folder, name))
        if os.path.exists(os.path.join(ROOT, candidate)):
            return candidate
    return None


def includes(path):
    """(name, quoted, line) of every #include of a file."""
    text = read(path)
    return [(match.group(2), match.group(1) == '"', text.count("\n", 0, match.start()) + 1)
            for match in INCLUDE.finditer(text)]


class Verdicts:
    """Counts what was checked, prints what failed, and ends in the line the caller sums up."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, title, problems):
        """One check; `problems` are sentences, none if it passed."""
        problems = list(problems)
        if problems:
            self.failed += 1
            print(f"FAIL  {title}")
            for problem in problems:
                print(f"    {problem}")
        else:
            self.passed += 1
            print(f"PASS  {title}")

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0
