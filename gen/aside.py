"""Does two things at once, where a core is free."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


def both(first: Callable[[], T], second: Callable[[], T]) -> tuple[T, T]:
    """The results of both; the first is made in a fork of this process, so it must be picklable.

    What the fork could not give is made here, so that an exception has its own traceback, and
    that of the first comes before that of the second.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _report(first, writing)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            try:
                other = second()
            except Exception:
                first()
                raise
            given = pipe.read()
    finally:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return (pickle.loads(given) if given else first()), other


def _report(make: Callable[[], Any], pipe: int) -> None:
    """In the fork: write the result, or nothing, and end."""
    try:
        result = pickle.dumps(make())
        with os.fdopen(pipe, "wb") as file:
            file.write(result)
    finally:
        os._exit(0)
