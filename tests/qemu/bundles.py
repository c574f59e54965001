# SPDX-License-Identifier: AGPL-3.0-or-later
"""Bundles that are not as they should be: what is wrong with one is named in a scenario.

A bundle is taken apart, changed, and put together with checksums that are right
again: so it arrives whole, and what refuses it is a signature or a digest. What
needs another key or another manifest is built anew by `cambi bundle`.
"""
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CAMBI = os.path.join(ROOT, "build", "host", "tools", "cambi")
MANIFEST = os.path.join(ROOT, "system", "system.manifest")
PAGE, HEADER, ENTRY = 4096, 32, 64
STATEMENT, TRAILER = 96, 72
PROGRAM = 1


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


_TABLE = _crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def number(data, at, size):
    return int.from_bytes(data[at:at + size], "little")


def take_apart(data):
    """{name: (kind, bytes)} in the bundle's order (layout: abi/bundle.h)."""
    modules = {}
    for at in range(HEADER, HEADER + ENTRY * number(data, 12, 4), ENTRY):
        name = data[at:at + 32].rstrip(b"\0").decode()
        offset, size = number(data, at + 32, 8), number(data, at + 40, 8)
        modules[name] = number(data, at + 52, 4), bytes(data[offset:offset + size])
    return modules


def put_together(modules):
    offset = -(-(HEADER + ENTRY * len(modules)) // PAGE) * PAGE
    table = body = b""
    begin = offset
    for name, (kind, content) in modules.items():
        table += name.encode().ljust(32, b"\0") + offset.to_bytes(8, "little") + len(content).to_bytes(8, "little")
        table += crc32c(content).to_bytes(4, "little") + kind.to_bytes(4, "little") + bytes(8)
        body += content + bytes(-len(content) % PAGE)
        offset += len(content) + -len(content) % PAGE
    head = b"CMBUNDLE" + (1).to_bytes(4, "little") + len(modules).to_bytes(4, "little") + offset.to_bytes(8, "little")
    head += crc32c(table).to_bytes(4, "little") + bytes(4)
    return (head + table).ljust(begin, b"\0") + body


class Workshop:
    """Changes to the bundle of a build folder; `folder` is for files in between."""

    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        with open(os.path.join(build, "bundle.img"), "rb") as file:
            self.modules = take_apart(file.read())

    def change(self, name, content):
        self.modules[name] = self.modules[name][0], bytes(content)

    def content(self, name):
        return self.modules[name][1]

    def release(self):
        with open(os.path.join(ROOT, "system", "release"), encoding="ascii") as file:
            return int(file.read())

    def another_key(self):
        path = os.path.join(self.folder, "another.key")
        subprocess.run([CAMBI, "key", "new", "--if-missing", path], check=True, stdout=subprocess.DEVNULL)
        return path

    def built_anew(self, options=(), release=None, manifest=MANIFEST):
        """The modules of a bundle of the same programs, signed in another way."""
        path = os.path.join(self.folder, "anew.img")
        programs = ["program:" + os.path.join(self.build, "bundle", name)
                    for name, (kind, _) in self.modules.items() if kind == PROGRAM]
        subprocess.run([CAMBI, "bundle", path, "--manifest", manifest, "--release", str(release or self.release()),
                        *options, *programs, "data:" + os.path.join(self.build, "kernel.symbols")], check=True)
        with open(path, "rb") as file:
            return take_apart(file.read())

    # -- what can be wrong; each is the name of a kind of bundle, with a dash for an underscore --

    def renamed_module(self, name, other):
        """`name`'s bytes lie under the name `other`."""
        self.change(other, self.content(name))

    def truncated_module(self, name):
        """A piece of the program is missing, and its signature is still at the end."""
        content = self.content(name)
        self.change(name, content[:PAGE] + content[PAGE + 512:])

    def cut_module(self, name):
        """The end is missing, and the signature with it."""
        self.change(name, self.content(name)[:-1])

    def flipped_module(self, name):
        content = bytearray(self.content(name))
        content[len(content) // 2] ^= 0x10
        self.change(name, content)

    def unsigned_module(self, name):
        self.change(name, self.content(name)[:-STATEMENT - TRAILER])

    def unknown_format_module(self, name):
        """The trailer says that it is of the format without domains."""
        content = bytearray(self.content(name))
        content[-2] = 1
        self.change(name, content)

    def other_key_module(self, name):
        self.change(name, self.built_anew(["--key", self.another_key()])[name][1])

    def outdated_module(self, name):
        """The manifest and catalog ask for the next version of every program; this one is still the old one."""
        manifest = os.path.join(self.folder, os.path.basename(MANIFEST))
        with open(MANIFEST, encoding="utf-8") as file:
            text = re.sub(r"^(program [*]|program " + re.escape(name) + r")$", r"\1\n\tversion 99", file.read(),
                          flags=re.MULTILINE)
        with open(manifest, "w", encoding="utf-8") as file:
            file.write(text)
        old = self.content(name)
        self.modules = self.built_anew(manifest=manifest)
        self.change(name, old)

    def missing_catalog(self):
        del self.modules["catalog"]

    def unsigned_catalog(self):
        self.change("catalog", self.content("catalog")[:-TRAILER])

    def flipped_catalog(self):
        content = bytearray(self.content("catalog"))
        content[64 + 40] ^= 1  # in the digest of its first entry
        self.change("catalog", content)

    def other_key_catalog(self):
        self.modules = self.built_anew(["--key", self.another_key()])

    def old_catalog(self):
        self.modules = self.built_anew(release=self.release() - 1)

    def changed_manifest(self):
        """Somebody gives every program more than the signed manifest does."""
        name = os.path.basename(MANIFEST)
        self.change(name, self.content(name).replace(b"program *\n", b"program *\n\thandle power manage\n"))


    # -- and one in which nothing is --

    def added_manifest(self, name):
        """Entries that only this scenario needs, in `name` beside this file, are part of the signed manifest."""
        path = os.path.join(self.folder, os.path.basename(MANIFEST))
        with open(path, "w", encoding="utf-8") as file:
            for part in (MANIFEST, os.path.join(os.path.dirname(os.path.abspath(__file__)), name)):
                with open(part, encoding="utf-8") as text:
                    file.write(text.read() + "\n")
        self.modules = self.built_anew(manifest=path)


KINDS = {name.replace("_", "-") for name in vars(Workshop)
         if name.endswith(("_module", "_catalog", "_manifest"))}


def spoil(build, folder, kind):
    """The bytes of the bundle that `kind` describes: a word, and the modules it is about."""
    word, *names = kind.split()
    workshop = Workshop(build, folder)
    getattr(workshop, word.replace("-", "_"))(*names)
    return put_together(workshop.modules)
