"""The site is at home anywhere: nothing leaves its host, and its links hold wherever it lies."""

from __future__ import annotations

import re
import socketserver
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from gen import offline
from gen.paths import Paths
from tests.site.conftest import Watch
from tests.site.searching import ask, open_search


def html_files(folder: Path) -> list[str]:
    """Every page of the site; the 404 page is shown at addresses that it does not know."""
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
    return [name for name in found if not name.endswith("404.html")]


# --------------------------------------------------------------------------- nothing leaves


class RefusingProxy(socketserver.ThreadingTCPServer):
    """Refuses every request and remembers its first line."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), Refuse)


class Refuse(socketserver.StreamRequestHandler):
    server: RefusingProxy

    def handle(self) -> None:
        self.server.asked.append(self.rfile.readline(4096).decode("latin-1").strip())
        self.wfile.write(b"HTTP/1.1 502 refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.fixture
def proxy() -> Iterator[RefusingProxy]:
    with RefusingProxy() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def proxied(browser: Browser, proxy: RefusingProxy) -> Iterator[Callable[..., Page]]:
    """Pages of a browser whose every request beyond this machine goes to the proxy."""
    contexts = []

    def new_page(**options: object) -> Page:
        host, port = proxy.server_address[:2]
        context = browser.new_context(
            proxy={"server": f"http://{host}:{port}", "bypass": "127.0.0.1"}, **options
        )
        contexts.append(context)
        return context.new_page()

    yield new_page
    for context in contexts:
        context.close()


def test_the_proxy_would_see_it(proxied: Callable[..., Page], proxy: RefusingProxy) -> None:
    page = proxied()
    page.set_content("<img src='http://example.com/a.png'>", wait_until="load")
    page.wait_for_timeout(200)
    assert any("example.com" in line for line in proxy.asked)


def test_nothing_leaves_the_host(
    proxied: Callable[..., Page],
    proxy: RefusingProxy,
    site: str,
    site_folder: Path,
    watch: Watch,
) -> None:
    """No outside request, no missing file, no error on the console, on any page."""
    page = proxied(viewport={"width": 1280, "height": 900})
    watch.follow(page)
    names = html_files(site_folder)
    assert len(names) >= 20
    for name in names:
        page.goto(site + name, wait_until="load")
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.wait_for_timeout(150)
    open_search(page, site)
    ask(page, "relu")
    assert proxy.asked == []


# --------------------------------------------------------------------------- language switch


def place(kind: str, folder: Path, serve: Callable[[Path], str], tmp: Path) -> str:
    """The address of the site: on a port of its own, under a path, or from a folder."""
    if kind == "folder":
        return folder.resolve().as_uri() + "/"
    if kind == "port":
        return serve(folder)
    root = tmp / "host"
    (root / "some").mkdir(parents=True)
    (root / "some/path").symlink_to(folder, target_is_directory=True)
    return serve(root) + "some/path/"


@pytest.mark.parametrize("kind", ["port", "path", "folder"])
def test_the_switch_leads_to_the_twin_and_back(
    kind: str,
    browser: Browser,
    site_folder: Path,
    serve: Callable[[Path], str],
    tmp_path: Path,
) -> None:
    home = place(kind, site_folder, serve, tmp_path)
    page = browser.new_page()
    page.set_default_timeout(10_000)
    watch = Watch("file://" if kind == "folder" else "://".join(urlsplit(home)[:2]))
    watch.follow(page)
    switch = page.locator(".yj-switch").first
    for name in (n for n in html_files(site_folder) if not n.startswith("en/")):
        page.goto(f"{home}{name}")
        switch.click()
        page.wait_for_url(re.compile(re.escape(f"{home}en/{name}") + "$"))
        expect(page.locator("html")).to_have_attribute("lang", "en")
        switch.click()
        page.wait_for_url(re.compile(re.escape(f"{home}{name}") + "$"))
    page.close()
    assert watch.seen == []


@pytest.mark.parametrize("kind", ["port", "path", "folder"])
def test_the_switch_keeps_the_section(
    kind: str,
    browser: Browser,
    site_folder: Path,
    serve: Callable[[Path], str],
    tmp_path: Path,
) -> None:
    home = place(kind, site_folder, serve, tmp_path)
    page = browser.new_page()
    page.set_default_timeout(10_000)
    page.goto(f"{home}activations/relu.html")
    for anchor in page.locator("article h2[id]").evaluate_all("all => all.map((h) => h.id)"):
        page.goto(f"{home}activations/relu.html#{anchor}")
        page.evaluate("id => document.getElementById(id).scrollIntoView()", anchor)
        at = page.evaluate(
            "[...document.querySelectorAll('article :is(h2, h3, h4)[id]')]"
            ".filter((h) => h.getBoundingClientRect().top < innerHeight / 3).at(-1).id"
        )
        page.locator(".yj-switch").first.click()
        page.wait_for_url(f"{home}en/activations/relu.html#{at}")
        assert page.locator(f"[id='{at}']").count() == 1
    page.close()


# --------------------------------------------------------------------------- from a folder


@pytest.fixture(scope="module")
def unpacked(site_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a reader gets out of the archive."""
    root = tmp_path_factory.mktemp("offline")
    (root / "build").mkdir()
    (root / "site").symlink_to(site_folder, target_is_directory=True)
    paths = Paths(root)
    offline.pack(paths)
    first = (paths.build / "youju-offline.zip").read_bytes()
    offline.pack(paths)
    assert (paths.build / "youju-offline.zip").read_bytes() == first
    with zipfile.ZipFile(paths.build / "youju-offline.zip") as archive:
        archive.extractall(root / "reader")
    return root / "reader/youju-offline"


@pytest.mark.parametrize(
    ("home", "query"), [("index.html", "线性整流"), ("en/index.html", "rectified")]
)
def test_the_archive_searches_from_a_folder(
    browser: Browser, unpacked: Path, home: str, query: str
) -> None:
    page = browser.new_page()
    watch = Watch("file://")
    watch.follow(page)
    open_search(page, (unpacked / home).as_uri())
    answer = ask(page, query)
    assert answer.results[0].page == "activations/relu"
    page.keyboard.press("Enter")
    page.wait_for_url("file://**/activations/relu.html*")
    expect(page.locator("article mark[data-md-highlight]").first).to_be_visible()
    page.close()
    assert watch.seen == []


def test_every_link_of_the_archive_leads_to_a_file(unpacked: Path) -> None:
    missing = []
    for page in sorted(unpacked.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        for link in re.findall(r'\b(?:href|src)="([^"]+)"', text):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or not parts.path:
                continue
            if not (page.parent / unquote(parts.path)).exists():
                missing.append(f"{page.relative_to(unpacked)}: {link}")
    assert missing == []
