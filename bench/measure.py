"""Runs one build in a process of its own, and tells what it took."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LIMIT = 300.0
"""Seconds after which a build is ended: something waits for what never comes."""
PAUSE = 0.1
MB = 2**20


class BuildFailed(RuntimeError):
    """A build that did not succeed; its last words are the message."""


@dataclass(frozen=True)
class Cost:
    """What one build took."""

    seconds: float
    cpu: float
    """Processor seconds of all its processes; other work on the machine changes it little."""
    largest: float
    """Peak resident memory of its largest process, MB."""
    together: float
    """Peak of the memory of all its processes at one time, shared pages counted once, MB.
    It is 0 where it was not asked for, and where the system does not tell."""


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], *, memory: bool = False
) -> Cost:
    """Run a command to its end.

    ``memory`` also looks at all its processes again and again, which costs time itself.
    """
    with (folder.with_name(f"{folder.name}.log")).open("w+", encoding="utf-8") as log:
        started = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        limit = threading.Timer(LIMIT, _end, [process.pid])
        limit.start()
        watch = _Watch(process.pid) if memory else None
        try:
            _, status, used = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
        except BaseException:
            _end(process.pid)
            raise
        finally:
            limit.cancel()
            largest, together = watch.stop() if watch else (0.0, 0.0)
        if process.returncode:
            log.seek(0)
            last = " ".join(log.read().split())[-500:]
            raise BuildFailed(f"`{' '.join(command)}` ended with {process.returncode}: {last}")
    unit = 1 if sys.platform == "darwin" else 1024
    # What the system says of an ended process also counts this one, from which it was forked.
    largest = largest or used.ru_maxrss * unit
    return Cost(seconds, used.ru_utime + used.ru_stime, largest / MB, together / MB)


def _end(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


class _Watch:
    """The largest sum of the memory of a group of processes, looked at again and again."""

    def __init__(self, group: int) -> None:
        self.group, self.largest, self.most = group, 0.0, 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def stop(self) -> tuple[float, float]:
        """The peak of the largest process, and of all together, in bytes."""
        self.over.set()
        self.thread.join()
        return self.largest, self.most

    def _look(self) -> None:
        while not self.over.wait(PAUSE):
            members = _members(self.group)
            self.most = max(self.most, sum(_told(p, "smaps_rollup", "Pss:") for p in members))
            peaks = (_told(p, "status", "VmHWM:") for p in members)
            self.largest = max(self.largest, *peaks, 0.0)


def _members(group: int) -> list[Path]:
    """The processes of a group, as Linux tells them; elsewhere none."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name of the program stands in brackets and may hold anything.
            after = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after[2]) == group:
            found.append(stat.parent)
    return found


def _told(process: Path, name: str, field: str) -> float:
    """Bytes that Linux tells of a process: ``VmHWM`` is its peak; in ``Pss`` a page that
    two processes share counts half in each.
    """
    try:
        lines = (process / name).read_text().splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) * 1024 for line in lines if line.startswith(field)), 0.0)
