"""Set-up: makes .venv and node_modules as the pinned files say.  Run by tools/setup.sh.

``python -m tools.setup [--dev] [-q]``, with the standard library alone.

Each step leaves a stamp, the hash of what it was made from.  A step with a valid stamp is skipped;
an interrupted one has none and is done again.  Without a network what was there stays as it was:
pip downloads everything before it changes anything, npm works in a folder beside, and a .venv that
has to be replaced is kept until the new one is complete.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gen.errors import Failure, Problem

PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"


@dataclass(frozen=True)
class Checkout:
    """The folders that set-up writes to, and how much it says."""

    root: Path
    quiet: bool = False

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def node_modules(self) -> Path:
        return self.root / "node_modules"

    @property
    def build(self) -> Path:
        return self.root / "build"

    @property
    def log(self) -> Path:
        return self.build / "setup.log"

    @property
    def on_terminal(self) -> bool:
        return sys.stdout.isatty() and not self.quiet

    def say(self, text: str) -> None:
        if not self.quiet:
            print(f"set-up: {text}", flush=True)


@dataclass(frozen=True)
class Step:
    """One part of set-up: what it does, what it is made from, and where it leaves its stamp."""

    title: str
    run: Callable[[Checkout], None]
    made_from: tuple[str, ...]
    stamp: str
    depends_on: str = ""

    def key(self, checkout: Checkout) -> str:
        """The hash of all that the step is made from; a missing file counts as such."""
        digest = hashlib.sha256(self.depends_on.encode())
        for name in self.made_from:
            path = checkout.root / name
            content = path.read_bytes() if path.exists() else b"missing"
            digest.update(f"\n{name} {hashlib.sha256(content).hexdigest()}".encode())
        return digest.hexdigest()

    def is_done(self, checkout: Checkout) -> bool:
        stamp = checkout.root / self.stamp
        return stamp.exists() and stamp.read_text(encoding="utf-8") == self.key(checkout)


def set_up(checkout: Checkout, steps: Sequence[Step]) -> None:
    """Do the steps that are not done.  Raises Failure with the one thing that stopped it."""
    if checkout.python.exists() and all(step.is_done(checkout) for step in steps):
        return
    checkout.build.mkdir(exist_ok=True)
    with one_at_a_time(checkout), fresh_venv(checkout):
        for step in steps:
            if step.is_done(checkout):
                continue
            checkout.say(step.title)
            start = time.monotonic()
            stamp = checkout.root / step.stamp
            stamp.unlink(missing_ok=True)
            step.run(checkout)
            stamp.write_text(step.key(checkout), encoding="utf-8")
            checkout.say(f"{step.title}: done in {time.monotonic() - start:.0f} s")


@contextmanager
def one_at_a_time(checkout: Checkout) -> Iterator[None]:
    """Two set-ups at once, say of `make serve` and `make test`, would spoil one another's .venv."""
    with (checkout.build / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --------------------------------------------------------------------------- commands


def call(checkout: Checkout, command: Sequence[str | Path], *, cwd: Path | None = None) -> str:
    """Run a command and return what it said on stderr if it failed, else nothing.

    Its stdout goes to the terminal, if that is one, as progress; all else goes to the log.
    """
    with checkout.log.open("a", encoding="utf-8") as log:
        log.write(f"$ {' '.join(map(str, command))}\n")
        log.flush()
        try:
            done = subprocess.run(
                command,
                cwd=cwd or checkout.root,
                stdin=subprocess.DEVNULL,
                stdout=None if checkout.on_terminal else log,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        except OSError as error:
            return str(error)
        log.write(done.stderr)
    return "" if done.returncode == 0 else done.stderr or f"exit code {done.returncode}"


OFFLINE = re.compile(
    r"connection broken|max retries exceeded|name resolution|from versions: none"
    r"|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT",
    re.IGNORECASE,
)
WRONG_HASH = re.compile(r"do not match the hashes|EINTEGRITY", re.IGNORECASE)
DISK_FULL = re.compile(r"no space left|ENOSPC", re.IGNORECASE)


def explain(said: str, tool: str, thing: str, mirror: str) -> tuple[str, str]:
    """What went wrong, and what to do, from what pip or npm said on stderr."""
    if WRONG_HASH.search(said):
        return (
            f"the download of {thing} is not the file that was pinned (its hash differs)",
            "try again; if it stays so, the mirror is damaged or tampered with: use another",
        )
    if DISK_FULL.search(said):
        return f"{tool} found no space left on the disk for {thing}", "make room and try again"
    if OFFLINE.search(said):
        return f"{tool} cannot reach its index for {thing}", f"connect to the network, or {mirror}"
    last = next(line for line in reversed(said.splitlines() or [""]) if line.strip())
    return f"{tool} failed: {last.strip()}", "build/setup.log has all that it said"


# --------------------------------------------------------------------------- Python packages


@contextmanager
def fresh_venv(checkout: Checkout) -> Iterator[None]:
    """A .venv of this Python with pip in it.  An unusable one is replaced only on success."""
    aside = checkout.build / "replaced-venv"
    usable = (checkout.venv / "lib" / PYTHON).is_dir() and not call(
        checkout, [checkout.python, "-m", "pip", "--version"]
    )
    if not usable:
        if checkout.venv.exists():
            shutil.rmtree(aside, ignore_errors=True)
            checkout.venv.rename(aside)
        checkout.say(f".venv with Python {sys.version.split()[0]}")
    try:
        if not usable:
            make_venv(checkout)
        yield
    except BaseException:
        if not usable and aside.exists():
            shutil.rmtree(checkout.venv, ignore_errors=True)
            aside.rename(checkout.venv)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def make_venv(checkout: Checkout) -> None:
    said = call(checkout, [sys.executable, "-m", "venv", checkout.venv])
    if said or not checkout.python.exists():
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Failure(
            [
                Problem(
                    "requirements.txt",
                    1,
                    f"{sys.executable} cannot make .venv",
                    f"on Debian and Ubuntu: apt install python{version}-venv; "
                    "elsewhere build/setup.log says why",
                )
            ]
        )


def pip_install(checkout: Checkout, pins: str, *options: str) -> None:
    """Install what the file ``pins`` pins.  The user's pip settings (PIP_*, pip.conf) hold."""
    bar = [] if checkout.on_terminal else ["--progress-bar", "off"]
    said = call(
        checkout,
        [
            *(checkout.python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install"),
            *(*bar, *options, "--requirement", pins),
        ],
    )
    if said:
        package = named_package(said)
        line, pin = pinned_at(checkout.root / pins, package)
        mirror = "name a mirror (PIP_INDEX_URL) or a folder of wheels (PIP_FIND_LINKS)"
        what, todo = explain(said, "pip", pin or package or "the packages", mirror)
        # A list of other versions means that the index was reached and has the package.
        if "No matching distribution" in said and "from versions: none" not in said:
            what = f"the package index has no {pin or package} for {PYTHON} on this system"
            todo = f"use another Python (make PYTHON=…), or {mirror}"
        raise Failure([Problem(pins, line, what, todo)])


def named_package(said: str) -> str:
    """The package that pip's messages complain of, or nothing."""
    found = re.search(
        r"(?:No matching distribution found for|satisfies the requirement|/simple/"
        r"|from|for) ?([A-Za-z0-9][\w.-]*)==|/simple/([\w.-]+)/|^    ([\w.-]+)==",
        said,
        re.MULTILINE,
    )
    return next(filter(None, found.groups()), "") if found else ""


def pinned_at(path: Path, package: str) -> tuple[int, str]:
    """The line that pins ``package``, and the pin itself: (12, "numpy==2.4.6")."""
    if package and path.exists():
        name = re.sub(r"[-_.]+", "-", package).lower()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            pin = re.match(r"([\w.-]+)==[^\s;\\]+", line)
            if pin and re.sub(r"[-_.]+", "-", pin[1]).lower() == name:
                return number, pin[0]
    return 1, ""


def pinned(name: str) -> Callable[[Checkout], None]:
    """A step that installs a file of pins and hashes."""

    def run(checkout: Checkout) -> None:
        pip_install(checkout, name, "--require-hashes")

    return run


def torch(checkout: Checkout) -> None:
    """Install PyTorch, of the build that the user's pip settings lead to."""
    pip_install(checkout, "requirements-torch.txt")


# --------------------------------------------------------------------------- npm packages

NPM_FILES = ("package-lock.json", "package.json", ".npmrc")


def npm_packages(checkout: Checkout) -> None:
    """`npm ci` in a folder beside, then a rename: node_modules is never half there."""
    beside = checkout.build / "npm"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    for name in NPM_FILES:
        shutil.copy(checkout.root / name, beside)
    said = call(
        checkout,
        [
            *npm(checkout),
            *("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"),
            # By itself npm waits for more than a minute before it says that there is no network.
            *("--fetch-retry-mintimeout=1000", "--fetch-retry-factor=2"),
        ],
        cwd=beside,
    )
    if said:
        mirror = "name a mirror (npm_config_registry)"
        what, todo = explain(said, "npm", "the packages", mirror)
        raise Failure([Problem("package-lock.json", 1, what, todo)])
    shutil.rmtree(checkout.node_modules, ignore_errors=True)
    (beside / "node_modules").rename(checkout.node_modules)
    shutil.rmtree(beside)


def npm(checkout: Checkout) -> list[str | Path]:
    """The machine's npm, if it reads our lock file (7 and later); else one from pip."""
    own = shutil.which("npm")
    if own:
        asked = subprocess.run([own, "--version"], capture_output=True, text=True)
        major = asked.stdout.strip().split(".")[0]
        if asked.returncode == 0 and major.isdigit() and int(major) >= 7:
            return [own]
    pinned("requirements-node.txt")(checkout)
    return [checkout.venv / "bin" / "npm"]


# --------------------------------------------------------------------------- command line

RUN_STEPS = (
    Step(
        "Python packages",
        pinned("requirements.txt"),
        ("requirements.txt",),
        ".venv/stamp-requirements",
        depends_on=PYTHON,
    ),
    Step(
        "PyTorch",
        torch,
        ("requirements.txt", "requirements-torch.txt", "constraints-torch.txt"),
        ".venv/stamp-torch",
        depends_on=PYTHON,
    ),
    Step("npm packages", npm_packages, NPM_FILES, "node_modules/.stamp"),
)
DEV_STEP = Step(
    "Python packages of the tests",
    pinned("requirements-dev.txt"),
    ("requirements.txt", "requirements-dev.txt"),
    ".venv/stamp-dev",
    depends_on=PYTHON,
)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="tools/setup.sh", description="make .venv and node_modules"
    )
    parser.add_argument("--dev", action="store_true", help="also what the tests need")
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing but errors")
    options = parser.parse_args()
    checkout = Checkout(Path(__file__).resolve().parent.parent, options.quiet)
    try:
        set_up(checkout, (*RUN_STEPS, DEV_STEP) if options.dev else RUN_STEPS)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("set-up: stopped; the next make takes it up again", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
