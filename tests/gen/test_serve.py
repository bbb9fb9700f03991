"""The site while it is written: renewed at a change, whole after a mistake, gone at the end."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.gen.conftest import Project

MISTAKE = "x-nowhere.md"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A running ``gen serve``, what it has said so far, and its pages."""

    project: Project
    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=90) as page:
                return page.status, page.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def wait(self, what: str, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 180
        while not done():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, f"{what} never came:\n{self.log.read_text()}"
            time.sleep(0.1)


@pytest.fixture
def server(project: Project) -> Iterator[Server]:
    port, log = free_port(), project.root / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "gen", "serve", "--port", str(port)],
            cwd=project.root,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = Server(project, process, port, log)
    try:
        running.wait("the address", lambda: f"serving http://127.0.0.1:{port}/" in log.read_text())
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=60)
        finally:
            process.kill()


@pytest.mark.slow
def test_serve(server: Server) -> None:
    """One run through all, since it takes seconds to begin."""
    status, page = server.get("demo/double.html")
    assert status == 200
    assert "livereload" in page
    assert "3.0" in page

    status, page = server.get("nowhere/at-all.html")
    assert status == 404
    assert "没有这一页" in page

    server.project.replace("snippets/demo/double.py", "double(1.5)", "double(2.5)")
    server.wait("a new number", lambda: "5.0" in server.get("demo/double.html")[1])
    assert "5.0" in server.get("en/demo/double.html")[1]

    zh = "docs/zh/demo/double.md"
    server.project.replace(zh, "把数变成两倍", f"[x]({MISTAKE}) 把数变成两倍")
    told = f"{zh}:8: the link '{MISTAKE}' leads to no page; "
    server.wait("the mistake", lambda: told in server.log.read_text())
    assert "5.0" in server.get("demo/double.html")[1], "the last site stands"

    server.project.replace(zh, f"[x]({MISTAKE}) 把数变成两倍", "把数加倍")
    server.wait("the words", lambda: "把数加倍" in server.get("demo/double.html")[1])

    # The process that builds has these loaded.
    server.project.replace("theme/404.html", "没有这一页", "没有此页")
    server.wait("the template", lambda: "没有此页" in server.get("nowhere.html")[1])
    server.project.replace("gen/emit.py", '"源码"', '"出处')
    server.wait("the mistake in it", lambda: "SyntaxError" in server.log.read_text())
    server.project.replace("gen/emit.py", '"出处', '"出处"')
    server.wait("the generator", lambda: ">出处</a>" in server.get("demo/double.html")[1])

    server.process.send_signal(signal.SIGINT)
    server.process.wait(timeout=60)
    said = server.log.read_text()
    assert "Traceback" not in said.split("SyntaxError")[-1], said
    with pytest.raises(urllib.error.URLError):
        server.get("index.html")


TODO = "end what uses it, or choose another: make serve ARGS='--port 8001'"


def test_a_port_in_use(project: Project) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        run = project.run("serve", "--port", str(port))
    assert run.code == 1
    assert run.out.startswith(f"Makefile:1: port {port} cannot be used (")
    assert run.problems[0].endswith(f"); {TODO}")


def test_no_port(project: Project) -> None:
    run = project.run("serve", "--port", "70000")
    assert run.problems == [
        f"Makefile:1: port 70000 cannot be used (bind(): port must be 0-65535.); {TODO}"
    ]


def test_nothing_to_serve(project: Project) -> None:
    """The first build fails and there is no earlier site."""
    (project.root / "site").rename(project.root / "gone")
    project.replace("docs/zh/demo/double.md", "例如", "例如 37 和")
    run = project.run("serve", "--port", str(free_port()))
    assert run.code == 1
    assert "site:1: there is no earlier site to serve; mend the above" in run.out
    assert "no code stands behind the number '37'" in run.out
