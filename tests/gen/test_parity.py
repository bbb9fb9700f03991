"""Two languages, one skeleton: what may differ, and what is told where."""

from __future__ import annotations

import pytest

from gen.page import Page
from gen.parity import compare

ZH = """---
description: 整流。
aliases: [线性整流]
answers: [why]
---
# 整流

值为 {* relu.value_a:.2f *}，见 [@he2015]；又 {* literal 0.9 | 论文推荐的默认值 *}。

/// card
{* relu.formula_definition *}
///

## 定义 {#definition}

/// tab | NumPy
{* relu.relu *}
///

{* relu.figure_curve *}

/// question | 为什么？
    attrs: {id: why}

先 {* relu.value_b *}，再 {* relu.value_c *}。
///
"""
EN = """---
description: Rectified.
aliases: [rectified linear unit, ramp]
answers: [why]
---
# ReLU

By [@he2015] it is {* relu.value_a:.2f *}, or {* literal 0.9 | the paper's default value *}.

/// card
{* relu.formula_definition *}
///

## Definition {#definition}

/// tab | NumPy
{* relu.relu *}
///

{* relu.figure_curve *}

/// question | Why?
    attrs: {id: why}

First {* relu.value_c *}, then {* relu.value_b *}; one sentence more.

And a paragraph.
///
"""


def told(old: str, new: str) -> list[str]:
    assert old in EN
    english = Page("docs/en/a/relu.md", EN.replace(old, new, 1))
    return [str(p) for p in compare(Page("docs/zh/a/relu.md", ZH), english)]


def test_words_may_differ() -> None:
    """Also their order, the number of paragraphs, aliases, and the reason of a literal."""
    assert compare(Page("docs/zh/a/relu.md", ZH), Page("docs/en/a/relu.md", EN)) == []


SAME = "both pages have the same headings, blocks, figures and tables in the same order"


def parted(line: int, here: str, there: str) -> list[str]:
    what = f"here is {here}, where docs/zh/a/relu.md has {there}"
    return [f"docs/en/a/relu.md:{line}: {what}; {SAME}"]


SKELETON = [
    (
        "{#definition}",
        "{#meaning}",
        (14, "heading ## {#meaning}", "heading ## {#definition} (line 14)"),
    ),
    ("## Def", "### Def", (14, "heading ### {#definition}", "heading ## {#definition} (line 14)")),
    ("tab | NumPy", "tab | PyTorch", (16, "tab PyTorch", "tab NumPy (line 16)")),
    (
        "/// question | Why?",
        "/// note | Why?",
        (22, "block note #why", "block question #why (line 22)"),
    ),
    ("id: why", "id: how", (22, "block question #how", "block question #why (line 22)")),
    (
        "{* relu.figure_curve *}",
        "{* relu.table_rows *}",
        (20, "{* relu.table_rows *}", "{* relu.figure_curve *} (line 20)"),
    ),
    (
        "{* relu.figure_curve *}",
        "A {* relu.figure_curve *}",
        (22, "block question #why", "{* relu.figure_curve *} (line 20)"),
    ),
    ("And a paragraph.", "## More {#more}", (27, "heading ## {#more}", "the end of the page")),
    ("# ReLU\n", "words\n", (10, "block card", "title (line 6)")),
]


@pytest.mark.parametrize(("old", "new", "expected"), SKELETON)
def test_skeleton(old: str, new: str, expected: tuple[int, str, str]) -> None:
    assert told(old, new) == parted(*expected)


def test_what_the_english_page_lacks_at_its_end() -> None:
    end = EN.index("/// question")
    lines = EN[:end].count("\n") + 1
    assert told(EN[end:], "") == parted(
        lines, "the end of the page", "block question #why (line 22)"
    )


def lacks(line: int, call: str) -> str:
    return f"docs/en/a/relu.md:{line}: this section lacks {call}; docs/zh/a/relu.md has it"


def extra(line: int, call: str) -> str:
    return (
        f"docs/en/a/relu.md:{line}: this section has {call}; "
        "docs/zh/a/relu.md lacks it: add it there"
    )


SENTENCES = [
    (" [@he2015]", "", [lacks(6, "[@he2015]")]),
    ("[@he2015]", "[@he2016]", [lacks(6, "[@he2015]"), extra(6, "[@he2016]")]),
    (
        "value_a:.2f",
        "value_a:.3f",
        [lacks(6, "{* relu.value_a:.2f *}"), extra(6, "{* relu.value_a:.3f *}")],
    ),
    ("literal 0.9", "literal 0.8", [lacks(6, "{* literal 0.9 *}"), extra(6, "{* literal 0.8 *}")]),
    ("First {* relu.value_c *}", "First", [lacks(14, "{* relu.value_c *}")]),
    ("sentence more", "{* relu.value_b *}", [extra(14, "{* relu.value_b *}")]),
    ("sentence more", "`{* relu.value_b *}`", []),
]


@pytest.mark.parametrize(("old", "new", "expected"), SENTENCES)
def test_within_sentences(old: str, new: str, expected: list[str]) -> None:
    assert told(old, new) == expected


def test_a_number_that_moved_to_another_section() -> None:
    moved = EN.replace(" it is {* relu.value_a:.2f *},", "").replace(
        "First", "First {* relu.value_a:.2f *}"
    )
    pages = Page("docs/zh/a/relu.md", ZH), Page("docs/en/a/relu.md", moved)
    assert list(map(str, compare(*pages))) == [
        lacks(6, "{* relu.value_a:.2f *}"),
        extra(14, "{* relu.value_a:.2f *}"),
    ]


@pytest.mark.parametrize("key", ["answers", "hide", "template"])
def test_front_matter(key: str) -> None:
    line = 4 if key == "answers" else 5  # of two alike, the first is told and the last counts
    assert told("answers: [why]", f"answers: [why]\n{key}: [other]") == [
        f"docs/en/a/relu.md:{line}: the front matter's '{key}' differs from docs/zh/a/relu.md; "
        "give both pages the same"
    ]


def test_pages_without_a_heading() -> None:
    zh, en = Page("zh.md", "{* a.value_b *} 字"), Page("en.md", "words")
    assert [str(p) for p in compare(zh, en)] == [
        "en.md:1: this section lacks {* a.value_b *}; zh.md has it"
    ]
    assert compare(Page("zh.md", ""), Page("en.md", "")) == []
