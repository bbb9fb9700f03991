"""Serves the site, and builds it again whenever something it is made of changes.

Builds run in forks of a process that has loaded the libraries, the generator and MkDocs'
configuration once, and begins anew where one of these has changed; a failed build says why and
leaves the pages as they are.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import multiprocessing
import os
import socket
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from mkdocs.livereload import LiveReloadServer

from gen import stamp
from gen.errors import Failure, Problem
from gen.paths import Paths
from gen.progress import Progress

WATCHED = ("snippets", "docs", "theme", "gen", "mkdocs.yml", "mkdocs.en.yml")
LOADED = (*stamp.COMMON, "snippets/__init__.py", "snippets/kit.py", "snippets/house.mplstyle")
"""What is loaded before a build is asked for: with another content it is loaded anew."""
HOST = "127.0.0.1"


class Builder:
    """A process that builds on request.

    It begins before there is a server, since a process that is begun later has the server's open
    connections too and keeps them from being closed; it keeps another, with all loaded, that forks
    one for each build.
    """

    def __init__(self, paths: Paths) -> None:
        self.process, self.connection = _begin(_keep, paths)

    def build(self) -> None:
        """Build the checkout as it is now; what is wrong with it is told on the terminal."""
        with contextlib.suppress(OSError, EOFError):
            self.connection.send("build")
            self.connection.recv()

    def end(self) -> None:
        self.connection.close()
        self.process.join(timeout=5)
        self.process.kill()


def _begin(
    target: Callable[[Paths, Connection], None], paths: Paths
) -> tuple[BaseProcess, Connection]:
    """A process, and the connection to it; where that is closed, it ends."""
    ours, theirs = multiprocessing.Pipe()
    # Not a daemon: it has processes of its own.
    process = multiprocessing.get_context("fork").Process(
        target=_run, args=(target, paths, theirs, ours)
    )
    process.start()
    theirs.close()
    return process, ours


def _run(
    target: Callable[[Paths, Connection], None],
    paths: Paths,
    connection: Connection,
    other: Connection,
) -> None:
    other.close()
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        target(paths, connection)


def _keep(paths: Paths, connection: Connection) -> None:
    """Have a process that is loaded, and a new one when that is out of date."""
    process, loaded = _begin(_forks, paths)
    try:
        while True:
            connection.recv()
            if not process.is_alive():  # the generator could not be loaded
                process, loaded = _begin(_forks, paths)
            outdated = True
            with contextlib.suppress(OSError, EOFError):
                loaded.send("build")
                outdated = loaded.recv()
            if outdated:
                loaded.close()
                process.join()
                process, loaded = _begin(_forks, paths)
            connection.send("built")
    finally:
        loaded.close()
        process.join(timeout=5)
        process.kill()


def _forks(paths: Paths, connection: Connection) -> None:
    """Load what every build needs, then fork at each request until the other side is gone.

    The answer to a request is whether what was loaded is out of date.
    """
    sys.dont_write_bytecode = True
    loaded = stamp.digest(paths.root, LOADED)
    from gen import pages, search, site, warm  # noqa: F401

    pages.load_mkdocs()
    pages.prepare(paths)
    search.load()
    warm.figures(paths)
    warm.torch("".join(p.read_text(encoding="utf-8") for p in paths.snippets.rglob("*.py")))
    gc.collect()
    gc.freeze()  # the forks share it
    while True:
        connection.recv()
        outdated = stamp.digest(paths.root, LOADED) != loaded
        child = os.fork()
        if child == 0:
            connection.close()
            os._exit(_build(paths, outdated))
        os.waitpid(child, 0)
        connection.send(outdated)


def _build(paths: Paths, outdated: bool) -> int:
    """One build, with the generator and the snippets as they are on disk."""
    if outdated:
        os.chdir(paths.root)
        os.execv(sys.executable, [sys.executable, "-m", "gen", "build"])
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
