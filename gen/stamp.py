"""Whether anything that the site is made of has changed since it was built.

Imports nothing heavy, and reads every input whole: a build without a change costs no more than
that, and neither a clock nor a checkout that keeps old times can deceive it.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator

INPUTS = (
    "docs",
    "gen",
    "snippets",
    "theme",
    "mkdocs.en.yml",
    "mkdocs.yml",
    "package-lock.json",
    "requirements.txt",
)
COMMON = ("gen", "theme", "mkdocs.en.yml", "mkdocs.yml", "package-lock.json")
"""Those that every page is made with."""
ENVIRONMENT = ("YOUJU_SITE_URL", "YOUJU_SITE_URL_EN", "YOUJU_TIMEOUT")


def installed() -> str:
    """The packages of this environment with their versions, and Python's."""
    found = {sys.version}
    for folder in sys.path:
        if os.path.basename(folder) in ("site-packages", "dist-packages") and os.path.isdir(folder):
            found.update(name for name in os.listdir(folder) if name.endswith(".dist-info"))
    return "\n".join(sorted(found))


def digest(root: str | os.PathLike[str], inputs: Iterable[str] = INPUTS) -> str:
    """One hash of everything that a build reads, or of some of it."""
    total = hashlib.sha256(installed().encode())
    for name in ENVIRONMENT:
        total.update(f"\0{name}={os.environ.get(name)}".encode())
    for path in _files(os.fspath(root), inputs):
        with open(path, "rb") as file:
            content = file.read()
        total.update(f"\0{os.path.relpath(path, root)}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def unchanged(root: str | os.PathLike[str]) -> bool:
    """Whether the published site was made from exactly the inputs that are there now."""
    try:
        with open(_path(root), encoding="utf-8") as file:
            inputs, site = file.read().split("\n")
        return site == _identity(root) and inputs == digest(root)
    except (OSError, ValueError):
        return False


def write(root: str | os.PathLike[str], inputs: str) -> None:
    """Note what the site that was just published was made from."""
    with open(_path(root), "w", encoding="utf-8") as file:
        file.write(f"{inputs}\n{_identity(root)}")


def _identity(root: str | os.PathLike[str]) -> str:
    """The folder of the site: another one, or one to which something was added, is not ours."""
    about = os.stat(os.path.join(root, "site"))
    return f"{about.st_ino} {about.st_mtime_ns}"


def _path(root: str | os.PathLike[str]) -> str:
    return os.path.join(root, "build", "stamp")


def _files(root: str, inputs: Iterable[str]) -> Iterator[str]:
    for name in inputs:
        path = os.path.join(root, name)
        if os.path.isfile(path):
            yield path
        for folder, folders, files in os.walk(path):
            folders[:] = sorted(f for f in folders if f != "__pycache__")
            yield from (os.path.join(folder, file) for file in sorted(files))
