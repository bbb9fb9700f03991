r"""Each error of a formula: its words, its column, what to do.

In the tables ``¦`` marks the place at which the error must point; it is taken out before the check.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gen.formula import FormulaError, check
from snippets.kit import Formula, Symbol, array, function, index, integer, scalar

M = ("符号", "symbol")
X = {"x": scalar(M, -2, 2)}
Z = {"z": array(M, ("n",), -2, 2), "n": integer(M, 2, 4)}
ZI = {**Z, "i": index(M, "n")}
ZIJ = {**ZI, "j": index(M, "n")}


def error_of(marked: str, where: dict[str, Symbol], **given: Any) -> FormulaError:
    with pytest.raises(FormulaError) as caught:
        check(Formula(marked.replace("¦", ""), where=where, **given))
    return caught.value


READING = [
    (r"f(x) = x ¦y", "y is not declared", "declare it in where (declared: x)"),
    (r"f(x) = x ¦\hat{y}_1", r"\hat{y}_1 is not declared", "declare it in where"),
    (r"f(x) = ¦\foo x", r"the command \foo is unknown", "declare it"),
    (r"f(x) = x¦_1", "x is a scalar and has the subscript 1", "declare x_1, or x as an array"),
    (r"f(x) = \log x ¦x", r"where the argument of \log ends", "put it in parentheses"),
    (r"f(x) = \log x ¦/ 2", r"where the argument of \log ends", "put it in parentheses"),
    (r"f(x) = \exp(x)¦(x)", "the argument can end here or later", r"write \cdot"),
    (r"f(x) = \log¦^{-1}(x)", "can be read in two ways", "put the power after the arguments"),
    (r"f(x) = x / 2 ¦x", "a / b c can be read in two ways", r"write \frac or parentheses"),
    (r"f(x) = x ¦2", "a number follows a factor", r"write \cdot"),
    (r"f(x) = 2 ¦\tfrac12 x", "a mixed number or a product", r"write \cdot"),
    (r"f(x) = x^¦12", "TeX takes only the first digit", "write {12}"),
    (r"f(x) = x ¦\pm 1", r"\pm is two formulas in one", "write one formula for each sign"),
    (r"f(x) = x ¦\to 1", r"\to states a limit", r"write \lim"),
    (r"f(x) = 1 + ¦\dots + x", "dots leave terms to be guessed", r"write \sum"),
    (r"f(x) = x ¦* x", "* may be a product or a convolution", r"write \cdot"),
    (r"f(x) = ¦é", "character 'é' has no meaning", r"put it in \text{}"),
    (r"f(x) = x + ¦- 1", "two signs follow one another", "in parentheses"),
    (r"f(x) = (x¦", "expected ) here, found the end", "close the ( of column 8"),
    (r"f(x) = |x¦", "expected | here, found the end", "close the | of column 8"),
    (r"f(x) = x¦)", ") is not understood here", "remove it"),
    (r"f(x) = \frac{x}¦{", "the group is never closed", "close it with }"),
    (r"f(x) = ¦", "expected an expression, found the end", "write or remove a term"),
    (r"f(x) = x^{¦}", "the braces are empty", "write an expression"),
    (r"f(x) = x^2¦^2", "a second script of the same kind", "braces"),
    (r"¦f(x)", "a left side with = is missing", "write name ="),
    (r"f(x) ¦\le x", r"not defined by \le", "write ="),
    (r"¦= x", "the left side is empty", "write what the formula defines"),
    (r"f(x) = x ¦\leftarrow x", "in the middle of a chain", "write ="),
    (r"f(x) = x, ¦g(x) = x", "several lines are defined", "give equals by left side"),
    (r"f(x) = ¦\sum x", r"\sum has no index", "write its range below it"),
    (r"f(x) = \sum_¦k x", "the range of k is not declared", "write k=1 and an upper end"),
    (r"f(x) = \sum_{¦x=1}^3 x", "x is declared, but not as an index", "use another letter"),
    (r"f(x) = \sum_{¦k=1} x", "the range has no upper end", "write ^{n}"),
    (r"f(x) = ¦\frac{\partial x}{\partial y}", "is not declared", "declare it in where"),
    (r"f(x) = ¦\begin{matrix} x \end{matrix}", "is unknown", "use aligned or cases"),
    (r"f(x) = \begin{cases} x & ¦\text{wenn } x>0 \end{cases}", "'wenn'", "write if"),
    (r"f(x) = \begin{cases} x ¦\end{cases}", "a case has no condition", "write value & condition"),
    (
        r"f(x) = \begin{cases} x & \text{otherwise} \\ ¦1 & x>0 \end{cases}",
        "a case follows the last one",
        r"put \text{otherwise} last",
    ),
    (r"f(x) = ¦\|x\|_3", "the norm 3 is unknown", "use 1, 2, F"),
    (r"f(x) = x \in ¦3", "only an interval can stand", "write [a, b] or (a, b)"),
    (r"f(x) = x \in [1, 2] ¦< 3", "a relation follows an interval", "a second statement"),
    (r"f(x) = ¦\hat", "the command has no argument", "write one in braces"),
]


@pytest.mark.parametrize(("marked", "message", "todo"), READING)
def test_what_cannot_be_read(marked: str, message: str, todo: str) -> None:
    error = error_of(marked, X, equals=lambda x: x)
    assert message in error.message
    assert error.column == marked.index("¦") + 1
    assert todo in error.todo


EVALUATING = [
    (r"f = z ¦z", Z, "two vectors stand side by side", r"a^\top b"),
    (r"f = ¦|z|", Z, "bars around an array", r"\|x\|"),
    (r"f = z¦_0", Z, "the subscript 0 is outside 1..2", "range of the index"),
    (r"f_i = z¦_{i+1}", ZI, "is outside 1..", "range of the index"),
    (r"f = z_{¦0.5}", Z, "the subscript 0.5 is no whole number", "use an index"),
    (r"f = z_¦i", ZI, "the index i is free on the right side only", "put it on the left side"),
    (r"f_i = z¦_{i,i}", ZI, "2 subscripts on a value of shape", "remove one"),
    (r"f = z ¦\times z", Z, r"\times between arrays", r"write \odot"),
    (r"f = z ¦+ z^\top", Z, "a row and a column are combined", "transpose"),
    (r"f = ¦\|z\|_F", Z, "the Frobenius norm is one of matrices", r"\|x\|_2"),
    (r"f = ¦\|zz^\top\|", Z, "a matrix has several norms", r"\|W\|_F"),
    (
        r"f = ¦\prod_{k=1}^{2} z z^\top",
        Z,
        "a \\prod of arrays can be read in two ways",
        "side by side",
    ),
    (r"f = (zz^\top)¦^2", Z, "a power with a matrix", "write the product"),
    (r"f = ¦\operatorname{tr}(z)", Z, "tr needs a matrix", "give it one"),
    (r"f = \max_{¦i \ne z} z_i", ZI, "the condition of a range is an array", "compare numbers"),
    (r"f = n¦^\top z", Z, "a number is transposed", "power"),
    (r"f = \sum_{i=1}^{n/3¦+1} z", ZI, "is not whole", r"\lfloor"),
    (r"f = ¦\log(z - 3)", Z, "the formula gives nan", "narrow the ranges"),
    (r"f = ¦z_1", Z, "the shape is (), that of <lambda> is (2,)", "mend an index"),
    (r"f = ¦2z", Z, "<lambda> gives", "allowed is 1e-09"),
    (r"f = ¦\lim_{k\to\infty} k z", Z, "the limit does not converge", "a limit that exists"),
    (r"f = ¦\lim_{k\to 0} \frac{|k|}{k} z", Z, "differ", r"write x \to a^+"),
]


@pytest.mark.parametrize(("marked", "where", "message", "todo"), EVALUATING)
def test_what_has_no_value(marked: str, where: dict[str, Symbol], message: str, todo: str) -> None:
    column = marked.index("¦") + 1
    error = error_of(marked, where, equals=lambda z: z)
    assert message in error.message
    assert "in sample 1 (z = (" in error.message or "free on" in error.message
    assert error.column == column
    assert todo in error.todo


def test_the_text_points_at_the_place_in_its_line() -> None:
    error = error_of("f(x) =\n  x +\n  ¦y", X, equals=lambda x: x)
    assert str(error) == (
        "column 16: y is not declared; declare it in where (declared: x)\n      y\n      ^"
    )


def test_one_line_names_the_column_and_what_stands_there() -> None:
    error = error_of("f(x) = x +\n  ¦y", X, equals=lambda x: x)
    assert error.what == 'formula, column 14 at "y": y is not declared'


PIECES = [
    *r"x y z i n 0 12 + - / = < \le ( ) [ ] { } _ ^ ' , & | . \| \\ \frac \sqrt \sum \prod".split(),
    *r"\max \lim \log \exp \hat \mathbf{1} \begin{cases} \end{cases} \lfloor \rfloor".split(),
    *r"\infty \top \to \in \text{if} \cdot \left| \right| \partial e \sup_x \sum_{i=1}^n".split(),
]


@settings(max_examples=600, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=9))
def test_nonsense_is_refused_and_never_crashes(pieces: list[str]) -> None:
    """Any other exception than FormulaError fails the test; what happens to be valid meets nan."""
    used = set(pieces)
    where = {name: symbol for name, symbol in (X | ZI).items() if name in used}
    if used & {"z", "i"}:
        where["n"] = ZI["n"]
    formula = Formula(f"f = {' '.join(pieces)}", where, equals=lambda: np.nan, samples=2)
    with pytest.raises(FormulaError) as caught:
        check(formula)
    assert 1 <= caught.value.column <= len(formula.latex) + 1


def test_cases_must_cover_and_not_contradict() -> None:
    gap = error_of(r"f(x) = ¦\begin{cases} x & x > 0 \end{cases}", X, equals=lambda x: x)
    assert "no case applies in sample 1 (x = -2)" in gap.message
    both = error_of(
        r"f(x) = \begin{cases} x & x > -2 \\ -2 & x < 1 \end{cases}", X, equals=lambda x: x
    )
    assert "two cases apply and differ" in both.message


DECLARING: list[tuple[str, dict[str, Symbol], dict[str, Any], str, str]] = [
    (
        "f(x)=x",
        {**X, "k": scalar(M, 0, 1)},
        {"equals": lambda x: x},
        "k is declared but does not",
        "remove",
    ),
    ("f=z", {"z": array(M, ("q",), 0, 1)}, {"equals": lambda z: z}, "the size q of z", "integer("),
    ("f(x)=x", X, {"equals": lambda q: q}, "no symbol is named after the parameter q", "lambda"),
    ("f(x)=x", X, {"equals": lambda *x: x}, "takes any parameters", "lambda"),
    (
        r"f = x\mathbf{x}",
        {**X, r"\mathbf{x}": X["x"]},
        {"equals": lambda x: x},
        "may be x or",
        "rename",
    ),
    ("f(x)=x", X, {"equals": lambda x: [][0]}, "raised IndexError", "mend the function"),
    ("f(x)=x", X, {"equals": lambda x: x * np.nan}, "<lambda> gives nan", "mend the function"),
    ("f(x)=x", X, {"equals": lambda x: x, "witness": {"x": 1}}, "are both given", "keep one"),
    ("f'(x)=1", X, {"derivative_of": lambda x: x}, "a derivative needs autograd", "torch"),
    ("f'(x)=1", X, {"autograd": lambda x: x}, "without derivative_of", "give both"),
    (
        "f'(x)=1",
        X,
        {"derivative_of": lambda x: x, "autograd": lambda x: x, "wrt": "y"},
        "wrt=y is no declared scalar",
        "declare it",
    ),
    ("a=x", X, {"equals": {"a": lambda x: x, "c": lambda x: x}}, "equals has c", "mend the name"),
    ("y=x", X, {"witness": {}}, "the witness gives no value of x", "add it"),
    ("y=x", X, {"witness": {"x": 1, "q": 1}}, "the witness gives q", "declare it"),
    ("f=z", Z, {"witness": {"z": [[1, 2]]}}, "has shape (1, 2), not (n,)", "declared shape"),
    ("x=1", {}, {}, "x is not declared", "declare it"),
]


@pytest.mark.parametrize(("latex", "where", "given", "message", "todo"), DECLARING)
def test_what_is_declared_wrongly(
    latex: str, where: dict[str, Symbol], given: dict[str, Any], message: str, todo: str
) -> None:
    error = error_of(latex, where, **given)
    assert message in error.message
    assert todo in error.todo


def test_a_line_of_a_system_without_its_function() -> None:
    error = error_of(r"a = x \\ ¦b = x", X, equals={"a": lambda x: x})
    assert error.message == "nothing is given to compare b with"
    assert error.column == 10


def test_a_value_is_not_defined_twice() -> None:
    error = error_of(r"a = x \\ ¦a = x", X, equals={"a": lambda x: x})
    assert "is used or defined before" in error.message
    assert r"write \leftarrow" in error.todo


CLAIMS = [
    (r"x^2 < ¦4", "4 < 4 does not hold in sample 1 (x = -2)"),
    (r"x ¦", "a relation is missing"),
    (r"\tanh(x) \in ¦(0, 1)", "does not hold"),
    (r"\pi \approx ¦3.15", "does not hold"),
    (r"x^2 \approx ¦x", r"\approx stands between two expressions"),
    (r"\max_x x(1-x) = ¦\frac13", "does not hold"),
]


@pytest.mark.parametrize(("marked", "message"), CLAIMS)
def test_what_is_not_true(marked: str, message: str) -> None:
    where = X if "x" in marked.replace(r"\approx", "").replace(r"\max_x x", "x") else {}
    error = error_of(marked, where)
    assert message in error.message
    assert error.column == marked.index("¦") + 1


def test_autograd_is_held_to_the_tolerance() -> None:
    error = error_of(
        r"f'(x) = ¦2x", X, derivative_of=lambda x: x**2, autograd=lambda x: x**2 + 1e-6 * x
    )
    assert "autograd gives" in error.message
    assert error.column == 9


def test_too_many_kinks_are_refused() -> None:
    error = error_of(
        r"f'(x) = 0x",
        {"x": integer_like()},
        derivative_of=lambda x: abs(x) * (abs(x) < 5e-4),
        autograd=lambda x: 0 * x,
    )
    assert "fall on kinks" in error.message
    assert "choose a range" in error.todo


def integer_like() -> Symbol:
    """So narrow a range that every sample is next to the kink at 0."""
    return scalar(M, -1e-4, 1e-4)


def test_a_declared_function_needs_its_arguments() -> None:
    where = {**X, "g": function(M, np.tanh)}
    bare = error_of(r"f(x) = ¦g x", where, equals=lambda x: x)
    assert (bare.column, bare.todo) == (8, "write g(...)")
    power = error_of(r"f(x) = g¦^2(x)", where, equals=lambda x: x)
    assert power.column == 9
    assert "after the arguments" in power.todo


def test_two_readings_of_a_name_are_refused() -> None:
    where = {"x_i": scalar(M, 0, 1), "x^2": scalar(M, 0, 1)}
    error = error_of("f = ¦x_i^2", where, equals=lambda x_i: x_i)
    assert "are both declared" in error.message
    assert error.column == 5


def test_a_name_with_an_unknown_element_is_an_error() -> None:
    assert "j is not declared" in error_of("f_i = z_¦j", ZI, equals=lambda z: z).message
    assert error_of("f_i = z_¦j", ZIJ, equals=lambda z: z).column == 9
