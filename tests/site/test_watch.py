"""The watch over the pages is itself watched: what it must report, it reports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.site.conftest import Watch


@pytest.fixture
def visit(
    browser: Browser, serve: Callable[[Path], str], tmp_path: Path
) -> Callable[[str], list[str]]:
    """Show the browser a page with this body; what the watch saw, without the port."""

    def show(body: str) -> list[str]:
        (tmp_path / "index.html").write_text(
            f"<!doctype html><title>t</title><link rel=icon href='data:,'>{body}", encoding="utf-8"
        )
        address = serve(tmp_path)
        watch = Watch(address.rstrip("/"))
        page = browser.new_page()
        watch.follow(page)
        page.goto(address, wait_until="networkidle")
        page.close()
        return [seen.replace(address, "/") for seen in watch.seen]

    return show


def test_a_good_page_is_left_alone(visit: Callable[[str], list[str]]) -> None:
    assert visit("<p>good</p><script>console.log('said')</script>") == []


@pytest.mark.parametrize(
    ("body", "report"),
    [
        (
            "<img src='http://example.com/a.png'>",
            "request to another host: http://example.com/a.png",
        ),
        ("<img src='no.png'>", "status 404: /no.png"),
        ("<script>console.error('bad')</script>", "console: bad (/)"),
        ("<script>throw new Error('bad')</script>", "uncaught error: bad"),
        (
            "<script>new Worker(URL.createObjectURL(new Blob(["
            "\"fetch('http://example.com/w').catch(() => 0)\"])))</script>",
            "request to another host: http://example.com/w",
        ),
    ],
)
def test_a_bad_page_is_reported(visit: Callable[[str], list[str]], body: str, report: str) -> None:
    assert report in visit(body)
