"""What a snippet may not do while it is being run, and how that is told.

A snippet computes and returns.  Whatever else it did (print, write, reach for the network, read a
file that the cache does not know of) would be lost, or would make the next build stale.
"""

from __future__ import annotations

import importlib.util
import os
import random
import signal
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {
    "os.remove": "removes a file",
    "os.rename": "renames a file",
    "os.mkdir": "makes a folder",
    "os.rmdir": "removes a folder",
    "os.link": "makes a link",
    "os.symlink": "makes a link",
    "os.truncate": "changes a file",
}
NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.bind", "urllib.Request")
PROCESSES = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork")


class Forbidden(RuntimeError):
    """A snippet did what it may not; ``what`` and ``todo`` make the problem's text."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(f"{what}; {todo}")
        self.what, self.todo = what, todo


class Guard:
    """An audit hook, armed while a snippet runs.  Python cannot take an audit hook away again, so
    it is made once in a worker process that ends after its concept.
    """

    def __init__(self, root: Path, known: set[Path]) -> None:
        self.root = os.path.realpath(root)
        self.known = {os.path.realpath(p) for p in known}
        # The environment may stand inside the checkout; what is installed there is keyed by its
        # version.
        self.installed = tuple(
            os.path.realpath(sysconfig.get_path(name)) + os.sep
            for name in ("purelib", "platlib", "stdlib")
        )
        self._is_armed = False
        sys.addaudithook(self._hook)

    @contextmanager
    def armed(self) -> Iterator[None]:
        """While a snippet runs; what the generator itself does around it is not its affair."""
        self._is_armed = True
        try:
            yield
        finally:
            self._is_armed = False

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._is_armed:
            return
        if event == "open":
            self._open(*arguments[:3])
        elif event in CHANGES:
            raise Forbidden(
                f"it {CHANGES[event]} ({arguments[0]})",
                "return the result; the generator writes it",
            )
        elif event in NETWORK:
            raise Forbidden(
                f"it uses the network ({event})",
                "compute the data in the snippet, or keep a small file beside it",
            )
        elif event in PROCESSES:
            raise Forbidden(f"it starts a process ({event})", "compute in the snippet itself")

    def _open(self, path: Any, mode: Any, flags: int) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return  # a descriptor that is open already
        real = os.path.realpath(os.fsdecode(path))
        if flags & WRITING and real != os.devnull:
            raise Forbidden(
                f"it writes a file ({os.fsdecode(path)})",
                "return the result; the generator writes it",
            )
        if real.endswith(".pyc"):
            real = importlib.util.source_from_cache(real)
        inside = real.startswith(self.root + os.sep) and not real.startswith(self.installed)
        if inside and real not in self.known:
            shown = os.path.relpath(real, self.root)
            raise Forbidden(
                f"it reads {shown}, which the cache does not know of",
                "a later change of that file would go unseen: import it as a module, or move "
                "the data into the snippet",
            )


class TooLong(RuntimeError):
    """The time for one artifact is up; ``what`` and ``todo`` make the problem's text."""

    def __init__(self, seconds: float) -> None:
        self.what, self.todo = (
            f"it still runs after {seconds:g} s",
            "make it quicker, or fewer steps",
        )
        super().__init__(f"{self.what}; {self.todo}")


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TooLong in the main thread after ``seconds``, at the line that is running then."""

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise TooLong(seconds)

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def no_global_randomness() -> Iterator[None]:
    """Refuse a draw from a generator that the whole process shares: its result depends on who
    drew before.
    """
    import numpy as np

    def state() -> tuple[Any, ...]:
        shared = np.random.get_state(legacy=False)["state"]  # noqa: NPY002  it is what we watch
        return random.getstate(), shared["pos"], shared["key"].tobytes()

    # Layers of PyTorch draw their weights from its shared generator and can take no other: it is
    # set to the same state for each artifact.
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)
    before = state()
    yield
    if state() != before:
        raise Forbidden(
            "it draws from the global random generator",
            "use rng = np.random.default_rng(seed)",
        )
