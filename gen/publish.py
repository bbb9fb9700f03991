"""Puts a finished site in the place of the last one, whole, and keeps two builds apart."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gen.errors import Failure, Problem
from gen.paths import Paths


@contextmanager
def alone(paths: Paths) -> Iterator[None]:
    """One build at a time in a checkout; a second one is told, and changes nothing."""
    paths.build.mkdir(exist_ok=True)
    path = paths.build / "building.lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            what = f"another build is running (process {file.read().strip() or '?'})"
            raise Failure([Problem(paths.show(path), 1, what, "wait for it, or end it")]) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        recover(paths)
        yield


def publish(tree: Path, paths: Paths) -> None:
    """Make ``site`` a copy of ``tree``.

    The copy is made of hard links beside it, then takes its place by two renames: a site stands
    before, between (as build/site.previous) and after.
    """
    staging = Path(tempfile.mkdtemp(dir=paths.build, prefix="staging-"))
    try:
        shutil.copytree(tree, staging / "site", copy_function=os.link)
        previous = _previous(paths)
        shutil.rmtree(previous, ignore_errors=True)
        if paths.site.exists():
            paths.site.rename(previous)
        (staging / "site").rename(paths.site)
        shutil.rmtree(previous, ignore_errors=True)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def recover(paths: Paths) -> None:
    """After a crash between the two renames the last site is the previous one."""
    previous = _previous(paths)
    if previous.is_dir() and not paths.site.exists():
        previous.rename(paths.site)
    for left in paths.build.glob("staging-*"):
        shutil.rmtree(left, ignore_errors=True)


def _previous(paths: Paths) -> Path:
    return paths.build / "site.previous"
