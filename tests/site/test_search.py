"""The search as a reader meets it: by keyboard, by mouse, on a phone, in both languages."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.site.searching import ask, open_search

BOX = "[data-md-component=search-query]"
RESULTS = ".md-search-result__item"


def type_in(page: Page, text: str) -> None:
    """Type as a reader does, who waits for the results of all that was typed."""
    page.keyboard.type(text)
    expect(page.locator(f"{RESULTS} a").first).to_have_attribute(
        "href", re.compile(rf"h={text}\b", re.I)
    )


# --------------------------------------------------------------------------- keyboard


def test_keyboard_alone_finds_and_opens_a_page(page: Page) -> None:
    open_search(page)
    expect(page.locator(BOX)).to_be_focused()
    type_in(page, "relu")
    expect(page.locator(RESULTS).first).to_contain_text("ReLU")
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"{RESULTS} a").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator(BOX)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/activations/relu.html*")
    expect(page.locator("h1")).to_contain_text("ReLU")


def test_enter_opens_the_best_section_with_its_words_marked(page: Page) -> None:
    open_search(page)
    page.keyboard.type("relu 0")
    page.keyboard.insert_text("处不可导")  # as an input method does, or pasting: without a key
    expect(page.locator(f"{RESULTS} h2").first).to_contain_text("不可导")
    page.keyboard.press("Enter")
    # The section, or the question that is asked in these words and answered by it.
    page.wait_for_url(re.compile(r"/activations/relu\.html.*#(relu-)?derivative-at-zero$"))
    marks = page.locator("article mark[data-md-highlight]")
    expect(marks.first).to_be_visible()
    assert any("不可导" in text for text in marks.all_text_contents())


def test_escape_closes_the_search(page: Page) -> None:
    open_search(page)
    page.keyboard.type("relu")
    page.keyboard.press("Escape")
    expect(page.locator("#__search")).not_to_be_checked()
    expect(page.locator(BOX)).not_to_be_focused()


def test_the_right_arrow_completes_a_name(page: Page) -> None:
    open_search(page, "en/")
    page.keyboard.type("rectified li")
    expect(page.locator("[data-md-component=search-suggest]")).to_have_text("rectified linear")
    page.keyboard.press("ArrowRight")
    expect(page.locator(BOX)).to_have_value("rectified linear")


# --------------------------------------------------------------------------- mouse and phone


@pytest.mark.parametrize("width", [360, 390, 1280])
@pytest.mark.parametrize(("home", "title"), [("", "ReLU"), ("en/", "ReLU")])
def test_a_tap_opens_the_result(
    open_page: Callable[..., Page], width: int, home: str, title: str
) -> None:
    page = open_page(viewport={"width": width, "height": 780})
    page.goto(home)
    # On a narrow window the box is opened by a button, on a wide one it is there.
    button = page.locator("header label.md-header__button[for=__search]")
    (button if button.is_visible() else page.locator(BOX)).click()
    page.locator(BOX).fill("relu")
    link = page.locator(f"{RESULTS} a").first
    expect(link).to_be_visible()
    page.wait_for_timeout(500)  # on a narrow window the box slides in
    box = link.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    link.click()
    page.wait_for_url(f"**/{home}activations/relu.html*")


# --------------------------------------------------------------------------- what a result says


def test_a_result_says_why_it_was_found(page: Page) -> None:
    open_search(page)
    first = page.locator(f"{RESULTS} h1").first
    for query, why in {
        "线性整流函数": "又称 线性整流函数",
        "xianxingzhengliuhanshu": "拼音 线性整流函数",
        "xxzlhs": "拼音首字母 线性整流函数",
        "线型整流函数": "读音相近 线性整流函数",
        "rectifeid linear unit": "拼写相近 rectified linear unit",
    }.items():
        assert ask(page, query).results[0].page == "activations/relu"
        expect(first).to_contain_text(why)
    ask(page, "ReLU")
    expect(first.locator(".yj-why")).to_have_count(0)


@pytest.mark.parametrize(
    ("home", "query", "notice", "count"),
    [
        ("", "红烧肉", "没有找到“红烧肉”", "没有找到"),
        ("en/", "zzqqxv", "Nothing found for “zzqqxv”", "Nothing found"),
    ],
)
def test_nothing_is_said_plainly(
    page: Page, home: str, query: str, notice: str, count: str
) -> None:
    open_search(page, home)
    answer = ask(page, query)
    assert answer.is_nothing
    assert answer.results[0].page == "glossary"
    expect(page.locator(f"{RESULTS} h1").first).to_have_text(notice)
    expect(page.locator(".md-search-result__meta")).to_contain_text(count)


def test_what_was_typed_is_text(page: Page) -> None:
    open_search(page)
    answer = ask(page, "<img src=x onerror=alert(1)>")
    assert answer.results
    assert page.locator(".md-search-result__list img").count() == 0


@pytest.mark.parametrize("home", ["", "en/"])
def test_a_concept_stands_above_glossary_and_sheets(page: Page, home: str) -> None:
    open_search(page, home)
    for query in ("ReLU", "softmax", "激活函数", "activation function"):
        pages = [result.page for result in ask(page, query).results]
        beside = [i for i, name in enumerate(pages) if not name.startswith("activations/")]
        concepts = [i for i, name in enumerate(pages) if name.startswith("activations/")]
        assert concepts
        assert not beside or concepts[0] < beside[0]


def test_words_in_the_address_are_marked(page: Page) -> None:
    """A shared search opens with its answer."""
    page.goto("?q=softmax")
    expect(page.locator(RESULTS).first).to_contain_text("softmax")


# --------------------------------------------------------------------------- the files


@pytest.mark.parametrize("lang", ["", "en"])
def test_the_index_is_small(
    site_folder: Path, lang: str, record_property: Callable[[str, object], None]
) -> None:
    index = (site_folder / lang / "search/search_index.json").read_bytes()
    script = next((site_folder / lang / "assets/js").glob("search.*.js")).read_bytes()
    sizes = [len(gzip.compress(content, 6)) for content in (index, script)]
    record_property(
        "figures",
        f"{lang or 'zh'}: index {sizes[0]:,} bytes compressed, script {sizes[1]:,}",
    )
    assert sizes[0] <= 100_000


@pytest.mark.parametrize("lang", ["", "en"])
def test_the_script_is_named_by_its_content(site_folder: Path, lang: str) -> None:
    scripts = list((site_folder / lang / "assets/js").glob("search.*.js"))
    assert len(scripts) == 1
    digest = hashlib.sha256(scripts[0].read_bytes()).hexdigest()
    assert scripts[0].name == f"search.{digest[:8]}.js"
    for name in ("index.html", "activations/relu.html"):
        page = site_folder / lang / name
        config = re.search(r'<script id="__config"[^>]*>(.*?)</script>', page.read_text("utf-8"))
        assert config is not None
        assert json.loads(config[1])["search"].endswith(f"assets/js/{scripts[0].name}")


# --------------------------------------------------------------------------- the glossary


@pytest.mark.parametrize(
    ("address", "typed", "left"),
    [
        ("glossary.html", "relu", "线性整流函数"),
        ("en/glossary.html", "zheng liu", "rectified linear unit"),
    ],
)
def test_the_glossary_is_filtered_and_sorted(
    page: Page, address: str, typed: str, left: str
) -> None:
    page.goto(address)
    rows = page.locator("#terms tbody tr")
    first_column = page.locator("#terms tbody td:first-child").all_text_contents()
    assert len(first_column) >= 5
    page.locator("#terms thead button").first.click()
    page.locator("#terms thead button").first.click()
    assert page.locator("#terms tbody td:first-child").all_text_contents() != first_column
    page.locator(".yj-filter input").fill(typed)
    visible = [row.locator("td").first.inner_text() for row in rows.all() if row.is_visible()]
    assert left in visible
    assert len(visible) < len(first_column)
    page.locator("#terms tbody tr:visible a").first.click()
    expect(page.locator("h1")).to_be_visible()
