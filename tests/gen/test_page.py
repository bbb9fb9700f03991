"""A page as its author wrote it: prose and code, headings, directives, blocks, and where."""

from __future__ import annotations

import pytest

from gen.page import Block, Heading, Line, Page, directives, in_math

TEXT = """---
title: 整流
answers: [why]
---
# ReLU

Words {* relu.value_a:.2f *} and `{* relu.value_b *}`.

## Definition {#definition .wide}

```python
# not a heading {#code}
{* relu.value_c *}
/// card
```

/// card
Inside {* relu.value_d *}
///

/// question | Why?
    attrs: {id: why}

//// details | More
{* relu.figure_e *}
////
///

    {* relu.relu *}
"""


@pytest.fixture
def page() -> Page:
    return Page("docs/en/a/relu.md", TEXT)


def test_front_matter(page: Page) -> None:
    assert page.front == {"title": "整流", "answers": ["why"]}
    assert page.front_lines == 4
    assert page.front_line("answers") == 3
    assert page.front_line("absent") == 1
    assert page.front_problem() is None


@pytest.mark.parametrize(
    ("text", "front", "lines"),
    [
        ("# A\n", {}, 0),
        ("", {}, 0),
        ("---\n---\n# A", {}, 2),
        ("---\na: 1\n---\n", {"a": 1}, 3),
        ("---\na: 1\n# never closed\n", {}, 0),
        ("words\n---\na: 1\n---\n", {}, 0),
        ("---\na: [\n---\n# A", {}, 3),
        ("---\n- a\n---\n# A", {}, 3),
    ],
)
def test_front_matter_that_is_not_there(text: str, front: dict[str, int], lines: int) -> None:
    page = Page("p.md", text)
    assert (page.front, page.front_lines) == (front, lines)


def test_front_matter_that_cannot_be_read() -> None:
    problem = Page("p.md", "---\na: 1\nb: ]\n---\n# A\n").front_problem()
    assert str(problem) == "p.md:3: the front matter is not YAML; mend it"
    problem = Page("p.md", "---\n- a\n---\n# A\n").front_problem()
    assert str(problem) == "p.md:1: the front matter is not a mapping; write key: value"


def test_headings(page: Page) -> None:
    assert page.headings == [
        Heading(1, "ReLU", "", 5),
        Heading(2, "Definition", "definition", 9),
    ]
    assert page.title == "ReLU"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("###   Far   {#a}  ", Heading(3, "Far", "a", 1)),
        ("## With `code` {#a-b_c}", Heading(2, "With `code`", "a-b_c", 1)),
        ("## Only a class {.wide}", Heading(2, "Only a class", "", 1)),
        ("## A value {* r.v *} {#a}", Heading(2, "A value {* r.v *}", "a", 1)),
        ("## Ends in a value {* r.v *}", Heading(2, "Ends in a value {* r.v *}", "", 1)),
    ],
)
def test_heading(text: str, expected: Heading) -> None:
    assert Page("p.md", text).headings == [expected]


@pytest.mark.parametrize("text", ["#hashtag", "####### seven", "a # b", "```\n# code\n```"])
def test_no_heading(text: str) -> None:
    assert Page("p.md", text).headings == []


def test_directives(page: Page) -> None:
    found = [(d.call, d.line, d.alone) for d in page.directives]
    assert found == [
        ("relu.value_a:.2f", 7, False),
        ("relu.value_d", 18, False),
        ("relu.figure_e", 25, True),
        ("relu.relu", 29, True),
    ]


def test_the_place_of_a_directive_is_its_part_of_the_line() -> None:
    line = Line(3, "a {* b.c *} d {*e.f*}", prose=True)
    assert [line.text[d.start : d.end] for d in directives(line)] == ["{* b.c *}", "{*e.f*}"]


@pytest.mark.parametrize(
    ("call", "parts"),
    [
        ("relu.value_a", ("relu", "value_a", "", None)),
        ("relu.value_a:.2f", ("relu", "value_a", "", ".2f")),
        ("relu.value_a[k][0]:,d", ("relu", "value_a", "[k][0]", ",d")),
        ("relu.value_a[a key]", ("relu", "value_a", "[a key]", None)),
    ],
)
def test_reference(call: str, parts: tuple[str | None, ...]) -> None:
    (directive,) = Page("p.md", f"{{* {call} *}}").directives
    match = directive.reference
    assert match is not None
    assert (match["owner"], match["thing"], match["keys"], match["spec"]) == parts


@pytest.mark.parametrize(
    "call", ["references", "relu", "literal 0.9 | why", "a b.c", "a.b[", "a.b.c"]
)
def test_no_reference(call: str) -> None:
    (directive,) = Page("p.md", f"{{* {call} *}}").directives
    assert directive.reference is None


def test_blocks(page: Page) -> None:
    assert page.blocks == [
        Block("card", "", "", 17, 19),
        Block("question", "Why?", "why", 21, 27),
        Block("details", "More", "", 24, 26),
    ]


def test_a_block_that_is_never_closed_ends_with_the_page() -> None:
    assert Page("p.md", "/// note | A\nwords\nmore").blocks == [Block("note", "A", "", 1, 3)]


def test_card(page: Page) -> None:
    assert page.card() == (18, ["Inside {* relu.value_d *}"])
    assert page.card_lines == range(18, 19)
    assert Page("p.md", "# A").card() is None
    assert Page("p.md", "# A").card_lines == range(0)


PROSE = [
    ("a\n```\nb\n```\nc", "pfffp"),
    ("~~~\na\n```\nb\n~~~\nc", "fffffp"),
    ("````\n```\na\n```\n````\nb", "fffffp"),
    ("```\n```python\na\n```\nb", "ffffp"),
    ("```\na\n`````\nb", "fffp"),
    ("  ```\n  a\n  ```\nb", "fffp"),
    ("```\na\nb", "fff"),
]


@pytest.mark.parametrize(("text", "kinds"), PROSE)
def test_what_is_prose(text: str, kinds: str) -> None:
    assert "".join("p" if line.prose else "f" for line in Page("p.md", text).lines) == kinds


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("", False),
        ("a $x", True),
        ("a $x$ ", False),
        ("`$` ", False),
        (r"\$ ", False),
        ("$a$ $", True),
    ],
)
def test_in_math(text: str, inside: bool) -> None:
    assert in_math(text) is inside
