"""The environment of the three others: its own, pinned and checked by hash, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

from gen.errors import Failure, Problem
from tools.setup import PYTHON, Checkout, Step, pinned, set_up

PINS = "bench/requirements.txt"


def programs(root: Path, *, quiet: bool = False) -> Path:
    """The folder of their programs, after a set-up where that is needed.

    Raises Failure, with what to do, when there is no network and it is needed.
    """
    home = root / "build/bench/others"
    pins = home / PINS
    pins.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(root / PINS, pins)
    step = Step(
        "sphinx-gallery, mkdocs-gallery and markdown-exec",
        pinned(PINS),
        (PINS,),
        ".venv/stamp-others",
        depends_on=PYTHON,
    )
    checkout = Checkout(home, quiet)
    try:
        set_up(checkout, [step])
    except Failure as failure:
        log = checkout.log.relative_to(root).as_posix()
        raise Failure(
            Problem(p.path, p.line, p.what, p.todo.replace("build/setup.log", log))
            for p in failure.problems
        ) from None
    return checkout.venv / "bin"
