"""The pages as a reader meets them: both languages, both themes, phone, keyboard, print."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.site.conftest import PHONE

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = [
    prefix + path.relative_to(DOCS / lang).with_suffix(".html").as_posix()
    for lang, prefix in (("zh", ""), ("en", "en/"))
    for path in sorted((DOCS / lang).rglob("*.md"))
]
RELU = {"zh": "activations/relu.html", "en": "en/activations/relu.html"}

Open = Callable[..., Page]

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
RAW_MARKS = r"""
() => {
  const skip = "script, style, pre, code, svg, annotation, .katex";
  const walker = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.data;
    if (!walker.currentNode.parentElement.closest(skip) && /\*\*|\\\(|\$\$|\{\*|\[@|`/.test(text))
      found.push(text.trim().slice(0, 60));
  }
  return found;
}
"""
TWICE = """
() => {
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  return ids.filter((id, i) => ids.indexOf(id) !== i);
}
"""
FIGURE_TEXTS = """
() => [...document.querySelectorAll(".yj-canvas svg")].map(svg => {
  const frame = svg.getBoundingClientRect();
  return {
    name: svg.closest("figure").id,
    frame: [frame.left, frame.top, frame.right, frame.bottom],
    texts: [...svg.querySelectorAll("text")].map(t => {
      const r = t.getBoundingClientRect();
      return {text: t.textContent.trim(), box: [r.left, r.top, r.right, r.bottom]};
    }).filter(t => t.text),
  };
})
"""


@pytest.mark.parametrize("address", PAGES)
def test_page_is_whole_on_desk_and_phone(visit: Callable[..., Page], address: str) -> None:
    """And asks nobody else: a reader who visits is watched, and behind a refusing proxy."""
    page = visit(address)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")  # what is loaded on sight
    assert faults_of_figures(page) == []
    assert page.evaluate(RAW_MARKS) == []
    assert page.locator("h1").count() == 1
    assert page.evaluate(TWICE) == []
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    assert visit(address, "phone").evaluate(OVERFLOW) <= 0


def faults_of_figures(page: Page) -> list[str]:
    """Texts that overlap or are cut off, in the reader's own fonts, which are not those that the
    figure was measured with.
    """
    faults = []
    for figure in page.evaluate(FIGURE_TEXTS):
        left, top, right, bottom = figure["frame"]
        for item in figure["texts"]:
            a, b, c, d = item["box"]
            if a < left - 2 or b < top - 2 or c > right + 2 or d > bottom + 2:
                faults.append(f"{figure['name']}: {item['text']!r} is cut off")
        for one, two in combinations(figure["texts"], 2):
            wide = min(one["box"][2], two["box"][2]) - max(one["box"][0], two["box"][0])
            high = min(one["box"][3], two["box"][3]) - max(one["box"][1], two["box"][1])
            if wide > 3 and high > 5:
                faults.append(f"{figure['name']}: {one['text']!r} over {two['text']!r}")
    return faults


def test_switching_the_language_keeps_page_and_section(page: Page) -> None:
    page.goto(RELU["zh"] + "#derivative-at-zero")
    page.locator(".yj-switch").click()
    page.wait_for_url("**/en/activations/relu.html#derivative-at-zero")
    assert page.locator("html").get_attribute("lang") == "en"
    page.locator(".yj-switch").click()
    page.wait_for_url("**/activations/relu.html#derivative-at-zero")
    assert "/en/" not in page.url
    assert page.locator("html").get_attribute("lang") == "zh-Hans"


@pytest.mark.parametrize("lang", RELU)
def test_dark_theme_reaches_page_and_figures(open_page: Open, lang: str) -> None:
    def colours(scheme: str) -> tuple[str, str]:
        page = open_page(color_scheme=scheme)
        page.goto(RELU[lang])
        text = page.locator(".yj-canvas svg text").first
        return (
            page.evaluate("getComputedStyle(document.body).backgroundColor"),
            text.evaluate("e => getComputedStyle(e).fill"),
        )

    light, dark = colours("light"), colours("dark")
    assert _lightness(light[0]) > 0.9 > 0.4 > _lightness(light[1])
    assert _lightness(dark[0]) < 0.2 < 0.6 < _lightness(dark[1])


def _lightness(colour: str) -> float:
    red, green, blue = (int(p) for p in colour[colour.index("(") + 1 : -1].split(",")[:3])
    return (red + green + blue) / 765


def test_theme_can_be_switched_and_is_kept(page: Page) -> None:
    page.goto(RELU["zh"])
    before = page.locator("body").get_attribute("data-md-color-scheme")
    page.locator("label.md-header__button:visible[for^=__palette]").click()
    after = page.locator("body").get_attribute("data-md-color-scheme")
    assert {before, after} == {"default", "slate"}
    page.goto(RELU["en"])
    assert page.locator("body").get_attribute("data-md-color-scheme") == after


def test_figure_opens_large_and_closes_by_keyboard(page: Page) -> None:
    page.goto(RELU["en"])
    figure = page.locator("#fig-relu-curve")
    small = figure.locator("svg").first.bounding_box()
    button = figure.locator("button")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    large = dialog.locator("svg").first.bounding_box()
    assert small
    assert large
    assert large["width"] > 1.3 * small["width"]
    page.keyboard.press("Escape")
    assert dialog.count() == 0
    assert button.evaluate("e => e === document.activeElement")


def test_table_is_sorted_by_keyboard(page: Page) -> None:
    page.goto("en/activations/activation-zoo.html")
    table = page.locator(".yj-table[data-sortable]:has(th.yj-num)").first
    button = table.locator("th.yj-num button").first
    column = button.evaluate("b => b.closest('th').cellIndex")

    def numbers() -> list[float]:
        cells = table.locator(f"tbody td:nth-child({column + 1})[data-sort]")
        return [float(v) for v in cells.evaluate_all("cs => cs.map(c => c.dataset.sort)")]

    button.focus()
    page.keyboard.press("Enter")
    assert table.locator("th[aria-sort=ascending]").count() == 1
    assert numbers() == sorted(numbers())
    page.keyboard.press("Enter")
    assert table.locator("th[aria-sort=descending]").count() == 1
    assert numbers() == sorted(numbers(), reverse=True)


def test_wide_table_scrolls_inside_itself_on_a_phone(open_page: Open) -> None:
    page = open_page(**PHONE)
    page.goto("activations/activation-zoo.html")
    widest = page.locator(".yj-table").evaluate_all(
        "ts => Math.max(...ts.map(t => t.scrollWidth - t.clientWidth))"
    )
    assert widest > 0
    assert page.evaluate(OVERFLOW) <= 0


def test_code_can_be_copied(open_page: Open) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(RELU["en"])
    block = page.locator(".highlight:visible", has=page.locator("code")).first
    block.hover()
    block.locator("button[data-md-type=copy], .md-clipboard, .md-code__button").first.click()
    copied = page.evaluate("navigator.clipboard.readText()")
    namespace: dict[str, Any] = {}
    exec(copied, namespace)
    assert float(namespace["relu"](-3.0)) == 0.0
    assert float(namespace["relu"](3.0)) == 3.0


def test_link_to_a_question_opens_it(page: Page) -> None:
    page.goto(RELU["zh"] + "#why-is-relu-nonlinear")
    question = page.locator("details#why-is-relu-nonlinear")
    assert question.get_attribute("open") is not None
    assert question.locator(".katex").first.is_visible()


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_printed_page_is_complete_and_has_no_navigation(open_page: Open, paper: str) -> None:
    page = open_page(color_scheme="dark")
    page.goto(RELU["en"])
    text = "".join(p.extract_text() for p in PdfReader(io.BytesIO(page.pdf(format=paper))).pages)
    words = " ".join(text.split())
    assert "Because it is not additive" in words  # a folded answer
    assert "import torch.nn.functional as F" in words  # the second tab
    assert "Table of contents" not in words
    assert "Back to top" not in words


def test_printed_page_is_light_in_the_dark_theme(open_page: Open) -> None:
    page = open_page(color_scheme="dark")
    page.goto(RELU["zh"])
    page.emulate_media(media="print")
    text = page.locator(".yj-canvas svg text").first.evaluate("e => getComputedStyle(e).fill")
    assert _lightness(text) < 0.4


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "address", ["index.html", *RELU.values(), "en/cheatsheets/activations.html"]
)
def test_accessible(open_page: Open, address: str, scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    page.goto(address)
    page.wait_for_timeout(300)  # colours fade in
    found = Axe().run(page).response["violations"]
    grave = [
        f"{v['id']}: {v['nodes'][0]['html'][:90]}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
    assert grave == []


def test_404_speaks_both_languages(page: Page, site: str, watch: Any) -> None:
    watch.missing_on_purpose.add(f"{site}nowhere/at-all.html")
    page.goto("nowhere/at-all.html")
    text = page.locator("body").inner_text()
    assert "404" in text
    assert page.locator("[lang=en]").count() >= 1
    assert any("\u4e00" <= ch <= "\u9fff" for ch in text)


def test_search_suggests_and_marks(page: Page) -> None:
    page.goto(RELU["zh"])
    page.keyboard.press("/")
    page.keyboard.type("次梯度", delay=30)
    result = page.locator(".md-search-result__item a").first
    # What is typed first has results too: a click counts when all of it has been answered.
    expect(result).to_have_attribute("href", re.compile(f"h={quote('次梯度')}"))
    result.click()
    page.wait_for_url("**/relu.html*")
    expect(page.locator("mark").first).to_be_attached()
