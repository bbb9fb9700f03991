"""Markdown in, Markdown out: what stands in place of a directive, a citation, a card."""

from __future__ import annotations

from typing import Any

import pytest

from gen.bibliography import Reference
from gen.errors import Failure
from gen.page import Page
from gen.stitch import Sources, stitch
from snippets.kit import Lang


def entry(kind: str, payload: dict[str, Any], **english: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "path": "snippets/demo/relu.py",
        "line": 12,
        "zh": payload,
        "en": {**payload, **english},
    }


FORMULA = {
    "latex": r"f(x)" + "\n" + r"= \max(0, x) < 9",
    "kind": "identity",
    "samples": 1200,
    "error": 2.5e-16,
    "autograd_error": 0.0,
    "witness": None,
    "symbols": [
        {"latex": "x", "meaning": "输入", "shape": "(n,)", "unit": "V"},
        {"latex": "f", "meaning": "函数", "shape": "", "unit": ""},
    ],
}
ENGLISH_SYMBOLS = [{"latex": "x", "meaning": "input", "shape": "(n,)", "unit": "V"}]

ARTIFACTS = {
    "relu.value_three": entry("value", {"value": 3.14159}),
    "relu.value_minus": entry("value", {"value": -0.00025}),
    "relu.value_word": entry("value", {"value": "连续"}, value="continuous"),
    "relu.value_list": entry("value", {"value": [1.5, -2.0]}),
    "relu.value_map": entry("value", {"value": {"a": 1, "b": [5, 6]}}),
    "relu.value_runs": entry("value", {"value": {"spread": [0.5, 0.7, 0.6]}}),
    "relu.value_many": entry("value", {"value": 1234567}),
    "relu.value_holds": entry("value", {"value": True}),
    "relu.formula_definition": entry("formula", FORMULA, symbols=ENGLISH_SYMBOLS),
    "relu.figure_curve": entry(
        "figure",
        {"svg": "cache/x.svg", "caption": "曲线 $x$", "alt": "上升", "width": 1, "height": 1},
        caption="The `curve`",
        alt='A "rising" line',
    ),
    "relu.table_rows": entry(
        "table",
        {
            "columns": [{"head": "名字", "unit": ""}, {"head": "误差", "unit": "ms"}],
            "rows": [
                [{"md": "**甲**", "sort": None}, {"md": "1×10<sup>−3</sup>", "sort": 0.001}],
                [{"md": "`a < b`", "sort": None}, {"md": "–", "sort": None}],
            ],
            "caption": "两行 $x$",
            "sortable": True,
            "formulas": 0,
        },
        caption="Two rows",
    ),
    "relu.relu": entry("listing", {"code": "def relu(x):\n    return x\n", "first": 1, "last": 2}),
    "relu.check_torch": entry(
        "check",
        {"against": "PyTorch 的 `relu`", "cases": 2001, "error": 0.0, "tolerance": 1e-12},
        against="PyTorch's `relu`",
    ),
}

REFERENCES = {
    key: Reference(key, short, authors, title, where, year, url, 1)
    for key, short, authors, title, where, year, url in [
        ("he2015", "He et al., 2015", "Kaiming He", "Delving & Deep", "ICCV", "2015", "https://h.e/?a&b"),
        ("agarap2018", "Agarap, 2018", "Abien Agarap", "ReLU", "", "2018", ""),
    ]
}  # fmt: skip

CARD = Page(
    "docs/zh/demo/relu.md",
    "---\nx: 1\n---\n# 整流\n\n/// card\n值 {* relu.value_three:.1f *}\n\n"
    "{* relu.formula_definition *}\n///\n",
)

SOURCES = Sources(
    manifest={"artifacts": ARTIFACTS, "concepts": {"relu": {"page": "demo/relu"}}},
    references=REFERENCES,
    pages={"demo/relu": CARD},
    source_url="https://git/blob/main",
    site_url="https://site/",
)


def web(text: str, lang: Lang = "en") -> str:
    return stitch(text, f"docs/{lang}/demo/relu.md", lang, SOURCES)


def printed(text: str, lang: Lang = "en") -> str:
    return stitch(text, f"docs/{lang}/demo/relu.md", lang, SOURCES, target="print")


def problems(text: str) -> list[str]:
    with pytest.raises(Failure) as failure:
        stitch(text, "p.md", "en", SOURCES)
    return [str(p) for p in failure.value.problems]


SOURCE = '<a class="yj-source" href="https://git/blob/main/snippets/demo/relu.py#L12">source</a>'
DISPLAY = '<div class="arithmatex">\\[f(x) = \\max(0, x) &lt; 9\\]</div>'

IN_TEXT = [
    ("prose", "about {* relu.value_three:.2f *}.", "about 3.14."),
    ("no spaces inside", "{*relu.value_three:.2f*} x", "3.14 x"),
    ("two on a line", "{* relu.value_three:.1f *} {* relu.value_word *}", "3.1 continuous"),
    ("true minus", "a {* relu.value_minus:.5f *}", "a −0.00025"),
    ("power of ten", "a {* relu.value_minus:.1e *}", "a −2.5×10<sup>−4</sup>"),
    ("in a formula", "$a {* relu.value_minus:.1e *}$", r"$a -2.5\times 10^{-4}$"),
    ("after a formula", "$a$ {* relu.value_minus:.1e *}", "$a$ −2.5×10<sup>−4</sup>"),
    ("after a dollar in code", "`$` {* relu.value_minus:.1e *}", "`$` −2.5×10<sup>−4</sup>"),
    ("after an escaped dollar", r"\$ {* relu.value_minus:.1e *}", r"\$ −2.5×10<sup>−4</sup>"),
    ("thousands", "a {* relu.value_many:,d *}", "a 1,234,567"),
    ("thousands in a formula", "${* relu.value_many:,d *}$", "$1{,}234{,}567$"),
    ("percent", "a {* relu.value_three:.0% *}", "a 314%"),
    ("percent in a formula", "${* relu.value_three:.0% *}$", r"$314\%$"),
    ("list", "a {* relu.value_list:.1f *}", "a (1.5, −2.0)"),
    ("entry of a list", "a {* relu.value_list[1]:.1f *}", "a −2.0"),
    ("entry of a mapping", "a {* relu.value_map[b][0] *}", "a 5"),
    ("truth", "a {* relu.value_holds *}", "a yes"),
    ("spread", "a {* relu.value_runs:.1f *}", "a 0.6 [0.5, 0.7, 3 runs]"),
    ("in a table", "| a | {* relu.value_three:.1f *} |", "| a | 3.1 |"),
    ("in a list", "  - {* relu.value_three:.1f *}", "  - 3.1"),
    ("in a quotation", "> {* relu.value_three:.1f *}", "> 3.1"),
    ("in a heading", "## A {* relu.value_three:.1f *} {#a}", "## A 3.1 {#a}"),
    ("in a block title", "/// refuted | {* relu.value_three:.1f *}", "/// refuted | 3.1"),
    ("in a link's text", "[{* relu.value_three:.1f *}](x.md)", "[3.1](x.md)"),
    ("in bold", "**{* relu.value_three:.1f *}**", "**3.1**"),
    ("value alone", "    {* relu.value_three:.1f *}", "    3.1"),
    ("formula in prose", "so {* relu.formula_definition *}", r"so $f(x) = \max(0, x) < 9$"),
    ("formula between dollars", "$a {* relu.formula_definition *}$", r"$a f(x) = \max(0, x) < 9$"),
    ("in inline code", "`{* relu.value_three *}` a", "`{* relu.value_three *}` a"),
    ("in inline code with two marks", "`` {* relu.x *} ` `` a", "`` {* relu.x *} ` `` a"),
    ("in fenced code", "```\n{* relu.x *}\n[@x]\n```", "```\n{* relu.x *}\n[@x]\n```"),
    ("in fenced code with waves", "~~~ text\n{* relu.x *}\n~~~", "~~~ text\n{* relu.x *}\n~~~"),
    ("in a fence within a fence", "````\n```\n{* a *}\n```\n````", "````\n```\n{* a *}\n```\n````"),
    ("in a fence that shows one", "```\n```python\n{* a *}\n```", "```\n```python\n{* a *}\n```"),
    ("literal", "a {* literal 0.9 | the paper's default *} b", "a 0.9 b"),
    ("front matter", "---\na: '{* relu.x *}'\n---\nb", "---\na: '{* relu.x *}'\n---\nb"),
    ("nothing", "just [words](x.md) and $x$", "just [words](x.md) and $x$"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"), [t[1:] for t in IN_TEXT], ids=[t[0] for t in IN_TEXT]
)
def test_in_text(text: str, expected: str) -> None:
    assert web(text) == expected


TOPICS = Sources(
    manifest=SOURCES.manifest,
    pages={
        "cheatsheets/index": Page("docs/zh/cheatsheets/index.md", "# 速查表"),
        "cheatsheets/one": Page("docs/zh/cheatsheets/one.md", "# 一"),
        "demo/relu": CARD,
    },
    topics={"cheatsheets": ["cheatsheets/index", "cheatsheets/one"], "demo": ["demo/relu"]},
)


def test_pages_of_a_topic() -> None:
    """From the home page, from another topic, from their own; without the topic's index."""
    for path, link in (
        ("docs/zh/index.md", "cheatsheets/one.md"),
        ("docs/zh/demo/x.md", "../cheatsheets/one.md"),
        ("docs/zh/cheatsheets/index.md", "one.md"),
    ):
        assert stitch("{* pages cheatsheets *}", path, "zh", TOPICS) == f"- [一]({link})"
    with pytest.raises(Failure) as failure:
        stitch("{* pages dmo *}", "p.md", "zh", TOPICS)
    assert str(failure.value) == "p.md:1: there is no topic 'dmo'; there are cheatsheets, demo"


def test_sheets() -> None:
    assert stitch("{* sheets *}", "docs/en/cheatsheets/index.md", "en", TOPICS) == (
        "| Sheet | A4 | US Letter |\n| --- | --- | --- |\n"
        "| [一](one.md) | [PDF](one-a4.pdf) | [PDF](one-us-letter.pdf) |"
    )


def test_pdf_links_of_a_sheet() -> None:
    path = "docs/zh/cheatsheets/one.md"
    assert stitch("{* pdf *}", path, "zh", TOPICS) == (
        ":material-printer: 打印："
        "[A4](one-a4.pdf){ .md-button } [US Letter](one-us-letter.pdf){ .md-button }"
    )
    assert stitch("{* pdf *}", path, "zh", TOPICS, target="print") == ""


CHINESE = [
    ("a {* relu.value_word *}", "a 连续"),
    ("a {* relu.value_holds *}", "a 是"),
    ("a {* relu.value_runs:.1f *}", "a 0.6 [0.5, 0.7，3 次运行]"),
]


@pytest.mark.parametrize(("text", "expected"), CHINESE)
def test_in_chinese_text(text: str, expected: str) -> None:
    assert web(text, "zh") == expected


# --------------------------------------------------------------------------- blocks


def test_figure() -> None:
    assert web("{* relu.figure_curve *}") == (
        '<figure class="yj-figure" id="fig-relu-curve">'
        '<div class="yj-canvas" data-svg="cache/x.svg"></div>'
        f"<figcaption>The <code>curve</code> {SOURCE}</figcaption></figure>"
    )


def test_table() -> None:
    assert web("{* relu.table_rows *}") == (
        '<div class="yj-table" id="tab-relu-rows" tabindex="0" role="region" '
        'aria-label="Two rows" data-sortable><table class="yj-grid">'
        f"<caption>Two rows {SOURCE}</caption>"
        '<thead><tr><th scope="col">名字</th>'
        '<th class="yj-num" scope="col">误差 <span class="yj-unit">ms</span></th></tr></thead>'
        '<tbody><tr><td><strong>甲</strong></td><td class="yj-num" data-sort="0.001">'
        "1×10<sup>−3</sup></td></tr>"
        '<tr><td><code>a &lt; b</code></td><td class="yj-num">–</td></tr></tbody></table></div>'
    )


def test_listing_keeps_the_indentation_of_its_place() -> None:
    """In a list or a tab each line moves in, empty ones stay empty."""
    assert web("    {* relu.relu *}") == (
        '    ```python title="snippets/demo/relu.py"\n'
        "    def relu(x):\n"
        "        return x\n"
        "    ```\n"
        "\n"
        f'    <p class="yj-listing-source">{SOURCE}</p>'
    )


def test_check() -> None:
    assert web("{* relu.check_torch *}") == (
        '<p class="yj-evidence">Checked against PyTorch\'s <code>relu</code>: 2,001 values, '
        "largest error 0 (identical), allowed 1×10<sup>−12</sup></p>"
    )
    assert web("{* relu.check_torch *}", "zh") == (
        '<p class="yj-evidence">核对：PyTorch 的 <code>relu</code>，2,001 个数，'
        "最大误差 0（逐位相同），允许 1×10<sup>−12</sup></p>"
    )


def test_formula() -> None:
    assert web("{* relu.formula_definition *}") == (
        f'<div class="yj-formula" id="eq-relu-definition">{DISPLAY}<dl class="yj-where">'
        '<dt><span class="arithmatex">\\(x\\)</span></dt>'
        "<dd>input (shape <code>(n,)</code>, unit V)</dd></dl>"
        '<p class="yj-evidence">Executed on 1,200 samples: at most 2.5×10<sup>−16</sup> '
        "from the code</p></div>"
    )
    assert (
        "<dd>输入（形状 <code>(n,)</code>，单位 V）</dd>"
        '<dt><span class="arithmatex">\\(f\\)</span></dt><dd>函数</dd>'
    ) in web("{* relu.formula_definition *}", "zh")


def test_formula_alone_in_a_card_and_its_id_once_on_a_page() -> None:
    call = "{* relu.formula_definition *}"
    card, _, full, again = web(f"/// card\n{call}\n///\n{call}\n{call}").split("\n")[1:]
    assert card == DISPLAY
    assert full.startswith('<div class="yj-formula" id="eq-relu-definition">')
    assert again == full.replace(' id="eq-relu-definition"', "")


def test_a_figure_stands_once_on_a_page() -> None:
    """Its drawing has ids inside, which a second copy would repeat."""
    call = "{* relu.figure_curve *}"
    with pytest.raises(Failure) as failure:
        web(f"/// card\n{call}\n///\n{call}")
    assert [str(p).split(": ", 1)[1] for p in failure.value.problems] == [
        "'relu.figure_curve' is on this page already; link to it: #fig-..."
    ]


def test_printed_blocks() -> None:
    assert printed("{* relu.figure_curve *}") == (
        '![A ″rising″ line](cache/x.svg){caption="The `curve`"}'
    )
    assert printed("{* relu.table_rows *}") == (
        "| 名字 | 误差 (ms) |\n| :--- | ---: |\n| **甲** | 1×10^−3^ |\n| `a < b` | – |"
    )
    assert printed("{* relu.relu *}") == "```python\ndef relu(x):\n    return x\n```"
    assert printed("  {* relu.formula_definition *}") == ("  $$\n  f(x)\n  = \\max(0, x) < 9\n  $$")
    assert printed("{* relu.check_torch *}") == (
        "Checked against PyTorch's `relu`: 2,001 values, largest error 0 (identical), "
        "allowed 1×10^−12^"
    )
    assert printed("a {* relu.value_minus:.1e *}") == "a −2.5×10^−4^"


# --------------------------------------------------------------------------- cards on sheets


def test_card_on_the_web() -> None:
    assert web("## 组\n\n{* relu.card *}", "zh") == (
        f"## 组\n\n### [整流](../demo/relu.md) {{#relu}}\n\n值 3.1\n\n{DISPLAY}\n"
    )


def test_card_in_print() -> None:
    assert printed("{* relu.card *}", "zh") == (
        '### 整流 {#relu href="https://site/demo/relu.html"}\n\n'
        "值 3.1\n\n$$\nf(x)\n= \\max(0, x) < 9\n$$\n"
    )


def test_a_problem_in_a_card_is_told_where_the_card_is_written() -> None:
    page = Page("docs/en/demo/relu.md", "# R\n\n/// card\nfine\n{* relu.value_no *}\n///\n")
    sources = Sources(SOURCES.manifest, pages={"demo/relu": page})
    with pytest.raises(Failure) as failure:
        stitch("\n\n\n\n\n\n{* relu.card *}", "docs/en/sheet.md", "en", sources)
    (problem,) = failure.value.problems
    assert str(problem).startswith("docs/en/demo/relu.md:5: nothing makes 'relu.value_no'; ")


# --------------------------------------------------------------------------- citations

END = "\n\n{* references *}"
HE = '<a class="yj-cite" href="#ref-he2015">He et al., 2015</a>'
AGARAP = '<a class="yj-cite" href="#ref-agarap2018">Agarap, 2018</a>'

CITATIONS: list[tuple[Lang, str, str]] = [
    ("en", "so [@he2015].", f"so ({HE})."),
    ("zh", "如此 [@he2015]。", f"如此（{HE}）。"),
    ("zh", "如此 [@he2015] 说", f"如此（{HE}）说"),
    ("zh", "如此[@he2015]说", f"如此（{HE}）说"),
    ("en", "[@he2015; @agarap2018]", f"({HE}; {AGARAP})"),
    ("zh", "[@he2015; @agarap2018]", f"（{HE}；{AGARAP}）"),
    (
        "en",
        "[@he2015, eq. 3]",
        '(<a class="yj-cite" href="#ref-he2015">He et al., 2015, eq. 3</a>)',
    ),
    ("en", "`[@he2015]` and [@he2015]", f"`[@he2015]` and ({HE})"),
]


@pytest.mark.parametrize(("lang", "text", "expected"), CITATIONS)
def test_citation(lang: Lang, text: str, expected: str) -> None:
    assert web(text + END, lang).split("\n")[0] == expected


def test_citations_in_captions_and_cells() -> None:
    """A label that is read aloud, an attribute, has none."""
    table = {
        **ARTIFACTS["relu.table_rows"]["en"],
        "caption": "Rows of [@he2015]",
        "rows": [[{"md": "by [@agarap2018]", "sort": None}] * 2],
    }
    figure = {**ARTIFACTS["relu.figure_curve"]["en"], "caption": "After [@he2015]"}
    manifest = {
        "artifacts": {
            "a.table_x": entry("table", table),
            "a.figure_x": entry("figure", figure),
        }
    }
    sources = Sources(manifest, REFERENCES)
    text = "{* a.table_x *}\n{* a.figure_x *}" + END
    shown, drawn = stitch(text, "p.md", "en", sources).split("\n")[:2]
    assert 'aria-label="Rows of"' in shown
    assert f"<caption>Rows of ({HE}) <a" in shown
    assert shown.count(f"<td>by ({AGARAP})</td>") == 2
    assert f"<figcaption>After ({HE}) <a" in drawn


def test_references_are_sorted_and_only_those_that_are_cited() -> None:
    he = (
        '<li id="ref-he2015">Kaiming He (2015). <cite>Delving &amp; Deep</cite>. ICCV. '
        '<a href="https://h.e/?a&amp;b">https://h.e/?a&amp;b</a></li>'
    )
    agarap = '<li id="ref-agarap2018">Abien Agarap (2018). <cite>ReLU</cite>.</li>'
    section = '<section class="yj-references"><ul>{}</ul></section>'
    assert web("[@he2015] [@agarap2018] [@he2015]" + END).endswith(section.format(agarap + he))
    assert web("[@he2015]" + END).endswith("\n\n" + section.format(he))
    assert web("nothing" + END) == "nothing\n\n"


def test_citations_in_print_are_text() -> None:
    assert printed("so [@he2015, p. 2]") == "so (He et al., 2015, p. 2)"
    assert printed("如此 [@he2015; @agarap2018]。", "zh") == (
        "如此（He et al., 2015；Agarap, 2018）。"
    )


# --------------------------------------------------------------------------- problems

REFUSED = [
    (
        "{* relu *}",
        "p.md:1: 'relu' is no directive",
        "write {* concept.thing *}, {* concept.value_x:.2f *} or {* references *}",
    ),
    (
        "{* relu.figure_curv *}",
        "p.md:1: nothing makes 'relu.figure_curv'",
        "did you mean relu.figure_curve, relu.relu?",
    ),
    (
        "{* relu.zzzzzzzzzzzz *}",
        "p.md:1: nothing makes 'relu.zzzzzzzzzzzz'",
        "declare zzzzzzzzzzzz in that module",
    ),
    (
        "{* zzz.zzz *}",
        "p.md:1: nothing makes 'zzz.zzz'",
        "there is no concept 'zzz'",
    ),
    (
        "\n\na {* relu.relu *}",
        "p.md:3: 'relu.relu' is a listing and stands in a line of text",
        "put the directive on a line of its own",
    ),
    (
        "a {* relu.check_torch *}",
        "p.md:1: 'relu.check_torch' is a check and stands in a line of text",
        "put the directive on a line of its own",
    ),
    (
        "{* relu.figure_curve:.2f *}",
        "p.md:1: 'relu.figure_curve:.2f': a figure takes no key and no format",
        "write {* relu.figure_curve *}",
    ),
    (
        "{* relu.table_rows[a] *}",
        "p.md:1: 'relu.table_rows[a]': a table takes no key and no format",
        "write {* relu.table_rows *}",
    ),
    (
        "a {* relu.formula_definition:.2f *}",
        "p.md:1: 'relu.formula_definition:.2f': a formula takes no key and no format",
        "write {* relu.formula_definition *}",
    ),
    (
        "{* relu.value_map[c] *} a",
        "p.md:1: 'relu.value_map[c]': no entry [c]",
        "it has a, b",
    ),
    (
        "{* relu.value_list[2] *} a",
        "p.md:1: 'relu.value_list[2]': no entry [2]",
        "it has 2 entries, counted from 0",
    ),
    (
        "{* relu.value_three[0] *} a",
        "p.md:1: 'relu.value_three[0]': no entry [0]",
        "it is one value",
    ),
    (
        "{* relu.value_map *} a",
        "p.md:1: 'relu.value_map': the format '' does not fit {'a': 1, 'b': [5, 6]}",
        "use Python's format specification (name an entry: [a], [b])",
    ),
    (
        "a {* literal 0.9 *}",
        "p.md:1: the typed number '0.9' gives no reason",
        "write {* literal 0.9 | why no code stands behind it *}",
    ),
    (
        "a {* literal 0.9 | short *}",
        "p.md:1: the typed number '0.9' gives no reason",
        "write {* literal 0.9 | why no code stands behind it *}",
    ),
    (
        "{* other.card *}",
        "p.md:1: 'other.card': that page has no card",
        "name a concept whose page has a /// card block",
    ),
    (
        "[@he2016] {* references *}",
        "p.md:1: the citation 'he2016' is not in docs/references.bib",
        "did you mean he2015?",
    ),
    (
        "[@he2015]\n",
        "p.md:2: the page cites and lists no references",
        "end it with a section that holds {* references *}",
    ),
]


@pytest.mark.parametrize(("text", "what", "todo"), REFUSED)
def test_refused(text: str, what: str, todo: str) -> None:
    assert f"{what}; {todo}" in problems(text)


def test_all_problems_of_a_page_are_told() -> None:
    told = problems("---\na: 1\n---\n{* a *}\n\n{* b.c *} and [@d]\n\n{* references *}")
    assert [t.split(": ")[0] for t in told] == ["p.md:4", "p.md:6", "p.md:6"]
