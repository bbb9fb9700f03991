"""``python -m gen``: the commands behind the Makefile.

Exit codes: 0 done, 1 problems were found (each told as path:line), 2 the command was called
wrongly, 130 interrupted.
"""

from __future__ import annotations

import os
import sys

from gen import stamp

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

if __name__ == "__main__" and sys.argv[1:2] == ["build"] and stamp.unchanged(ROOT):
    # Before anything else is loaded: a build without a change is over here.
    if not {"-q", "--quiet"} & set(sys.argv):
        sys.stderr.write("site/ is up to date\n")
    sys.exit(0)

import argparse
import gc
import time

from gen.errors import Failure
from gen.paths import Paths, here
from gen.progress import Progress


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    progress = Progress(quiet=options.quiet)
    started = time.monotonic()
    try:
        text = options.run(here(), options, progress)
    except Failure as failure:
        for problem in failure.problems:
            progress.complain(str(problem))
        many = len(failure.problems)
        progress.complain(f"{many} problem{'s' if many > 1 else ''}; nothing was published")
        return 1
    except OSError as error:
        where = error.filename or "build"
        progress.complain(
            f"{where}:1: {error.strerror}; make room or give access, then build again"
        )
        return 1
    except KeyboardInterrupt:
        progress.complain("interrupted; nothing was published")
        return 130
    progress.say(f"{text} ({time.monotonic() - started:.1f} s)")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gen", description=__doc__.split("\n")[0])
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, run, about in (
        ("build", _build, "build the site into site/"),
        ("serve", _serve, "build, serve, and build again at each change"),
        ("check", _check, "lint, types, unbound numbers, parity, links"),
        ("new", _new, "write the files of a new concept"),
        ("offline", _offline, "build the site and pack it for reading from a folder"),
        ("bench", _bench, "time the build against others"),
    ):
        command = commands.add_parser(name, help=about, description=about)
        command.add_argument("-q", "--quiet", action="store_true", help="say only what is wrong")
        command.set_defaults(run=run)
        if name == "bench":
            command.add_argument("--record", action="store_true", help="keep it for the site")
        if name == "new":
            command.add_argument("page", metavar="topic/slug")
        if name == "serve":
            command.add_argument("--port", type=int, default=8000)
    return parser


def _build(paths: Paths, options: argparse.Namespace, progress: Progress) -> str:
    if stamp.unchanged(paths.root):
        return "site/ is up to date"
    # A build ends soon: what the collection of garbage would free, it needs until then.
    gc.disable()
    from gen import site

    site.build(paths, progress)
    return "built site/"


def _offline(paths: Paths, options: argparse.Namespace, progress: Progress) -> str:
    from gen import offline

    progress.say(_build(paths, options, progress))
    return f"packed {offline.pack(paths)}"


def _serve(paths: Paths, options: argparse.Namespace, progress: Progress) -> str:
    from gen import serve

    serve.run(paths, progress, options.port)
    return "ended"


def _check(paths: Paths, options: argparse.Namespace, progress: Progress) -> str:
    from gen import check

    return check.run(paths)


def _new(paths: Paths, options: argparse.Namespace, progress: Progress) -> str:
    from gen import new

    return new.run(paths, options.page)


def _bench(paths: Paths, options: argparse.Namespace, progress: Progress) -> str:
    from gen import bench

    return bench.run(paths, progress, keep=options.record)


if __name__ == "__main__":
    sys.exit(main())
