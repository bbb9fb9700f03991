"""How far a run has come: a bar on a terminal, plain lines elsewhere, nothing when asked to be
quiet.
"""

from __future__ import annotations

import os
import sys
from typing import TextIO


class Progress:
    """Told to standard error, so that standard output stays for results."""

    def __init__(self, *, quiet: bool = False, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.quiet = quiet
        self.terminal = self.stream.isatty() and not os.environ.get("CI")
        self.colour = self.terminal and not os.environ.get("NO_COLOR")
        self.done = self.total = 0

    def start(self, total: int) -> None:
        self.done, self.total = 0, total

    def step(self, name: str, seconds: float, failed: bool) -> None:
        """One concept is made."""
        self.done += 1
        if self.quiet:
            return
        if self.terminal:
            width = 24
            full = width * self.done // max(1, self.total)
            bar = "█" * full + "░" * (width - full)
            self.stream.write(f"\r\x1b[K{bar} {self.done}/{self.total}  {name}")
        else:
            state = "FAILED" if failed else "made"
            self.stream.write(f"[{self.done}/{self.total}] {state} {name} in {seconds:.1f} s\n")
        self.stream.flush()

    def stop(self) -> None:
        if self.terminal and not self.quiet and self.total:
            self.stream.write("\r\x1b[K")
            self.stream.flush()

    def say(self, text: str) -> None:
        """One line of news."""
        if not self.quiet:
            self.stream.write(text + "\n")
            self.stream.flush()

    def complain(self, text: str) -> None:
        """An error: told even when quiet."""
        self.stream.write(f"\x1b[31m{text}\x1b[0m\n" if self.colour else text + "\n")
        self.stream.flush()
