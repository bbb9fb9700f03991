"""Each rule for formulas: with it Typst draws what was meant, without it it does not."""

from __future__ import annotations

import subprocess

import pypandoc
import pytest
import typst

from gen import typst_math

FONTS = typst.Fonts(include_system_fonts=False)

# What the LaTeX means, written for Typst by hand.
MEANT: dict[str, list[tuple[str, str]]] = {
    "growing norm": [
        (r"\left\|x\right\|_2^2", "norm(x)_2^2"),
        (r"\left\lVert\frac{a}{b}\right\rVert", "norm(frac(a, b))"),
    ],
    "paired norm": [
        (r"\|x\|_2 + \|W x\|", "norm(x)_2 + norm(W x)"),
        (r"\bigl(\|x\| + 1\bigr)^2", "lr(size: #1.2em, \\() norm(x) + 1 lr(size: #1.2em, \\))^2"),
    ],
    "paired bars": [
        ("|x| + |y|_i", "abs(x) + abs(y)_i"),
        (r"\lvert x \rvert \le 1", "abs(x) <= 1"),
    ],
    "evaluation bar": [
        (
            r"\left.\frac{a}{b}\right|_{x=0} + \left(\frac{a}{b}\right)",
            "frac(a, b) lr(size: #1.8em, \\|)_(x = 0) + (frac(a, b))",
        )
    ],
    "plain text": [(r"\text{erf}(x)", "upright(e r f)(x)")],
    "negative space": [(r"a\!b", "a #h(-3em / 18) b")],
    "thick space": [(r"a\;b", "a #h(5em / 18) b")],
    "symbol names": [
        (r"a \odot b \otimes c", "a ⊙ b ⊗ c"),
        (r"\bigodot_i x_i \cap \bigotimes y", "⨀_i x_i ∩ ⨂ y"),
    ],
    "operator": [
        (r"\operatorname{softmax} z", 'op("softmax") z'),
        (r"\operatorname{KL}(p)", 'op("KL")(p)'),
        (
            r"\displaystyle \operatorname*{arg\,max}_i x",
            'op("arg\u2006max", limits: #true)_i x',
        ),
    ],
    "fixed size": [
        (r"\bigl(a\bigr)", "lr(size: #1.2em, \\() a lr(size: #1.2em, \\))"),
        (r"\Bigl\lfloor a \Bigr\rfloor", "lr(size: #1.8em, \\⌊) a lr(size: #1.8em, \\⌋)"),
        (r"\biggl\{ a \biggr\|", "lr(size: #2.4em, \\{) a lr(size: #2.4em, ‖)"),
        (r"\Biggl[ a \Bigr.", "lr(size: #3em, \\[) a"),
    ],
    "cases gap": [
        (
            r"\begin{cases} x & x > 0 \\ f(\alpha, x) & \text{其他 (&)} \end{cases}",
            'cases(x & quad x > 0, f(alpha, x) & quad "其他 (&)")',
        ),
        (
            r"\begin{cases} \begin{cases} a & b \end{cases} & c \end{cases}",
            "cases(cases(a & quad b) & quad c)",
        ),
        (
            r"\begin{aligned} a &= \begin{cases} b & c \end{cases} \\ d &= e \end{aligned}",
            "a &= cases(b & quad c) \\ d &= e",
        ),
    ],
    "text edges": [(r"x \text{ if } y", 'x "if" y')],
}

# Formulas of the field that no rule may harm.
UNTOUCHED = [
    (r"p(x|y) = p(y|z)", r"p(x \| y) = p(y \| z)"),
    (r"[0,|x|)", r"\[0, abs(x)\)"),
    (r"\left\lvert x \right\rvert", "abs(x)"),
    (r"p\,\|\,q", "p thin parallel thin q"),
    (r"\mathrm{ReLU}(x)", "upright(R e L U)(x)"),
    (r"x_{\text{in}}", "x_upright(i n)"),
    (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "a &= b \\ c &= d"),
    (r"\mathbb{E}_{x\sim p}[f(x)]", "EE_(x tilde p)[f(x)]"),
    (r"\left(1+\frac{1}{n}\right)^n", "(1 + frac(1, n))^n"),
    (r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}", 'mat(delim: "[", 1, 2; 3, 4)'),
    (r"\begin{bmatrix} |a| & |b| \end{bmatrix}", 'mat(delim: "[", abs(a), abs(b))'),
    (r"\left\{ x \,\middle|\, |y| \right\}", r"lr({x thin mid(\|) thin abs(y)})"),
]


def pandoc(tex: str) -> str:
    """What pandoc makes of a displayed formula, without its dollar signs."""
    run = subprocess.run(
        [pypandoc.get_pandoc_path(), "--from=markdown", "--to=typst", "--wrap=none"],
        input=f"$${tex}$$",
        text=True,
        capture_output=True,
        check=True,
    )
    assert run.stderr == ""
    return run.stdout.strip().removeprefix("$").removesuffix("$").strip()


def translated(tex: str) -> str:
    return typst_math.after(pandoc(typst_math.before(tex)))


def drawn(formula: str) -> bytes:
    # No Chinese font is needed to see the rules: a box stands for a character that is missing.
    source = f"#set page(width: auto, height: auto)\n$ {formula} $"
    svg = typst.compile(source.encode(), font_paths=FONTS, format="svg")
    assert isinstance(svg, bytes)
    return svg


EXAMPLES = [(name, tex, meant) for name, pairs in MEANT.items() for tex, meant in pairs]


def test_every_rule_has_an_example() -> None:
    assert list(MEANT) == [*typst_math.TEX_RULES, *typst_math.TYPST_RULES]


@pytest.mark.parametrize(("name", "tex", "meant"), EXAMPLES)
def test_a_rule_draws_what_is_meant(name: str, tex: str, meant: str) -> None:
    assert drawn(translated(tex)) == drawn(meant), name


@pytest.mark.parametrize(("name", "tex", "meant"), EXAMPLES)
def test_without_the_rule_it_fails_or_differs(
    name: str, tex: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rules in (typst_math.TEX_RULES, typst_math.TYPST_RULES):
        monkeypatch.delitem(rules, name, raising=False)
    try:
        without = drawn(translated(tex))
    except typst.TypstError:
        return
    assert without != drawn(meant)


@pytest.mark.parametrize(("tex", "meant"), UNTOUCHED)
def test_what_is_right_stays_right(tex: str, meant: str) -> None:
    assert drawn(translated(tex)) == drawn(meant)
