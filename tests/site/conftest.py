"""The built site in a real browser.

``page`` is a browser page on the site; ``open_page`` makes more of them (a phone, a dark one, one
without scripts).  Each is watched: a request to another host, an error on the console or a missing
file fails the test.  ``site`` is the address of the site.
"""

from __future__ import annotations

import http.server
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

from tools import chromium

ROOT = Path(__file__).resolve().parent.parent.parent
SITE = ROOT / "site"

FLAGS = (
    "--no-sandbox",  # a container has no user namespaces, and root may not use the sandbox
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-features=AutofillServerCommunication",
    # Nothing but this machine can be reached, whoever asks: a page, a worker, the browser itself.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The path of a Chromium that runs."""
    found = chromium.find()
    if not found:
        pytest.fail("no Chromium was found; run the tests by `make test`, which gets one")
    return found


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    """One browser for all the tests of a worker."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield browser
        browser.close()


# --------------------------------------------------------------------------- the site


@pytest.fixture(scope="session")
def site_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the site, built from what the checkout holds now: once for all workers."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    outcome = shared / "site-build.txt"
    with FileLock(outcome.with_suffix(".lock")):
        if not outcome.exists():
            build = subprocess.run(
                [sys.executable, "-m", "gen", "build"], cwd=ROOT, capture_output=True, text=True
            )
            failed = build.stdout + build.stderr if build.returncode else ""
            outcome.write_text(failed, encoding="utf-8")
    failed = outcome.read_text(encoding="utf-8")
    if failed:
        pytest.fail(f"the site does not build:\n{failed}", pytrace=False)
    return SITE


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files as GitHub Pages does: what is missing gets the site's own 404 page."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        own = Path(self.directory, "404.html")
        if code != HTTPStatus.NOT_FOUND or not own.exists():
            super().send_error(code, message, explain)
            return
        content = own.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the log of a test run is for what fails."""


class Server(http.server.ThreadingHTTPServer):
    """Does not mind a browser that closes a connection early."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """``serve(folder)`` serves a folder on a free port of this machine and gives its address."""
    servers: list[Server] = []

    def start(folder: Path) -> str:
        server = Server(("127.0.0.1", 0), partial(Handler, directory=os.fspath(folder)))
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def site(site_folder: Path, serve: Callable[[Path], str]) -> str:
    """The address of the built site, with a slash at its end."""
    return serve(site_folder)


# --------------------------------------------------------------------------- nothing leaves


class RefusingProxy(socketserver.ThreadingTCPServer):
    """Refuses every request and remembers its first line."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), Refuse)

    @property
    def options(self) -> dict[str, Any]:
        """Options of a context whose every request beyond this machine goes to the proxy."""
        host, port = self.server_address[:2]
        return {"proxy": {"server": f"http://{host}:{port}", "bypass": "127.0.0.1"}}


class Refuse(socketserver.StreamRequestHandler):
    server: RefusingProxy

    def handle(self) -> None:
        self.server.asked.append(self.rfile.readline(4096).decode("latin-1").strip())
        self.wfile.write(b"HTTP/1.1 502 refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.fixture
def proxy() -> Iterator[RefusingProxy]:
    """A proxy for one test."""
    with RefusingProxy() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


# --------------------------------------------------------------------------- pages


@dataclass
class Watch:
    """What a page did that no page of the site may do."""

    home: str
    """Scheme and host that it may ask: ``http://127.0.0.1:8123``."""
    missing_on_purpose: set[str] = field(default_factory=set)
    """Addresses that a test asks for because they are not there."""
    seen: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.on("request", self.on_request)
        page.on("response", self.on_response)
        page.on("console", self.on_console)
        page.on("pageerror", lambda error: self.seen.append(f"uncaught error: {error}"))

    def on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.netloc and f"{address.scheme}://{address.netloc}" != self.home:
            self.seen.append(f"request to another host: {request.url}")

    def on_response(self, response: Response) -> None:
        if response.status >= 400 and response.url not in self.missing_on_purpose:
            self.seen.append(f"status {response.status}: {response.url}")

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and message.location["url"] not in self.missing_on_purpose:
            self.seen.append(f"console: {message.text} ({message.location['url']})")


@pytest.fixture
def watch(site: str) -> Iterator[Watch]:
    """What the pages of this test are watched for.

    A test that looks at the 404 page says so: ``watch.missing_on_purpose.add(address)``.
    """
    watch = Watch(site.rstrip("/"))
    yield watch
    if watch.seen:
        pytest.fail("the page misbehaved:\n  " + "\n  ".join(watch.seen), pytrace=False)


@pytest.fixture
def open_page(browser: Browser, site: str, watch: Watch) -> Iterator[Callable[..., Page]]:
    """``open_page(**options)`` is a new watched page; options as of playwright's ``new_context``.

    ``open_page(viewport={"width": 390, "height": 844}, color_scheme="dark").goto("en/")``
    """
    contexts = []

    def open_one(**options: Any) -> Page:
        context = browser.new_context(base_url=site, **options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        watch.follow(page)
        return page

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A watched page of desktop size; ``goto("activations/relu.html")`` is relative to the site."""
    return open_page(viewport={"width": 1280, "height": 900})


# --------------------------------------------------------------------------- every page

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}


@pytest.fixture(scope="session")
def guests(browser: Browser, site: str) -> Iterator[tuple[dict[str, Page], Watch, RefusingProxy]]:
    """A reader at a desk and one with a phone, who stay, watched and behind a refusing proxy."""
    with RefusingProxy() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        watch = Watch(site.rstrip("/"))
        pages = {}
        for name, options in (("desktop", DESKTOP), ("phone", PHONE)):
            context = browser.new_context(base_url=site, **server.options, **options)
            context.set_default_timeout(10_000)
            pages[name] = context.new_page()
            watch.follow(pages[name])
        yield pages, watch, server
        for page in pages.values():
            page.context.close()
        server.shutdown()


@pytest.fixture
def visit(
    guests: tuple[dict[str, Page], Watch, RefusingProxy],
) -> Iterator[Callable[[str, str], Page]]:
    """``visit(address, "phone")`` shows a page to a reader who has been here before, and so has
    its styles and fonts: for what is asked of every page of the site.
    """
    pages, watch, proxy = guests

    def show(address: str, guest: str = "desktop") -> Page:
        pages[guest].goto(address)
        return pages[guest]

    yield show
    seen = watch.seen + [f"request beyond this machine: {line}" for line in proxy.asked]
    watch.seen.clear()
    proxy.asked.clear()
    if seen:
        pytest.fail("the page misbehaved:\n  " + "\n  ".join(seen), pytrace=False)
