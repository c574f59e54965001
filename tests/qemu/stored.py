# SPDX-License-Identifier: AGPL-3.0-or-later
"""A machine at work with its store, and its disk looked at from outside (`cambi disk`): what power_cuts.py and
write_log.py share."""
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "tools"))
import machine  # noqa: E402
from console import Console  # noqa: E402

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
CAMBI = os.path.join(ROOT, "build", "host", "tools", "cambi")
PATIENCE = float(os.environ.get("PATIENCE", "1"))
BOOT_SECONDS = 20
HASH = "([0-9a-f]{64})"
SHORT = 16  # digits of a hash in a list of names


class Failed(Exception):
    """What was not as it must be."""


def cambi(disk, *arguments):
    result = subprocess.run([CAMBI, "disk", disk, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Failed(f"cambi disk {' '.join(arguments)}: {result.stdout}{result.stderr}")
    return result.stdout


def contents(disk):
    """(hashes of objects, {name: first digits of the hash it points to}), of a disk that is sound."""
    cambi(disk, "verify")
    listed = set(re.findall(rf"^{HASH}", cambi(disk, "list", "--long"), re.MULTILINE))
    names = {}
    for line in cambi(disk, "names").splitlines():
        target = re.search(rf" ([0-9a-f]{{{SHORT}}}) ", line)
        if target:
            names[line.split()[-1]] = target.group(1)
    return listed, names


def command(arch, disk_options):
    build = os.path.join(ROOT, "build", arch)
    return machine.command(arch, cpus=1, memory="128M", kernel=machine.kernel_path(build),
                           bundle=machine.bundle_path(build),
                           extra=["-serial", "stdio", "-monitor", "none", "-no-reboot"] + disk_options)


def start(line, name, again=False):
    """A console at the prompt; its log is build/scenarios/NAME.log."""
    log_path = os.path.join(ROOT, "build", "scenarios", f"{name}.log")
    os.makedirs(os.path.dirname(log_path), exist_ok=True)
    console = Console(line, log_path, again)
    if not console.expect(r"^cambios> $", BOOT_SECONDS * PATIENCE):
        console.stop()
        raise Failed("no prompt")
    return console


def store_things(console, words):
    """Begins user/apps/objects, and returns when the first object is acknowledged."""
    console.send(f"objects {words}\n".encode())
    if not console.expect(rf"kept {HASH}$", BOOT_SECONDS * PATIENCE):
        raise Failed("nothing was stored")


def _one(run, arch, options, folder):
    program = os.path.basename(sys.argv[0])
    begin = time.monotonic()
    try:
        said = run(arch, options, folder)
    except Failed as failure:
        chosen = " ".join(f"--{name} {value}" for name, value in vars(options).items() if name != "arch")
        print(f"FAIL  {program} {arch}: {failure}\n      again: tests/qemu/{program} --arch {arch} {chosen}", flush=True)
        return False
    print(f"PASS  {program} {arch}: {said} ({time.monotonic() - begin:.1f} s)", flush=True)
    return True


def run_all(parser, run):
    """`run(arch, options, folder)` on each architecture, two at a time; it says what it did, or raises Failed."""
    parser.add_argument("--arch", action="append", choices=machine.ARCHES)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        verdicts = list(pool.map(lambda arch: _one(run, arch, options, folder), options.arch or machine.ARCHES))
    passed = sum(verdicts)
    failed = len(verdicts) - passed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
