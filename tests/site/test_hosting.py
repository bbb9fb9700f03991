"""The site is at home anywhere: nothing leaves its host, and its links hold wherever it lies."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from gen import offline
from gen.paths import Paths
from tests.site.conftest import RefusingProxy, Watch
from tests.site.searching import ask, open_search
from tests.site.test_pages import PAGES


def html_files(folder: Path) -> list[str]:
    """Every page of the site; the 404 page is shown at addresses that it does not know."""
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.html"))
    return [name for name in found if not name.endswith("404.html")]


# --------------------------------------------------------------------------- nothing leaves


def test_the_proxy_would_see_it(browser: Browser, proxy: RefusingProxy) -> None:
    context = browser.new_context(**proxy.options)
    page = context.new_page()
    page.set_content("<img src='http://example.com/a.png'>", wait_until="load")
    page.wait_for_timeout(200)
    context.close()
    assert any("example.com" in line for line in proxy.asked)


@pytest.mark.parametrize("home", ["index.html", "en/index.html"])
def test_a_search_does_not_leave_the_host(visit: Callable[..., Page], home: str) -> None:
    """What is asked of every page stands in test_pages.py; this is what its search loads."""
    page = visit(home)
    open_search(page, home)
    assert ask(page, "relu").results


def test_every_page_is_visited(site_folder: Path) -> None:
    """No outside request, no missing file, no error on the console: test_pages.py asks them all."""
    assert html_files(site_folder) == sorted(PAGES)


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


class Switch(HTMLParser):
    """Reads where the language switch of a page leads."""

    address = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and "yj-switch" in (given.get("class") or "").split():
            self.address = given["href"] or ""


@pytest.mark.parametrize("name", PAGES)
def test_the_switch_of_every_page_leads_to_its_twin(site_folder: Path, name: str) -> None:
    """By a relative address, so that it holds on every host, under a path and in a folder."""
    switch = Switch()
    switch.feed((site_folder / name).read_text(encoding="utf-8"))
    parts = urlsplit(switch.address)
    assert not parts.scheme
    assert not parts.netloc
    twin = name.removeprefix("en/") if name.startswith("en/") else f"en/{name}"
    assert posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path))) == twin
    assert (site_folder / twin).is_file()


def at_each_depth() -> list[str]:
    """A Chinese page of each depth, and a sheet: every page's address has been looked at above."""
    depths: dict[int, str] = {}
    for name in PAGES:
        if not name.startswith("en/"):
            depths.setdefault(name.count("/"), name)
    return [*depths.values(), "cheatsheets/index.html"]


@pytest.mark.parametrize("kind", ["port", "path", "folder"])
def test_a_click_on_the_switch_leads_to_the_twin_and_back(
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
    for name in at_each_depth():
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
