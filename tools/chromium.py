"""Finds a Chromium for the tests of the site, or installs one.

``python -m tools.chromium`` prints the path of the one it finds; with ``--install`` it gets one
first where there is none: by apt-get if it may, else by playwright.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from gen.errors import Failure, Problem

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def runs(path: str) -> bool:
    """Whether the browser starts at all: on Ubuntu, chromium-browser may only point at a snap."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def candidates() -> Iterator[str]:
    """Where a Chromium may be: on PATH, in macOS's applications, in playwright's own folder."""
    yield from filter(None, map(shutil.which, NAMES))
    yield from filter(os.path.exists, MACOS)
    own = subprocess.run(
        [
            *(sys.executable, "-c"),
            "from playwright.sync_api import sync_playwright\n"
            "with sync_playwright() as p: print(p.chromium.executable_path)",
        ],
        capture_output=True,
        text=True,
    )
    path = own.stdout.strip()
    if own.returncode == 0 and Path(path).exists():
        yield path


def find() -> str | None:
    """The path of a Chromium that runs, or None.

    Raises Failure if YOUJU_CHROMIUM names one that does not.
    """
    named = os.environ.get("YOUJU_CHROMIUM")
    if not named:
        return next(filter(runs, candidates()), None)
    if not runs(named):
        raise Failure(
            [problem(f"YOUJU_CHROMIUM={named} does not run", "name another, or unset it")]
        )
    return named


def install() -> None:
    """Try what this machine allows; `find` tells whether it worked."""
    root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    may_be_root = not root or (
        shutil.which("sudo") is not None
        and subprocess.run([*root, "true"], capture_output=True).returncode == 0
    )
    if shutil.which("apt-get") and may_be_root:
        environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
        apt = [*root, *environment, "apt-get", "--quiet", "--yes"]
        run([*apt, "update"])
        run([*apt, "install", "--no-install-recommends", "chromium"])
        if find():
            return
    with_libraries = ["--with-deps"] if shutil.which("apt-get") and may_be_root else []
    run([sys.executable, "-m", "playwright", "install", *with_libraries, "chromium"])


def run(command: list[str]) -> None:
    """Show a command and what it says on stderr, where a test log wants it."""
    print(f"chromium: {' '.join(command)}", file=sys.stderr, flush=True)
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)


def problem(what: str, todo: str) -> Problem:
    return Problem("tests/site/conftest.py", 1, what, todo)


def main(arguments: list[str]) -> int:
    try:
        found = find()
        if not found and "--install" in arguments:
            install()
            found = find()
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    if not found:
        what = "the tests of the site need a Chromium, and none could be found or installed"
        todo = "install chromium or Google Chrome, or name one: YOUJU_CHROMIUM=/path make test"
        print(problem(what, todo), file=sys.stderr)
        return 1
    if "--install" not in arguments:
        print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
