"""How many elementary operations one number costs: counted by running the textbook formulas.

The formulas are written once more, for one number and as they stand in a book.  They run with plain
floats, which holds the NumPy functions against them, and with ``Counted`` numbers, which write down
each operation.  Counted are +, -, *, / (arithmetic), comparisons, and exp, ln, tanh, erf
(transcendental).  A minus sign and an absolute value only touch the sign bit and are free; so are
constants such as 1/sqrt(2), which are known beforehand.  Of several branches the dearest counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from snippets import kit
from snippets.activations.activation_zoo import BY_NAME
from snippets.activations.relu_variants import SELU_ALPHA, SELU_SCALE
from snippets.kit import Check, Table, Tr


@dataclass
class Tally:
    """How often each kind of operation was done."""

    arithmetic: int = 0
    comparisons: int = 0
    transcendental: int = 0

    @property
    def total(self) -> int:
        return self.arithmetic + self.comparisons + self.transcendental


@dataclass
class Counted:
    """A number that writes each operation into its tally."""

    value: float
    tally: Tally = field(repr=False)

    def _arithmetic(self, value: float) -> Counted:
        self.tally.arithmetic += 1
        return Counted(value, self.tally)

    def __add__(self, other: Any) -> Counted:
        return self._arithmetic(self.value + plain(other))

    def __sub__(self, other: Any) -> Counted:
        return self._arithmetic(self.value - plain(other))

    def __mul__(self, other: Any) -> Counted:
        return self._arithmetic(self.value * plain(other))

    def __truediv__(self, other: Any) -> Counted:
        return self._arithmetic(self.value / plain(other))

    def __rtruediv__(self, other: float) -> Counted:
        return self._arithmetic(other / self.value)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Counted:
        return Counted(-self.value, self.tally)

    def __abs__(self) -> Counted:
        return Counted(abs(self.value), self.tally)

    def _compared(self, result: bool) -> bool:
        self.tally.comparisons += 1
        return result

    def __gt__(self, other: Any) -> bool:
        return self._compared(self.value > plain(other))

    def __lt__(self, other: Any) -> bool:
        return self._compared(self.value < plain(other))

    def __ge__(self, other: Any) -> bool:
        return self._compared(self.value >= plain(other))


def plain(x: Any) -> float:
    """The number itself, counted or not."""
    return x.value if isinstance(x, Counted) else x


def _transcendental(function: Callable[[float], float]) -> Callable[[Any], Any]:
    def applied(x: Any) -> Any:
        if not isinstance(x, Counted):
            return function(x)
        x.tally.transcendental += 1
        return Counted(function(x.value), x.tally)

    return applied


exp, ln, tanh, erf = map(_transcendental, (math.exp, math.log, math.tanh, math.erf))

# --------------------------------------------------------------------------- as in a book


def _gelu_tanh(x: Any) -> Any:
    return 0.5 * x * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


ONE_NUMBER: dict[str, Callable[[Any], Any]] = {
    "identity": lambda x: x,
    "step": lambda x: 1.0 if x >= 0 else 0.0,
    "sigmoid": lambda x: 1 / (1 + exp(-x)),
    "hardsigmoid": lambda x: min(max(x + 3, 0), 6) / 6,
    "tanh": tanh,
    "hardtanh": lambda x: max(min(x, 1), -1),
    "softsign": lambda x: x / (1 + abs(x)),
    "ReLU": lambda x: max(x, 0),
    "Leaky ReLU": lambda x: x if x > 0 else 0.01 * x,
    "PReLU": lambda x: x if x > 0 else 0.25 * x,
    "RReLU": lambda x: x if x > 0 else 11 / 48 * x,
    "ELU": lambda x: x if x > 0 else 1.0 * (exp(x) - 1),
    "SELU": lambda x: SELU_SCALE * x if x > 0 else SELU_SCALE * SELU_ALPHA * (exp(x) - 1),
    "CELU": lambda x: x if x > 0 else 1.0 * (exp(x / 1.0) - 1),
    "softplus": lambda x: ln(1 + exp(x)),
    "GELU": lambda x: 0.5 * x * (1 + erf(x * math.sqrt(0.5))),
    "GELU (tanh)": _gelu_tanh,
    "SiLU": lambda x: x / (1 + exp(-x)),
    "Mish": lambda x: x * tanh(ln(1 + exp(x))),
    "hardswish": lambda x: x * min(max(x + 3, 0), 6) / 6,
}


def _sum(numbers: Sequence[Any]) -> Any:
    total = numbers[0]
    for number in numbers[1:]:
        total = total + number
    return total


def _softmax(z: Sequence[Any]) -> list[Any]:
    top = max(z)
    e = [exp(v - top) for v in z]
    total = _sum(e)
    return [v / total for v in e]


def _logsumexp(z: Sequence[Any]) -> Any:
    top = max(z)
    return top + ln(_sum([exp(v - top) for v in z]))


def _log_softmax(z: Sequence[Any]) -> list[Any]:
    top = max(z)
    shifted = [v - top for v in z]
    rest = ln(_sum([exp(v) for v in shifted]))
    return [v - rest for v in shifted]


SEVERAL_NUMBERS: dict[str, Callable[[Sequence[Any]], Any]] = {
    "softmax": _softmax,
    "log-softmax": _log_softmax,
    "logsumexp": _logsumexp,
    "maxout": max,
    "GLU": lambda z: z[0] / (1 + exp(-z[1])),
    "SwiGLU": lambda z: z[0] / (1 + exp(-z[0])) * z[1],
}
"""Of a list of numbers: the logits or pieces; two for the gated units."""


def cost(name: str, numbers: int = 10) -> Tally:
    """Operations of one application: to one number, or to that many (two for the gated units)."""
    if name in ONE_NUMBER:
        tallies = [_run(ONE_NUMBER[name], [x])[1] for x in (-4.0, -0.5, 0.5, 4.0)]
        return max(tallies, key=lambda tally: tally.total)
    inputs = [0.25 * k - 1 for k in range(2 if name in ("GLU", "SwiGLU") else numbers)]
    return _run(lambda *z: SEVERAL_NUMBERS[name](list(z)), inputs)[1]


def _run(function: Callable[..., Any], inputs: Sequence[float]) -> tuple[Any, Tally]:
    tally = Tally()
    return function(*(Counted(x, tally) for x in inputs)), tally


# --------------------------------------------------------------------------- on the page


def table_cost(tr: Tr) -> Table:
    rows = []
    for name in (*ONE_NUMBER, *SEVERAL_NUMBERS):
        tally = cost(name)
        rows.append(
            [tr.name(name), tally.arithmetic, tally.comparisons, tally.transcendental, tally.total]
        )
    return Table(
        [
            tr("名称", "name"),
            tr("加减乘除", "+ − × ÷"),
            tr("比较", "comparisons"),
            tr("exp、ln、tanh、erf", "exp, ln, tanh, erf"),
            tr("合计", "total"),
        ],
        rows,
        caption=tr(
            "一次前向计算的基本运算数，由程序边算边数；取负与取绝对值不计，分支取最贵的一支。"
            "softmax、log-softmax、logsumexp、maxout 为 10 个数合计",
            "Elementary operations of one forward evaluation, counted while running; a minus sign "
            "and an absolute value are free, of branches the dearest counts. softmax, log-softmax, "
            "logsumexp and maxout: ten numbers together",
        ),
        sortable=True,
    )


def check_textbook() -> Check:
    """The NumPy functions against the formulas written once more, for one number."""
    x = np.linspace(-10, 10, 201)
    return kit.compare(
        (
            "逐个数计算的教科书写法（运算数也由它数出）",
            "the textbook formulas for single numbers, which also count the operations",
        ),
        [(BY_NAME[name].forward(x), [f(float(v)) for v in x]) for name, f in ONE_NUMBER.items()],
        tolerance=1e-12,
    )
