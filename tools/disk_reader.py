#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""disk_reader.py IMAGE: the objects and names on a disk, and on standard error what is wrong with it.

Written from docs/protocols/disk-format.md and object.md, not from the C code, which
it shows to do what these pages say. BLAKE3 is b3sum's, Ed25519 after RFC 8032,
section 6. Encrypted disks are not read, and of long contents the digest of the whole
and of each part is checked, not the values between. The exit status is 0 if nothing is wrong.
"""
import functools
import hashlib
import subprocess
import sys

BLOCK = 4096
PART = 65536
NOBODY = bytes(32)


class Wrong(Exception):
    """A sentence about what is wrong."""


def need(condition, sentence):
    if not condition:
        raise Wrong(sentence)


def number(data, at, size):
    return int.from_bytes(data[at:at + size], "little")


# ---- checksums, digests, signatures ----
def crc_table():
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82f63b78 if value & 1 else 0)
        yield value


TABLE = list(crc_table())


def crc(*parts):
    value = 0xffffffff
    for part in parts:
        for byte in part:
            value = value >> 8 ^ TABLE[(value ^ byte) & 255]
    return value ^ 0xffffffff


@functools.lru_cache(maxsize=None)
def blake3(data):
    return subprocess.run(["b3sum", "--raw"], input=data, capture_output=True, check=True).stdout


def aid(key):
    return b"\1\1" + blake3(key)[:30]


P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def point_add(a, b):
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_times(factor, a):
    result = 0, 1, 1, 0
    while factor:
        if factor & 1:
            result = point_add(result, a)
        a = point_add(a, a)
        factor >>= 1
    return result


def point(data):
    y = number(data, 0, 32) & 2**255 - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    need((x * x - square) % P == 0, "a key or signature is no point of the curve")
    x = P - x if x & 1 != data[31] >> 7 else x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def signature_is_of(key, domain, digest, signature):
    message = domain.ljust(32, b"\0") + digest
    challenge = number(hashlib.sha512(signature[:32] + key + message).digest(), 0, 64) % L
    left = point_times(number(signature, 32, 32), BASE)
    right = point_add(point(signature[:32]), point_times(challenge, point(key)))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# ---- the volume ----
class Volume:
    """Keys and their values, as the newest checkpoint and the log after it have them."""

    def __init__(self, data):
        self.data = data
        self.records = {}  # key: address of the record that counts
        self.read_superblock()
        self.read_pages()
        while self.read_batch():
            pass
        self.check_end()

    def block(self, number_of):
        return self.data[number_of * BLOCK:(number_of + 1) * BLOCK]

    def read_superblock(self):
        blocks = [self.block(i) for i in range(4)]
        said = [block for block in blocks if block[:4] == b"CVOL"]
        need(said, "no volume lies here")
        whole = [block for block in said if number(block, 4, 4) == crc(block[8:]) and number(block, 8, 4) == 1]
        need(whole or all(number(block, 8, 4) == 1 for block in said), "a volume of a version unknown here")
        need(whole, "no superblock is whole")
        self.head = head = max(whole, key=lambda block: number(block, 40, 8))
        slot = number(head, 40, 8) % 2 * 2
        need(blocks[slot] == blocks[slot + 1] == head, "a copy of the newest superblock is damaged")
        self.identity, self.size = head[16:32], number(head, 12, 4)
        need(number(head, 32, 8) <= len(self.data) // BLOCK, "the volume is cut short")
        self.count = min((len(self.data) // BLOCK - 4) // self.size, 16384)
        self.sequence, self.previous = number(head, 48, 8), number(head, 68, 4)
        self.segment, self.at, self.next = (number(head, at, 4) for at in (56, 60, 64))

    def read_pages(self):
        head, last = self.head, b""
        segments = [number(head, 104 + 4 * i, 4) for i in range(number(head, 96, 4))]
        for index in range(number(head, 72, 8)):
            page = self.block(4 + segments[index // self.size] * self.size + index % self.size)
            need(page[:4] == b"PAGE" and number(page, 4, 4) == crc(self.identity, page[8:]) and
                 page[8:16] == head[40:48] and number(page, 16, 8) == index, f"page {index} is damaged")
            at = 32
            while at < number(page, 24, 4):
                key = page[at + 16:at + 16 + page[at + 12]]
                need(key > last, f"keys on page {index} do not ascend")
                last, self.records[key] = key, number(page, at, 8)
                at += 16 + len(key)
        need(len(self.records) == number(head, 80, 8), "the pages have more or fewer keys than the superblock says")

    def record(self, address):
        """(kind, key, value, sequence, room it takes)."""
        data = self.data
        key_size, value_size = data[address + 4], number(data, address + 8, 4)
        end = address + 24 + key_size + value_size
        need(0 < key_size <= 128 and value_size <= PART and end <= len(data) and number(data, address, 4) ==
             crc(self.identity, address.to_bytes(8, "little"), data[address + 4:end]), f"the record at {address} is damaged")
        key = data[address + 24:address + 24 + key_size]
        return data[address + 5], key, data[address + 24 + key_size:end], number(data, address + 16, 8), \
            (end - address + 7) // 8 * 8

    def rest(self, address):
        """Bytes from there to the end of the segment."""
        return self.size * BLOCK - (address - 4 * BLOCK) % (self.size * BLOCK)

    def header(self, address):
        """The header of a batch, or None."""
        head = self.data[address:address + 64]
        whole = head[:4] == b"BTCH" and number(head, 4, 4) == crc(head[8:]) and head[8:24] == self.identity and \
            number(head, 32, 8) == address and number(head, 40, 4) <= self.rest(address)
        return head if whole else None

    def batch(self, address):
        """Its records, if the batch that follows lies here."""
        head, at, found = self.header(address), address + 64, []
        if not head or number(head, 24, 8) != self.sequence + 1 or number(head, 52, 4) != self.previous:
            return None
        try:
            for _ in range(number(head, 44, 4)):
                record = self.record(at)
                need(record[3] == self.sequence + 1, "a record of another batch")
                found.append((at, record))
                at += record[4]
        except Wrong:
            return None
        return (head, found) if at == address + number(head, 40, 4) else None

    def place(self, segment, block):
        return (4 + segment * self.size + block) * BLOCK

    def read_batch(self):
        batch = self.batch(self.place(self.segment, self.at)) if self.at < self.size else None
        if batch:
            need(number(batch[0], 48, 4) == self.next, "the log forgets where it goes on")
        else:
            batch = self.batch(self.place(self.next, 0))
            if not batch:
                return False
            self.segment, self.at, self.next = self.next, 0, number(batch[0], 48, 4)
        head, records = batch
        for address, (kind, key, _, _, _) in records:
            need(kind in (1, 2), f"the record at {address} is of no known kind")
            if kind == 1:
                self.records[key] = address
            else:
                self.records.pop(key, None)
        self.sequence, self.previous = self.sequence + 1, number(head, 4, 4)
        self.at += (number(head, 40, 4) + BLOCK - 1) // BLOCK
        return True

    def named_by_missing(self):
        """Segments that the batch which is missing may have named: it began the next one, or did not."""
        start = self.place(self.next, 0)
        head = self.header(start)
        if head:
            return [number(head, 48, 4)] if number(head, 24, 8) == self.sequence + 1 else []
        try:
            return range(self.count) if self.record(start + 64)[3] == self.sequence + 1 else []
        except Wrong:
            return []

    def check_end(self):
        places = [self.place(self.segment, block) for block in range(self.at, self.size)] + \
            [self.place(self.next, block) for block in range(self.size)] + \
            [self.place(segment, 0) for segment in self.named_by_missing()]
        for head in filter(None, map(self.header, places)):
            need(number(head, 24, 8) <= self.sequence + 1, "a batch before the end of the log is damaged")

    def items(self):
        for key in sorted(self.records):
            kind, found, value, _, _ = self.record(self.records[key])
            need(kind == 1 and found == key, f"the record at {self.records[key]} is another key's")
            yield key, value


# ---- objects and names ----
class Store:
    """What lies in the volume, checked against itself; `lines` says what is there."""

    def __init__(self, volume):
        self.map = dict(volume.items())
        self.named = {}  # digest of a part: how often objects and lists name it
        self.lines, self.owned, self.used = [], set(), set()
        if not self.map:
            return
        need(number(self.map.get(b"V", b""), 0, 8) == 1, "objects of a version unknown here")
        for key, value in self.map.items():
            if key[:1] == b"L":
                for at in range(0, len(value), 64):
                    self.name_part(value[at:at + 32])
        for key in self.of(b"O"):
            self.object(key[1:33], key[33:], self.map[key])
        for key in self.of(b"N"):
            self.name(key[1:33], key[33:], number(self.map[key], 0, 8))
        self.check_counts()

    def of(self, letter):
        return [key for key in self.map if key[:1] == letter]

    def name_part(self, digest):
        self.named[digest] = self.named.get(digest, 0) + 1

    def content(self, digest, size):
        if size <= PART:
            self.name_part(digest)
            return self.map.get(b"D" + digest)
        entry = self.map.get(b"C" + digest, bytes(16))
        need(number(entry, 0, 8) == size, f"{digest.hex()}: the content is missing or of another size")
        self.used.add(entry[8:])
        in_key = entry[8:][::-1]  # big-endian there
        pages = [self.map.get(b"L" + in_key + page.to_bytes(4, "big"), b"") for page in range((size - 1) // PART // 64 + 1)]
        entries = b"".join(pages)
        return b"".join(self.map.get(b"D" + entries[at:at + 32], b"") for at in range(0, len(entries), 64))

    def object(self, digest, author, history):
        name, owner, previous, sequence, at = digest.hex(), author, NOBODY, -1, 0
        while at < len(history):
            end = at + 288 + 48 * history[at + 3] + 64
            record = history[at:end]
            kind, key, signed = record[1], record[96:128], blake3(record[:-64])
            need(record[0] == record[2] == 1 and len(record) == end - at, f"{name}: a record of a version unknown here")
            need(kind == 1 if at == 0 else kind in (2, 3), f"{name}: a record of the wrong kind")
            need(record[32:64] == digest and record[64:96] == author, f"{name}: a record of another object")
            need(number(record, 8, 8) > sequence and record[160:192] == previous, f"{name}: the history is broken")
            need(aid(key) == owner, f"{name}: a record that is not its owner's")
            need(signature_is_of(key, b"CambiOS object", signed, record[-64:]), f"{name}: a signature does not verify")
            need(kind != 3 or end == len(history), f"{name}: an access record that is not the last")
            owner, sequence = record[128:160], number(record, 8, 8)
            previous = previous if kind == 3 else signed
            at = end
        size, kind_of = number(history, 24, 8), history[256:288].rstrip(b"\0").decode()
        content = self.content(digest, size)
        need(content is not None and len(content) == size and blake3(content) == digest, f"{name}: not the content of that address")
        need(b"P" + owner + digest + author in self.map, f"{name}: not in its owner's index")
        self.owned.add(b"P" + owner + digest + author)
        self.lines.append(f"object {name} {author.hex()} {owner.hex()} {size} {kind_of or '-'}")

    def name(self, owner, name, newest):
        text, previous = name.decode(), NOBODY
        for sequence in range(1, newest + 1):
            record = self.map.pop(b"H" + owner + name + b"\0" + sequence.to_bytes(8, "big"), b"")
            signed, key = blake3(record[:256]), record[56:88]
            need(len(record) == 320 and record[0] == 1 and number(record, 8, 8) == sequence and record[24:56] == owner and
                 record[184:256].rstrip(b"\0") == name, f"name {text}: record {sequence} is missing or another's")
            need(record[152:184] == previous, f"name {text}: record {sequence} does not follow the one before it")
            need(aid(key) == owner and signature_is_of(key, b"CambiOS name", signed, record[256:]),
                 f"name {text}: a signature does not verify")
            previous = signed
        self.lines.append(f"name {owner.hex()} {text} {newest} {'removed' if record[1] else record[88:120].hex()}")

    def check_counts(self):
        for key in self.of(b"D"):
            digest, count = key[1:], number(self.map.get(b"R" + key[1:], b"\1"), 0, 8)
            need(blake3(self.map[key]) == digest, f"part {digest.hex()}: does not match its digest")
            need(self.named.pop(digest, 0) == count, f"part {digest.hex()}: is counted wrongly")
        need(not self.named, "a part is missing")
        need(all(b"D" + key[1:] in self.map for key in self.of(b"R")), "a count of a part that is not there")
        need(set(self.of(b"P")) == self.owned, "the index of owners has what they do not own")
        lists = {key[1:9][::-1] for key in self.of(b"L")}
        unowned = {key[1:9][::-1] for key in self.of(b"U")}
        need(lists - unowned == self.used == {self.map[key][8:] for key in self.of(b"C")}, "lists and contents do not agree")
        need(not self.of(b"H"), "a record of a name beyond its newest")
        need(all(key[:1] in b"VDRCLUOPNS" for key in self.map), "a key of no known kind")


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    try:
        need(data[:8] != b"CAMBIXTS", "it is encrypted")
        store = Store(Volume(data))
    except (Wrong, IndexError, ValueError) as wrong:  # the last two: numbers that make no sense
        print(f"{sys.argv[1]}: {wrong}", file=sys.stderr)
        return 1
    print("\n".join(store.lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
