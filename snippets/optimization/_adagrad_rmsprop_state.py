"""What happens to snippets that leave their state out: each is run, and what it does is told."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from snippets import kit
from snippets.kit import Table, Tr
from snippets.optimization._surfaces import trajectory
from snippets.optimization.adagrad_rmsprop import adagrad

RUN = "g, m, t = np.ones(2), np.ones(2), 0"
SPELLINGS: dict[str, tuple[str, kit.Pair]] = {
    "undefined": ("G += g**2", ("`G` 没有初值", "`G` has no first value")),
    "sqrt": (
        "G = np.zeros(2); G.sqrt()",
        ("NumPy 数组没有 `.sqrt()`", "a NumPy array has no `.sqrt()`"),
    ),
    "tensor": (
        "G = torch.zeros(2); G.sqrt()",
        ("PyTorch 张量有", "a PyTorch tensor has it"),
    ),
    "t": (
        "m / (1 - 0.9**t)",
        (
            "`t` 还是 0，除以 0，得到 `inf`",
            "`t` is still 0: division by 0, and the result is `inf`",
        ),
    ),
}


LEFT, LEFT_SIZE = 100, 10.0
"""How many gradients of which size an earlier run has summed up in G."""


def outcome(code: str) -> str:
    """The name of the error or warning that running ``code`` after RUN ends with, or ""."""
    import torch

    names: dict[str, object] = {"np": np, "torch": torch}
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            exec(RUN + "\n" + code, names)
    except Exception as error:
        return type(error).__name__
    return told[0].category.__name__ if told else ""


def table_state(tr: Tr) -> Table:
    return Table(
        [tr("代码", "code"), tr("运行结果", "what it does"), tr("原因", "why")],
        [
            [
                f"`{code}`",
                f"`{outcome(code)}`" if outcome(code) else tr("可以运行", "runs"),
                tr.pair(why),
            ]
            for code, why in SPELLINGS.values()
        ],
        caption=tr(
            "片段照抄能不能跑（g 与 m 是 NumPy 数组）",
            "Whether snippets run as copied (g and m are NumPy arrays)",
        ),
    )


def _leftover(make: Callable[[], np.ndarray | None]) -> float:
    """x after 20 steps of Adagrad down x² from 1, with the state that make() gives first."""
    first = make()
    state = None if first is None else (0, first)

    def step(theta, grad, kept, *, lr):
        return adagrad(theta, grad, state if kept is None else kept, lr=lr)

    return float(trajectory(step, lambda x: 2 * x, 1.0, 20, lr=0.1)[-1])


def value_leftover() -> dict[str, float]:
    """Adagrad from a clean state, and from one that an earlier run with gradients of 10 left."""
    return {
        "clean": _leftover(lambda: None),
        "stale": _leftover(lambda: np.float64(LEFT * LEFT_SIZE**2)),
        "steps": 20,
        "count": LEFT,
        "size": LEFT_SIZE,
    }
