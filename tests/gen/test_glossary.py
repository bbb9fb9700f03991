"""The glossary, and the lint that holds the pages to it."""

from __future__ import annotations

import re

from gen.glossary import check, table
from gen.page import Page
from snippets.kit import Lang

FRONT = (
    "description: 一句话 <b>\n"
    "term: {zh: 批归一化, en: batch normalization, abbr: BN, not: [批标准化, batchnorm layer]}"
)


def page(text: str = "", front: str = FRONT, path: str = "docs/zh/a/bn.md") -> Page:
    return Page(path, f"---\n{front}\n---\n# T\n\n{text}\n")


def told(zh: dict[str, Page], en: dict[str, Page] | None = None) -> list[str]:
    pages: dict[Lang, dict[str, Page]] = {"zh": zh, "en": en or {}}
    return [str(problem) for problem in sorted(check(pages))]


def cells(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


def test_a_row_has_both_languages_and_leads_to_the_page() -> None:
    heads, row = cells(table({"a/bn": page()}, "zh", "glossary.md"))
    assert heads == ["中文", "拼音", "英文", "缩写", "一句话"]
    assert row == [
        '<a href="a/bn.html">批归一化</a>',
        "pi gui yi hua",
        '<span lang="en">batch normalization</span>',
        "BN",
        "一句话 &lt;b&gt;",
    ]
    assert cells(table({"a/bn": page()}, "en", "glossary.md"))[1][0] == (
        '<a href="a/bn.html">batch normalization</a>'
    )


def test_rows_are_in_the_order_of_the_language() -> None:
    pages = {
        "a/x": page(front="term: {zh: 损失, en: alpha}"),
        "a/y": page(front="term: [{zh: 批次, en: beta}, {zh: 梯度, en: gamma}]"),
        "a/z": page(front="description: no term"),
    }
    firsts = {
        lang: [re.sub("<.*?>", "", row[0]) for row in cells(table(pages, lang, "glossary.md"))[1:]]
        for lang in ("zh", "en")
    }
    assert firsts == {"zh": ["批次", "损失", "梯度"], "en": ["alpha", "beta", "gamma"]}


def test_another_word_for_a_term_is_told_by_line() -> None:
    other = page(
        "句子里写批标准化。\n`批标准化` 在代码里不算。", "description: x", "docs/zh/a/o.md"
    )
    english = page("A BatchNorm Layer here.", "description: x", "docs/en/a/o.md")
    assert told({"a/bn.md": page(), "a/o.md": other}, {"a/o.md": english}) == [
        "docs/en/a/o.md:6: 'batchnorm layer' is another word for 'batch normalization'; "
        "write batch normalization: one term for one thing",
        "docs/zh/a/o.md:6: '批标准化' is another word for '批归一化'; "
        "write 批归一化: one term for one thing",
    ]


def test_the_page_of_the_term_may_say_what_else_it_is_called() -> None:
    assert told({"a/bn.md": page("又称批标准化。")}) == []


def test_a_term_without_one_language_is_told() -> None:
    assert told({"a/bn.md": page(front="description: x\nterm: {zh: 甲}")}) == [
        "docs/zh/a/bn.md:3: the term is not complete; "
        "write term: {zh: ..., en: ..., abbr: ..., not: [...]}"
    ]


def test_twins_have_the_same_term() -> None:
    twin = page(front="term: {zh: 甲, en: a}", path="docs/en/a/bn.md")
    assert told({"a/bn.md": page()}, {"a/bn.md": twin}) == [
        "docs/en/a/bn.md:2: the term is not the one of docs/zh/a/bn.md; write the same in both"
    ]
