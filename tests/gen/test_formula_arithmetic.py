"""Random arithmetic written as LaTeX has the value that Python gives it; outcomes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gen.formula import Outcome, check
from snippets.kit import Formula, array, constant, index, integer, scalar

M = ("符号", "symbol")
NAMES = {"b": "b", "u": "u", r"\alpha": "alpha", "w_1": "w_1", r"\hat{y}": "y_hat"}
"""In LaTeX and in Python; no letter that stands alone here occurs in a command below."""
Expression = tuple[str, str]
"""The same expression in LaTeX and in Python."""


def atoms() -> st.SearchStrategy[Expression]:
    numbers = st.integers(0, 99).map(lambda n: (str(n), f"{n}.0"))
    decimals = st.integers(1, 999).map(lambda n: (f"{n / 100:.2f}", f"{n / 100:.2f}"))
    names = st.sampled_from(sorted(NAMES.items()))
    return st.one_of(numbers, decimals, names)


def larger(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    """Each operation in the several forms that LaTeX has for it."""
    pairs = st.tuples(parts, parts)
    return st.one_of(
        pairs.map(lambda p: (f"{p[0][0]} + ({p[1][0]})", f"({p[0][1]} + ({p[1][1]}))")),
        pairs.map(lambda p: (f"({p[0][0]}) - ({p[1][0]})", f"(({p[0][1]}) - ({p[1][1]}))")),
        pairs.map(
            lambda p: (rf"\left({p[0][0]}\right)({p[1][0]})", f"(({p[0][1]}) * ({p[1][1]}))")
        ),
        pairs.map(lambda p: (rf"({p[0][0]}) \cdot ({p[1][0]})", f"(({p[0][1]}) * ({p[1][1]}))")),
        pairs.map(lambda p: (rf"\frac{{{p[0][0]}}}{{{p[1][0]}}}", f"(({p[0][1]}) / ({p[1][1]}))")),
        pairs.map(lambda p: (f"({p[0][0]})/({p[1][0]})", f"(({p[0][1]}) / ({p[1][1]}))")),
        pairs.map(lambda p: (rf"\max({p[0][0]}, {p[1][0]})", f"max({p[0][1]}, {p[1][1]})")),
        parts.map(lambda p: (f"(-({p[0]}))", f"(-({p[1]}))")),
        parts.map(lambda p: (f"({p[0]})^2", f"(({p[1]}) ** 2)")),
        parts.map(lambda p: (f"({p[0]})^{{-1}}", f"(({p[1]}) ** -1)")),
        parts.map(lambda p: (rf"\tanh({p[0]})", f"math.tanh({p[1]})")),
        parts.map(lambda p: (rf"\left|{p[0]}\right|", f"abs({p[1]})")),
        parts.map(lambda p: (rf"\sqrt{{\lvert {p[0]}\rvert}}", f"math.sqrt(abs({p[1]}))")),
        parts.map(lambda p: (rf"\lfloor {p[0]} \rfloor", f"float(math.floor({p[1]}))")),
    )


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.recursive(atoms(), larger, max_leaves=12),
    st.lists(st.floats(-5, 5, width=32), min_size=len(NAMES), max_size=len(NAMES)),
)
def test_random_arithmetic_equals_python(expression: Expression, numbers: list[float]) -> None:
    latex, source = expression
    values = dict(zip(NAMES.values(), numbers, strict=True))
    try:
        expected = eval(source, {"math": math}, dict(values))
    except (ZeroDivisionError, OverflowError):
        assume(False)
    assume(math.isfinite(expected))
    where = {name: constant(M, values[said]) for name, said in NAMES.items() if name in latex}
    outcome = check(Formula(f"f = {latex}", where=where, equals=lambda: expected))
    assert outcome.error <= 1e-9


PRECEDENCE = [
    ("-3^2", -9),
    ("2 - 3 - 4", -5),
    ("2 / 4 / 2", 0.25),
    (r"2 \cdot 3^2", 18),
    (r"\frac12 \cdot 3", 1.5),
    (r"\sqrt[3]{8}", 2),
    ("2^{3^2}", 512),
    (r"\sum_{k=1}^{3} k^2 + 1", 15),
    (r"\sum_{k=1}^{0} k", 0),
    (r"\prod_{k=1}^{0} k", 1),
    (r"\sum_{i=1}^{3} \sum_{j=1}^{i} i \cdot j", 25),
    (r"\log_2 8 + \log_{10}(100)", 5),
    (r"\ln e^2", 2),
    (r"|-2||3|", 6),
    (r"\lceil 2.1 \rceil - \lfloor -2.1 \rfloor", 6),
    (r"\tanh^2(0.5) + \cosh(0.5)^{-2}", 1),
    (r"\max\{1, 2, 3\} - \min(4, 5)", -1),
    (r"\mathbf 1_{2>1} + \mathbf{1}_{\{1>2\}} + \mathbb 1[0 \le 1 < 2]", 2),
    (r"1.5 \times 10^{-3}", 0.0015),
    (r"\operatorname{erf}(\infty)", 1),
]


@pytest.mark.parametrize(("latex", "expected"), PRECEDENCE)
def test_precedence_and_ranges(latex: str, expected: float) -> None:
    assert check(Formula(f"f = {latex}", where={}, equals=lambda: expected)).error <= 1e-12


A = np.array([[1.0, 2.0], [3.0, 5.0]])
V = np.array([2.0, -1.0])
ARRAYS = [
    ("A v", A @ V),
    (r"v^\top A", V @ A),
    (r"v^\top v", 5.0),
    (r"v v^\top", [[4, -2], [-2, 1]]),
    (r"v \otimes v", [[4, -2], [-2, 1]]),
    (r"v \cdot v", 5.0),
    (r"A A^\top v", A @ A.T @ V),
    ("A_{12} + A_{2,1}", 5.0),
    ("A_1", [1, 2]),
    ("v_2^2", 1.0),
    (r"\|A\|_F^2", 39.0),
    (r"\|v\|_1 + \|v\|_\infty", 5.0),
    (r"\operatorname{tr}(A)", 6.0),
    (r"\operatorname{diag}(v)", [[2, 0], [0, -1]]),
    (r"v \odot v", [4, 1]),
    (r"(Av)_1", 0.0),
]


@pytest.mark.parametrize(("latex", "expected"), ARRAYS)
def test_arrays(latex: str, expected: object) -> None:
    where = {
        name: constant(M, value)
        for name, value in (("A", A), ("v", V))
        if name in latex.replace("operatorname", "")
    }
    assert check(Formula(f"f = {latex}", where=where, equals=lambda: expected)).error <= 1e-12


def test_ranges_with_conditions() -> None:
    where = {"i": index(M, 4), "j": index(M, 4)}
    for latex, expected in ((r"\sum_{i \ne 2} i", 8), (r"\sum_{i,j} i j", 100)):
        used = {name: where[name] for name in ("i", "j") if name in latex.replace(r"\ne", "")}
        assert check(Formula(f"f = {latex}", where=used, equals=lambda e=expected: e)).error == 0
    pairs = Formula(r"f = \sum_{i} \sum_{j<i} i", where=where, equals=lambda: 20)
    assert check(pairs).error == 0


def test_approx_means_the_digits_printed() -> None:
    for latex in (r"\pi \approx 3.14", r"\pi \approx 3.1416", r"2.2 \times 10^{-1} \approx 0.22"):
        assert check(Formula(latex, where={})) == Outcome("claim", 1, 0.0)


def test_a_function_of_numpy_needs_no_lambda() -> None:
    where = {"x": scalar(M, -2, 2)}
    formula = Formula(r"f(x) = \frac{e^{2x} - 1}{e^{2x} + 1}", where=where, equals=np.tanh)
    assert check(formula).error <= 1e-12


def test_points_that_a_symbol_leaves_out_are_not_sampled() -> None:
    latex = r"f(x) = \begin{cases} 1 & x > 0 \\ -1 & x < 0 \end{cases}"
    with pytest.raises(ValueError, match=r"no case applies .* \(x = 0\)"):
        check(Formula(latex, where={"x": scalar(M, -2, 2)}, equals=np.sign))
    left_out = {"x": scalar(M, -2, 2, without=(0,))}
    assert check(Formula(latex, where=left_out, equals=np.sign)).error == 0


def test_what_is_not_sampled_is_checked_once() -> None:
    claim = Formula(r"\sup_x x(1-x) = \frac14", where={"x": scalar(M, -2, 2)})
    assert check(claim).samples == 1


def test_the_outcome_of_each_kind() -> None:
    x = {"x": scalar(M, -2, 2)}
    identity = check(Formula("f(x) = 2x", where=x, equals=lambda x: x + x, samples=7))
    assert identity == Outcome("identity", 7, 0.0)
    slope = check(
        Formula(
            r"f'(x) = \begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}",
            where=x,
            derivative_of=lambda x: max(x, 0.0),
            autograd=lambda x: x.clamp(min=0),
        )
    )
    assert (slope.kind, slope.samples) == ("derivative", 199)  # 0 is a kink, and one of the edges
    assert slope.error < 1e-9
    assert slope.autograd_error == 0.0


def test_a_definition_shows_its_example() -> None:
    formula = Formula(
        r"\sigma(z)_i = \frac{e^{z_i}}{\sum_{j=1}^{n} e^{z_j}}",
        where={"z": array(M, ("n",), -3, 3), "n": integer(M, 2, 5), "i": index(M, "n")},
        witness={"z": [2, 1, 0.1]},
    )
    # e^2, e, e^0.1 are 7.389, 2.718, 1.105: their sum is 11.212.
    assert check(formula).witness == [("z", "(2, 1, 0.1)"), (r"\sigma(z)", "(0.659, 0.242, 0.099)")]


def test_samples_are_the_same_each_time_and_hit_the_edges() -> None:
    def seen() -> list[float]:
        values: list[float] = []
        where = {"x": scalar(M, -2, 3)}
        check(Formula("f(x) = x", where=where, equals=lambda x: values.append(x) or x))
        return values

    first = seen()
    assert first == seen()
    assert {-2.0, 0.0, 3.0} <= set(first)
    assert len(set(first)) == 200


def test_the_switch_of_a_case_is_sampled() -> None:
    """Only at x = 1 the two differ: a random sample would never meet it."""
    latex = r"f(x) = \begin{cases} 1 & x > 1 \\ 0 & x \le 1 \end{cases}"
    with pytest.raises(ValueError, match="x = 1"):
        check(Formula(latex, where={"x": scalar(M, -2, 3)}, equals=lambda x: float(x >= 1)))
