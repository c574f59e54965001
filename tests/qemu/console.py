# SPDX-License-Identifier: AGPL-3.0-or-later
"""A machine and its serial console: bytes in, text out, with deadlines.

The text is what a person would read: terminal control sequences and carriage
returns are removed, so that expressions need not know about colours. The raw
bytes go to a log file as they are.
"""
import os
import re
import select
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "tools"))
import machine  # noqa: E402

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[()][0-9A-B]|\x1b[=>78cDEHM]|[\r\x00\x07]")
_ERASED = "\x1b[2K"  # what a line said before becomes a line of its own
_CUT_SHORT = re.compile(r"\x1b[\[()]?[0-9;?]*$")


class Console:
    """Starts `line` and reads its console; stop() always ends the machine. `again`: the log goes on."""

    def __init__(self, line, log_path, again=False):
        self.log = open(log_path, "ab" if again else "wb")
        self.log.write((" ".join(line) + "\n").encode())
        self.process = machine.start(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT)
        self.output = self.process.stdout.fileno()
        self.text = ""      # all that was said
        self.position = 0   # up to where `expect` has read
        self._partial = ""  # a control sequence whose end has not come yet
        self.closed = False

    def read_some(self, seconds):
        """Take what arrives within `seconds`; False when the time is over or the machine has ended."""
        if self.closed or not select.select([self.output], [], [], max(0.0, seconds))[0]:
            return False
        data = os.read(self.output, 65536)
        if not data:
            self.closed = True
            return False
        self.log.write(data)
        said = self._partial + data.decode("utf-8", "replace")
        cut = _CUT_SHORT.search(said)
        self._partial = said[cut.start():] if cut else ""
        self.text += _CONTROL.sub("", (said[: cut.start()] if cut else said).replace(_ERASED, "\n"))
        return True

    def hear(self, text):
        """Somebody else says something, to be expected like what the machine says."""
        self.log.write(text.encode())
        self.text += text

    def expect(self, pattern, seconds):
        """The next match after the last one, or None when the time is over."""
        deadline = time.monotonic() + seconds
        compiled = re.compile(pattern, re.MULTILINE)
        while True:
            match = compiled.search(self.text, self.position)
            # What is captured may be half of what is being said.
            if match and compiled.groupindex and match.end() == len(self.text) and self.read_some(0.2):
                continue
            if match:
                self.position = match.end()
                return match
            if not self.read_some(deadline - time.monotonic()):
                if self.closed or time.monotonic() >= deadline:
                    return None

    def collect(self, seconds):
        """Read for a fixed time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.closed:
            self.read_some(deadline - time.monotonic())

    def send(self, data):
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def wait_exit(self, seconds):
        """The machine's exit status, or None if it is still running after `seconds`."""
        deadline = time.monotonic() + seconds
        while not self.closed and time.monotonic() < deadline:
            self.read_some(deadline - time.monotonic())
        try:
            return self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return None

    def stop(self):
        machine.stop(self.process)
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()
