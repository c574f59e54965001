#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""mutants.py [PART-OF-NAME]: breaks the store on purpose and looks whether store-crash notices.

A mutant is the library with one place changed as MUTANTS says; the place must be there, once. It is linked with
the objects of store-crash-quick and run over a few seeds until one fails. The unchanged library passes them. The last
line is `N passed, N failed`: one check per mutant.
"""
import glob
import os
import subprocess
import sys

import_path = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "tools")
sys.path.insert(0, import_path)
import tree  # noqa: E402  (found by the line before)

HOST = os.path.join(tree.ROOT, "build", "host")
MADE = os.path.join(tree.ROOT, "build", "mutants")
WRAP = "-Wl,--wrap=hash_bytes,--wrap=hash_part,--wrap=signature_verify_digest"
SEEDS = [41, 42, 43, 44, 45, 46, 5]
SECONDS = 200

# name, file of lib/, what is there, what is there instead
MUTANTS = [
    ("commit without a flush", "volume_log.c",
     "\tif (status == STATUS_OK)\n\t\tstatus = volume->device->operations->flush(volume->device);\n\tif (status != STATUS_OK) {",
     "\tif (status != STATUS_OK) {"),
    ("checkpoint's header before its pages are durable", "volume_checkpoint.c",
     "\tstatus_t status = device_flush(volume);\n\tif (status == STATUS_OK)\n\t\tstatus = blocks_write(volume, (volume->statistics.checkpoint + 1)",
     "\tstatus_t status = STATUS_OK;\n\tif (status == STATUS_OK)\n\t\tstatus = blocks_write(volume, (volume->statistics.checkpoint + 1)"),
    ("segments free before the checkpoint's header is durable", "volume_checkpoint.c",
     "\treturn status == STATUS_OK ? device_flush(volume) : status;\n}\n\n/* What the newest",
     "\treturn status;\n}\n\n/* What the newest"),
    ("checkpoint into the slot of the newest one", "volume_checkpoint.c",
     "(volume->statistics.checkpoint + 1) % 2 * 2 * BLOCK_SIZE", "volume->statistics.checkpoint % 2 * 2 * BLOCK_SIZE"),
    ("records without a checksum", "volume_log.c",
     "if (bytes_le32(bytes) != record_checksum(volume, bytes, address, length))", "if (false)"),
    ("superblocks without a checksum", "volume_checkpoint.c",
     "if (bytes_le32(bytes + 4) == crc32c_long(CRC32C_INIT, bytes + 8, BLOCK_SIZE - 8))", "if (true)"),
    ("a torn superblock stays torn", "volume_checkpoint.c",
     "if (!volume->read_only && memcmp(", "if (false && memcmp("),
    ("a batch is taken without its records being looked at", "volume_log.c",
     "\treturn batch_check(volume, address, *out);", "\treturn STATUS_OK;"),
    ("cleaning forgets the last record of a batch", "volume_clean.c",
     "\tfor (uint32_t at = BATCH_HEADER; at < batch->used;) {\n\t\tconst uint8_t *bytes = batch->bytes + at;\n\t\tconst uint32_t value_size",
     "\tfor (uint32_t at = BATCH_HEADER; at + 400 < batch->used;) {\n\t\tconst uint8_t *bytes = batch->bytes + at;\n\t\tconst uint32_t value_size"),
    ("changes go on after a failed write", "volume_log.c",
     "\t\tvolume->broken = true;\n\t\treturn status;", "\t\treturn status;"),
    ("a failed transaction stays visible", "object_store.c",
     "\tvolume_abort(store->volume);\n", ""),
    ("on a full disk only transactions without a put shrink", "volume.c",
     "return after <= before && after <=", "return after == 0 && after <="),
    ("a list is forgotten with its content", "object_content.c",
     "return status == STATUS_OK ? list_mark(store, content.list, LIST_RECLAIMED) : status;", "return status;"),
    ("an owner's index is not amended", "object.c",
     "if (status == STATUS_OK && record.kind == OBJECT_TRANSFER)\n\t\tstatus = owner_change", "if (false)\n\t\tstatus = owner_change"),
    ("a shared part is given back with its first object", "object_content.c",
     "if (status == STATUS_OK && count > 1)\n\t\treturn references_put(store, digest, count - 1);", "if (false)\n\t\treturn status;"),
    ("verification does not read what services keep", "object_verify.c",
     "case 'S': check_state(check, key, size); break;", "case 'S': (void)check_state; break;"),
]


def objects():
    """What store-crash-quick is linked of: its own parts and the library, by the path of their source."""
    found = glob.glob(os.path.join(HOST, "quick/tests/store/*.o"))
    for folder in ("lib", "third-party"):
        for path, _, names in os.walk(os.path.join(HOST, "tools/obj", folder)):
            found += [os.path.join(path, name) for name in names if name.endswith(".o")]
    return sorted(found)


def build(number, file, before, after):
    """(program, None) of a mutant, or (None, what is wrong)."""
    text = tree.read(f"lib/{file}")
    if text.count(before) != 1:
        return None, f"what it changes is in lib/{file} {text.count(before)} times"
    folder = os.path.join(MADE, str(number))
    os.makedirs(folder, exist_ok=True)
    source, program = os.path.join(folder, file), os.path.join(folder, "store-crash")
    with open(source, "w", encoding="utf-8") as out:
        out.write(text.replace(before, after))
    rest = [path for path in objects() if not path.endswith(f"tools/obj/lib/{file}.o")]
    done = subprocess.run(["clang-19", "-std=gnu11", "-O2", "-w", "-Iabi/include", "-Ilib/include", "-iquote", "lib", source,
                           *rest, WRAP, "-o", program], cwd=tree.ROOT, capture_output=True, text=True)
    return (program, None) if done.returncode == 0 else (None, done.stderr[:300])


def problems(number, file, before, after):
    program, wrong = build(number, file, before, after)
    if wrong:
        return [wrong]
    for seed in SEEDS:
        try:
            done = subprocess.run([program, "--seed", str(seed), "--seeds", "1"], capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            continue
        if done.returncode != 0:
            print(f"found by seed {seed}: {done.stderr.splitlines()[0].split(': ', 2)[-1]}", flush=True)
            return []
    return [f"seeds {SEEDS} do not notice"]


def main():
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    verdicts = tree.Verdicts()
    for number, (name, file, before, after) in enumerate(MUTANTS):
        if part in name:
            print(f"mutant: {name}", flush=True)
            verdicts.check(f"mutant: {name}", problems(number, file, before, after))
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
