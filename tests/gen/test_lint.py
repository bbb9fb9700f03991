"""Which numbers and formulas may stand in a page as they are typed, and which need code."""

from __future__ import annotations

import pytest

from gen import lint
from gen.page import Page


def numbers(text: str) -> list[str]:
    """The numbers that are reported in a page of this text."""
    told = [p.what for p in lint.check(Page("page.md", text))]
    assert all(what.startswith("no code stands behind the number '") for what in told), told
    return [what.split("'")[1] for what in told]


PASSES = [
    "ResNet-50 由许多层组成",
    "ResNet-50 and GPT-3.5 in fp16, float32 or bfloat16",
    "fp16比fp32快",
    "ReLU6、VGG16与C4",
    "CIFAR-10 是 2009 年的数据集",
    "published in 2015, revised in 2017.",
    "2015–2017 年",
    "3×3 卷积与 1x1 卷积，7 × 7 × 64 的张量",
    "一个 2-3-1 网络",
    "a 2-2-1 network",
    "在 0 处，取 1 或 2",
    "第2个、0到1之间",
    "from -1 to 1",
    "2D 与 3D，the 4th layer",
    "1. 第一步",
    "  37) the last step",
    "three layers, ten times, 三层，十次",
    "`3.14` 与 ``x = 37``",
    "[图](a.md#b-37) and [page](../x-99.md)",
    "<span data-n='37'>x</span> <https://example.org/37>",
    "https://example.org/37/x",
    "据 [@he2015, eq. 37]",
    "[1]: https://example.org/37",
    "{* double.value_three:.37f *}",
    "{* literal 0.9 | the paper's recommended default *}",
    "| 列 | 值 |\n|---:|:---|",
    "## 37 个例子 {#examples}",
    "/// question | 为什么\n    attrs: {id: why-37}\n\n答。\n///",
    "```python\nx = 37\n```",
    "~~~\n37\n~~~",
    "---\naliases: [x37, '37']\n---\n# 标题",
    "$x$, $W_i$, $\\beta_1$, $x^{10}$, $a_{12}$, $2x$, $-1$, $\\sqrt{2}$",
    r"it costs \$1",
]

REPORTED = [
    ("共 37 层", ["37"]),
    ("共37层", ["37"]),
    ("There are 3 gates.", ["3"]),
    ("ResNet-50达到76.3，fp16快37倍", ["76.3", "37"]),
    ("准确率 0.9，损失 1.0", ["0.9", "1.0"]),
    ("约 37 %，或 5%，或 0%，或 2 %", ["37 %", "5%", "0%", "2 %"]),
    ("共 1％", ["1"]),
    ("1,000 and 12,345.6 values", ["1,000", "12,345.6"]),
    ("2万个，2 亿个，1 million", ["2", "2", "1"]),
    ("½ of them, ¾ 的", ["½", "¾"]),
    ("1/3", ["3"]),
    ("-0.5 与 −0.5", ["-0.5", "−0.5"]),
    ("学习率 1e-3、3e4 或 1.5e-3", ["1e-3", "3e4", "1.5e-3"]),
    ("took 37ms, 10x faster, 60k images, 2k steps", ["37", "10", "60", "2"]),
    ("a batch of 2048, an image of 224", ["2048", "224"]),
    ("x < 37 and y > 5", ["37", "5"]),
    ("５０ 个", ["５０"]),
    ("10⁻³", ["10"]),
    ("2015.5 与 20155", ["2015.5", "20155"]),
    ("π ≈ 3.14.", ["3.14"]),
    ("约 37. 不是列表", ["37"]),
    ("(3, 4)", ["3", "4"]),
    ("| 值 | 37 |", ["37"]),
    ("- 37 个", ["37"]),
    ("> 37", ["37"]),
    ("![37 个点](x.png)", ["37"]),
    ("[37 个](x.md)", ["37"]),
    ("/// question | 为什么是 37？\n\n答。\n///", ["37"]),
    ("**37**", ["37"]),
    ("8-bit", ["8"]),
    ("{* double.value_three *} of 37", ["37"]),
]


@pytest.mark.parametrize("text", PASSES)
def test_passes(text: str) -> None:
    assert lint.check(Page("page.md", text)) == []


@pytest.mark.parametrize(("text", "expected"), REPORTED)
def test_reported(text: str, expected: list[str]) -> None:
    assert numbers(text) == expected


def test_place_and_fix() -> None:
    problem = lint.check(Page("docs/zh/a/b.md", "---\nx: 1\n---\n\n# 标题\n\n共 37 层"))
    assert [str(p) for p in problem] == [
        "docs/zh/a/b.md:7: no code stands behind the number '37'; write {* concept.value_x:.2f *}, "
        "a word for a count below ten, or {* literal 0.9 | the reason *}"
    ]


@pytest.mark.parametrize(
    "latex", ["a = b", r"x \in [0, 1]", r"x \to 0", "x < 1", r"a \approx b", r"x \ne 0", r"x \ge 0"]
)
def test_claims_need_a_declared_formula(latex: str) -> None:
    (problem,) = lint.check(Page("page.md", f"于是 ${latex}$。"))
    assert problem.what == f"nobody executes the claim ${latex}$"


@pytest.mark.parametrize(
    ("latex", "number"),
    [(r"\frac{1}{3}", "3"), ("10^{-3}", "10"), ("0.9x", "0.9"), (r"\tfrac{1}{2} + 7", "7")],
)
def test_numbers_in_math(latex: str, number: str) -> None:
    (problem,) = lint.check(Page("page.md", f"于是 ${latex}$。"))
    assert problem.what == f"no code stands behind the number '{number}' in ${latex}$"


@pytest.mark.parametrize("latex", [r"\left(x\right)", r"\infty", r"\leftarrow", r"\inf", r"\top"])
def test_commands_that_only_begin_like_a_relation(latex: str) -> None:
    assert lint.check(Page("page.md", f"于是 ${latex}$。")) == []


def test_a_declared_formula_in_a_line_may_hold_anything() -> None:
    assert lint.check(Page("page.md", "于是 ${* double.formula_definition *}$。")) == []


def test_a_displayed_formula_is_told_once() -> None:
    (problem,) = lint.check(Page("page.md", "$$ x = 37 $$"))
    assert problem.what == "a displayed formula is typed into the page"


def test_literals_are_counted() -> None:
    text = (
        "{* literal 3 | the paper's default *}, {* literal 4 | as in the paper *}\n`{* literal *}`"
    )
    assert lint.literals(Page("page.md", text)) == 2


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (
            "---\naliases: [a]\ndescription: of {* double.value_three *}\n---\n# A\n",
            3,
            "the front matter holds a directive",
        ),
        (
            "# A\n\n`lr={* double.value_three *}` is the default.\n",
            3,
            "the inline code holds a directive, which is printed as it stands",
        ),
    ],
)
def test_a_directive_that_nothing_replaces(text: str, line: int, what: str) -> None:
    (problem,) = lint.check(Page("page.md", text))
    assert (problem.path, problem.line, problem.what) == ("page.md", line, what)


def test_a_directive_may_be_shown_in_fenced_code() -> None:
    assert lint.check(Page("page.md", "```text\n{* double.value_three *}\n```\n")) == []
