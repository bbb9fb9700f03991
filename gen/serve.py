"""Serves the site, and builds it again whenever something it is made of changes.

Builds run in forks of a process that has loaded the heavy libraries once.  Each fork loads the
generator and the snippets anew, so that a change of them takes effect; a failed build says why
and leaves the pages as they are.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import socket
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from mkdocs.livereload import LiveReloadServer

from gen.errors import Failure, Problem
from gen.paths import Paths
from gen.progress import Progress

WATCHED = ("snippets", "docs", "theme", "gen", "mkdocs.yml", "mkdocs.en.yml")
OURS = ("gen", "snippets")
HOST = "127.0.0.1"


class Builder:
    """A process that forks one for each build."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.connection, other = multiprocessing.Pipe()
        context = multiprocessing.get_context("fork")
        # Not a daemon: its builds have processes of their own.
        self.process = context.Process(target=_forks, args=(paths, other))
        self.process.start()
        other.close()

    def build(self) -> None:
        """Build the checkout as it is now; what is wrong with it is told on the terminal."""
        self.connection.send("build")
        with contextlib.suppress(EOFError):
            self.connection.recv()

    def end(self) -> None:
        self.connection.close()
        self.process.join(timeout=5)
        self.process.kill()


def _forks(paths: Paths, connection: Connection) -> None:
    """Load what every build needs, then fork at each request until the other side is gone."""
    import material.plugins.search.plugin  # noqa: F401
    import mkdocs.commands.build  # noqa: F401
    import numpy as np  # noqa: F401

    from gen import warm

    sys.dont_write_bytecode = True
    warm.figures(paths)
    warm.torch("".join(p.read_text(encoding="utf-8") for p in paths.snippets.rglob("*.py")))
    while True:
        try:
            connection.recv()
        except (EOFError, KeyboardInterrupt):
            return
        child = os.fork()
        if child == 0:
            connection.close()
            os._exit(_build())
        _, status = os.waitpid(child, 0)
        connection.send(os.waitstatus_to_exitcode(status))


def _build() -> int:
    """One build, with the generator and the snippets as they are on disk."""
    for name in [n for n in sys.modules if n.partition(".")[0] in OURS]:
        del sys.modules[name]
    from gen.__main__ import main

    return main(["build"])


def run(paths: Paths, progress: Progress, port: int) -> None:
    """Build, then serve on 127.0.0.1 until interrupted."""
    logging.getLogger("mkdocs.livereload").setLevel(logging.WARNING)
    _try_port(port)
    builder = Builder(paths)
    try:
        builder.build()
        if not paths.site.is_dir():
            problem = Problem("site", 1, "there is no earlier site to serve", "mend the above")
            raise Failure([problem])
        server = _server(paths, builder, port)
        url = f"http://{HOST}:{port}"
        progress.say(f"serving {url}/ and {url}/en/ (Ctrl+C ends)")
        try:
            server.serve(open_in_browser=False)  # type: ignore[no-untyped-call]
        finally:
            server.shutdown(wait=True)
    finally:
        builder.end()


def _try_port(port: int) -> None:
    """Raise Failure where the port cannot be used: before the build, not after it."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
    except (OSError, OverflowError) as error:
        todo = "end what uses it, or choose another: make serve ARGS='--port 8001'"
        what = f"port {port} cannot be used ({getattr(error, 'strerror', None) or error})"
        raise Failure([Problem("Makefile", 1, what, todo)]) from None


def _server(paths: Paths, builder: Builder, port: int) -> LiveReloadServer:
    server = LiveReloadServer(
        builder=builder.build, host=HOST, port=port, root=str(paths.site), mount_path="/"
    )
    server.error_handler = lambda code: _not_found(paths.site) if code == 404 else None
    for name in WATCHED:
        server.watch(str(paths.root / name))
    return server


def _not_found(site: Path) -> bytes | None:
    page = site / "404.html"
    return page.read_bytes() if page.is_file() else None
