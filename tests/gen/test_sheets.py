"""Cheat sheets: print Markdown in, the PDF or the exact errors out."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import Destination

from gen import fonts, sheet_tree, sheets
from gen.errors import Failure

SOURCE = "docs/zh/cheatsheets/activations.md"
FRONT = """---
title: 激活函数
subtitle: 定义与导数
url: https://example.org/youju/
version-line: 由提交 1a2b3c4 构建
---
"""
SHEET = (
    FRONT
    + r"""
## 分段线性
### ReLU {#relu href="https://example.org/youju/activations/relu/"}
负数变成 0，正数**不变**，代码是 `np.maximum(0, x)`。

$$f(x)=\begin{cases} x, & x>0 \\ 0, & \text{其他} \end{cases}$$

- 在 $x=0$ 处不可导

### 数值 {#values}
| $x$ | ReLU | 说明 |
|---:|---:|:--|
| −1 | 0 | 负数 |
| 2 | 2 | 正数 |

: 两个例子

## 平滑
### 曲线 {#curve}
![曲线在 $x=0$ 处有“折角”](figures/curve.svg){caption="左侧为 0，*右侧*是 $y=x$。"}
"""
)
SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100" viewBox="0 0 200 100">
<rect width="200" height="100" style="fill: var(--yj-paper, #fefefe)"/>
<path d="M0 80H100L200 0" style="fill: none; stroke: var( --yj-blue ,#1f6fb2)"/>
<text x="20" y="40" style="font: 12px 'Noto Sans SC', 'DejaVu Sans'">图中的输出</text>
</svg>"""

Typeset = Callable[..., bytes]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> fonts.FontFiles:
    return fonts.font_files(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "curve.svg").write_text(SVG, "utf-8")
    return tmp_path


@pytest.fixture
def typeset(files: fonts.FontFiles, root: Path) -> Typeset:
    def run(markdown: str, **options: Any) -> bytes:
        settings = {"lang": "zh", "paper": "a4", "title": "激活函数", "source": SOURCE}
        return sheets.typeset(markdown, root=root, fonts=files, **(settings | options))

    return run


def card(body: str, title: str = "卡片") -> str:
    return f"{FRONT}\n## 组\n### {title}\n{body}\n"


def crowd(groups: int, cards: int) -> str:
    """A sheet whose cards are one, two, three ... lines tall."""
    out = [FRONT]
    for group in range(groups):
        out.append(f"## 第 {group} 组")
        for number in range(cards):
            out.append(f"### 卡片 {group}.{number}")
            out += [f"- 第 {line} 行文字，足够清楚\n" for line in range(1 + (group + number) % 7)]
    return "\n".join(out)


def problems(failure: pytest.ExceptionInfo[Failure]) -> list[str]:
    return [str(problem) for problem in failure.value.problems]


# ------------------------------------------------------------------ the bytes


def test_the_same_bytes_each_time_and_in_another_process(
    typeset: Typeset, files: fonts.FontFiles, root: Path
) -> None:
    first = typeset(SHEET)
    assert typeset(SHEET) == first
    (root / "sheet.md").write_text(SHEET, "utf-8")
    program = f"""
import sys
from pathlib import Path
from gen import fonts, sheets
root, regular, bold = map(Path, sys.argv[1:])
pdf = sheets.typeset((root / "sheet.md").read_text("utf-8"), lang="zh", paper="a4",
    title="激活函数", root=root, fonts=fonts.FontFiles(regular, bold), source={SOURCE!r})
sys.stdout.buffer.write(pdf)
"""
    elsewhere = subprocess.run(
        [sys.executable, "-c", program, str(root), str(files.regular), str(files.bold)],
        env={"TZ": "Asia/Shanghai", "PYTHONHASHSEED": "7", "PYTHONPATH": "."},
        cwd=Path(sheets.__file__).parent.parent,
        capture_output=True,
        check=True,
    )
    assert elsewhere.stdout == first


@pytest.mark.parametrize(
    ("paper", "millimetres"), [("a4", (297, 210)), ("us-letter", (279.4, 215.9))]
)
def test_paper(typeset: Typeset, paper: str, millimetres: tuple[float, float]) -> None:
    (page,) = PdfReader(io.BytesIO(typeset(SHEET, paper=paper))).pages
    size = (float(page.mediabox.width), float(page.mediabox.height))
    assert size == pytest.approx([side / 25.4 * 72 for side in millimetres], abs=0.01)


# ------------------------------------------------------------------ what a reader finds


def test_text_can_be_searched_also_in_a_figure(typeset: Typeset) -> None:
    (page,) = PdfReader(io.BytesIO(typeset(SHEET))).pages
    text = page.extract_text()
    for words in (
        "激活函数",
        "定义与导数",
        "负数变成 0，正数不变",
        "np.maximum(0, x)",
        "其他",  # in a formula
        "两个例子",  # the caption of a table
        "图中的输出",  # in an SVG figure
        "右侧是",  # its caption
        "有据 Youju",
        "example.org/youju",
        "CC BY 4.0",
        "由提交 1a2b3c4 构建",
        "1 / 1",
    ):
        assert words in text


def test_english(typeset: Typeset) -> None:
    markdown = SHEET.replace("定义与导数", "It’s “short”")
    reader = PdfReader(io.BytesIO(typeset(markdown, lang="en", title="Activations")))
    text = reader.pages[0].extract_text()
    assert "Youju 有据" in text
    assert "Text and figures: CC BY 4.0" in text
    assert "It’s “short”" in text
    assert reader.trailer["/Root"]["/Lang"] == "en-US"  # type: ignore[index]


@dataclass
class Tag:
    kind: str
    alt: str | None
    parents: tuple[str, ...]


def tags(pdf: bytes) -> list[Tag]:
    """The structure of a tagged PDF, in reading order."""

    def walk(node: Any, parents: tuple[str, ...]) -> Iterator[Tag]:
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for child in node:
                yield from walk(child, parents)
        elif isinstance(node, dict):
            if "/S" in node:
                yield Tag(node["/S"], node.get("/Alt"), parents)
                parents = (*parents, node["/S"])
            if "/K" in node:
                yield from walk(node["/K"], parents)

    tree = PdfReader(io.BytesIO(pdf)).trailer["/Root"]["/StructTreeRoot"]  # type: ignore[index]
    return list(walk(tree["/K"], ()))


def test_a_screen_reader_finds_title_language_and_structure(typeset: Typeset) -> None:
    pdf = typeset(SHEET)
    reader = PdfReader(io.BytesIO(pdf))
    catalog: Any = reader.trailer["/Root"]
    assert catalog["/Lang"] == "zh-CN"
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "激活函数"
    assert b'pdfuaid:part="1"' in pdf or b"<pdfuaid:part>1<" in catalog["/Metadata"].get_data()

    found = tags(pdf)
    kinds = [tag.kind for tag in found]
    headings = [kind for kind in kinds if kind in ("/Title", "/H1", "/H2")]
    assert headings == ["/Title", "/H1", "/H2", "/H2", "/H1", "/H2"]
    assert kinds.count("/TH") == 3
    assert kinds.count("/TD") == 6
    assert kinds.count("/LI") == 1


def test_figures_and_formulas_say_what_they_show(typeset: Typeset) -> None:
    found = tags(typeset(SHEET))
    assert [tag.alt for tag in found if tag.kind == "/Figure"] == ["曲线在 x=0 处有“折角”"]
    assert [tag.alt for tag in found if tag.kind == "/Formula"] == [
        r"f(x)=\begin{cases} x, & x>0 \\ 0, & \text{其他} \end{cases}",
        "x=0",
        "x",
        "y=x",
    ]


def test_the_title_of_a_card_leads_to_its_page(typeset: Typeset) -> None:
    (page,) = PdfReader(io.BytesIO(typeset(SHEET))).pages
    targets = {a.get_object()["/A"]["/URI"] for a in page["/Annots"]}  # type: ignore[attr-defined]
    assert targets == {
        "https://example.org/youju/",
        "https://example.org/youju/activations/relu/",
    }


def test_colours_of_a_figure_are_those_of_the_light_theme(root: Path) -> None:
    sheet = sheet_tree.read(SHEET, source=SOURCE, root=root)
    assert sheet.figures == {
        "figures/curve.svg": SVG.replace("var(--yj-paper, #fefefe)", "#fefefe").replace(
            "var( --yj-blue ,#1f6fb2)", "#1f6fb2"
        )
    }


def test_what_typst_would_read_as_its_own_code_is_text(typeset: Typeset) -> None:
    words = 'x#let [a] $5 <b> @c "d" \\ // e */ ~ f'
    body = words.replace("\\", "\\\\").replace("$", r"\$").replace("<", r"\<").replace("~", r"\~")
    body = body.replace("[", r"\[").replace("@", r"\@").replace("*", r"\*")
    (page,) = PdfReader(io.BytesIO(typeset(card(f"$x$(y) {body}")))).pages
    assert words.replace('"d"', "“d”") in page.extract_text().replace("\n", " ")


# ------------------------------------------------------------------ how it is laid out


def headings(pdf: bytes) -> list[tuple[int, Destination, int]]:
    """Level, place and page of each group and card, in order."""
    reader = PdfReader(io.BytesIO(pdf))

    def walk(entries: list[Any], level: int) -> Iterator[tuple[int, Destination, int]]:
        for entry in entries:
            if isinstance(entry, list):
                yield from walk(entry, level + 1)
            else:
                yield level, entry, reader.get_destination_page_number(entry) or 0

    return list(walk(reader.outline, 1))


@pytest.mark.parametrize(("groups", "cards"), [(3, 5), (5, 6), (17, 2), (1, 36)])
def test_a_group_stands_above_its_first_card(typeset: Typeset, groups: int, cards: int) -> None:
    found = headings(typeset(crowd(groups, cards)))
    assert len(found) == groups * (cards + 1)
    for (level, group, page), (_, first, page_of_first) in pairwise(found):
        if level == 1:
            assert page == page_of_first
            assert group.left == pytest.approx(first.left, abs=4)
            assert 10 < group.top - first.top < 40


@pytest.mark.parametrize(("groups", "cards"), [(3, 5), (5, 6), (17, 2), (1, 36)])
def test_cards_fill_columns_in_order(typeset: Typeset, groups: int, cards: int) -> None:
    found = headings(typeset(crowd(groups, cards)))
    places = [(page, round(float(at.left), -1), -float(at.top)) for _, at, page in found]
    assert places == sorted(places)
    assert len({column for _, column, _ in places}) == 3


def fragments(pdf: bytes) -> list[tuple[str, float, float]]:
    """Each piece of text, its size in points and its height over the foot of the page."""
    out: list[tuple[str, float, float]] = []

    def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        if text.strip():
            vertical = tm[3] * cm[3]
            out.append((text.strip(), size * abs(vertical), tm[5] * cm[3] + cm[5]))

    for page in PdfReader(io.BytesIO(pdf)).pages:
        page.extract_text(visitor_text=visit)
    return out


def test_letters_are_as_large_as_the_room_allows_and_never_too_small(typeset: Typeset) -> None:
    def body(markdown: str) -> tuple[float, float]:
        found = [part for part in fragments(typeset(markdown)) if "行文字" in part[0]]
        (size,) = {round(part[1], 2) for part in found}
        return size, min(part[2] for part in found)

    (roomy, _), (crowded, lowest) = body(crowd(2, 4)), body(crowd(4, 10))
    assert roomy == 9.5
    assert 7.5 <= crowded < roomy
    assert lowest > 11.5 / 25.4 * 72  # nothing runs into the margin


def test_a_group_that_goes_on_is_named_again(typeset: Typeset) -> None:
    text = PdfReader(io.BytesIO(typeset(crowd(1, 20)))).pages[0].extract_text()
    assert text.count("第 0 组（续）") == 2
    found = tags(typeset(crowd(1, 20)))
    assert [tag.kind for tag in found].count("/H1") == 1


# ------------------------------------------------------------------ errors


def test_a_sheet_that_is_too_long(typeset: Typeset) -> None:
    long = crowd(12, 14)
    with pytest.raises(Failure) as failure:
        typeset(long)
    (message,) = problems(failure)
    pages = len(PdfReader(io.BytesIO(typeset(long, max_pages=9))).pages)
    assert pages > 2
    assert message == (
        f"{SOURCE}:1: the a4 sheet has {pages} pages in its smallest letters, allowed: 2; "
        "shorten its cards or move a group to another sheet"
    )


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        (FRONT, "the sheet has no cards; add '### card' headings with text"),
        (
            FRONT + "## 组\n孤行\n",
            "text outside a card; put it below a '### card' heading",
        ),
        (
            FRONT + "## 组\n### 甲\n文字\n\n#### 乙\n",
            "heading '乙' is of level 4; a sheet has groups (##) and cards (###)",
        ),
        (card("a<br>b"), "card '卡片': HTML cannot be printed; write it in Markdown"),
        (card("- <b>a</b>"), "card '卡片': HTML cannot be printed; write it in Markdown"),
        (
            card("见 [ReLU](../relu.md)"),
            "card '卡片': the link ../relu.md leads nowhere on paper; "
            "give the whole address, https://...",
        ),
        (
            card('![曲线](figures/none.svg){caption="图"}'),
            "card '卡片': no figure figures/none.svg; name an SVG file that the build has made",
        ),
        (
            card('![](figures/curve.svg){caption="图"}'),
            "card '卡片': figure figures/curve.svg has no description; say in [...] what it shows",
        ),
        (
            card("![曲线](figures/curve.svg)"),
            "card '卡片': figure figures/curve.svg has no caption; add {caption=\"...\"}",
        ),
        (
            card('见图 ![曲线](figures/curve.svg){caption="图"}'),
            "card '卡片': a figure stands inside a line of text; give it a paragraph of its own",
        ),
        (
            card('- ![曲线](figures/curve.svg){caption="图"}'),
            "card '卡片': a figure stands inside text; give it a paragraph of its own",
        ),
        (
            card(r"好 $x$，坏 $\prescript{a}{b}{c}$"),
            r"card '卡片': pandoc cannot translate the formula `\prescript{a}{b}{c}`; "
            "use only commands that it knows",
        ),
        (
            card(r"$\overset{a}{=}$"),
            r"card '卡片': formula `\overset{a}{=}`: \overset would be printed wrong, "
            "the upper part beside the lower; use ^ or say it in the text",
        ),
        (
            card(r"好 $x$，坏 $\begin{vmatrix} a & b \\ c & d \end{vmatrix}$"),
            r"card '卡片': Typst cannot set the formula "
            r"`\begin{vmatrix} a & b \\ c & d \end{vmatrix}`: expected exactly one character; "
            "write it in another way, or add a rule to gen/typst_math.py",
        ),
        (
            card("文字\n\n### 另一张 {#b}\n标记 \U0010fffd"),
            "card '另一张': no font has the character \U0010fffd (U+10FFFD); use another one",
        ),
    ],
)
def test_errors(typeset: Typeset, markdown: str, expected: str) -> None:
    with pytest.raises(Failure) as failure:
        typeset(markdown)
    assert f"{SOURCE}:1: {expected}" in problems(failure)


def test_a_character_that_no_font_has_in_a_figure(typeset: Typeset, root: Path) -> None:
    (root / "figures" / "curve.svg").write_text(SVG.replace("输出", "输\U0010fffd"), "utf-8")
    with pytest.raises(Failure) as failure:
        typeset(SHEET)
    assert problems(failure) == [
        f"{SOURCE}:1: figure figures/curve.svg: no font has the character \U0010fffd (U+10FFFD); "
        "use another one"
    ]


def test_every_problem_is_told_at_once(typeset: Typeset) -> None:
    with pytest.raises(Failure) as failure:
        typeset(card("a<br>b", "甲") + "### 乙\n$\\tag{1}$ [页](x.md)\n")
    assert [problem.what.partition(":")[0] for problem in failure.value.problems] == [
        "card '乙'",
        "card '乙'",
        "card '甲'",
    ]


def test_a_formula_that_is_a_little_too_wide_is_set_smaller(typeset: Typeset) -> None:
    def letters(terms: int) -> float:
        body = "$$" + "+".join(["a"] * terms) + "$$"
        return next(size for text, size, _ in fragments(typeset(card(body))) if "𝑎" in text)

    assert 6.8 <= letters(20) < letters(16) < letters(8) == letters(2)
    with pytest.raises(Failure) as failure:
        letters(40)
    (message,) = problems(failure)
    assert message.startswith(f"{SOURCE}:1: card '卡片': the formula `a+a+")
    assert message.endswith("% of the width of its card; break it into lines with aligned")


def test_a_card_that_no_column_holds(typeset: Typeset) -> None:
    with pytest.raises(Failure) as failure:
        typeset(card("\n".join(f"- 第 {line} 项" for line in range(60)), "长卡片"))
    (message,) = problems(failure)
    assert message.startswith(f"{SOURCE}:1: card '长卡片': the card is 1")
    assert message.endswith("% of the height of a column; split it in two")
