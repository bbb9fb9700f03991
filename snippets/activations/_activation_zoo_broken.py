"""Lines of code for activations as they stand in notes and posts, run to see what Python says."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from snippets.kit import Pair, Table, Tr


@dataclass(frozen=True)
class Broken:
    """A line that does not do what it was written for, and one that does."""

    line: str
    instead: str
    why: Pair


LINES = (
    Broken(
        "import torch.nn,functional as F",
        "import torch.nn.functional as F",
        ("逗号应为句点", "a comma for a dot"),
    ),
    Broken(
        "nn.leakly_relu(x)",
        "nn.LeakyReLU(0.01)(x)",
        ("拼写错误，大小写也不对", "misspelt, and the wrong case"),
    ),
    Broken(
        "nn.leaky_relu(x)",
        "F.leaky_relu(x)",
        ("函数在 `F` 里，`nn` 里是层", "functions are in `F`, layers in `nn`"),
    ),
    Broken(
        "nn.Sigmoid(x)",
        "nn.Sigmoid()(x)",
        ("先建层，再调用", "make the layer, then call it"),
    ),
    Broken(
        "nn.ReLU(x)",
        "nn.ReLU()(x)",
        ("`x` 成了参数 `inplace`", "`x` became the argument `inplace`"),
    ),
    Broken(
        "x if x > 0 else 0.01 * x",
        "F.leaky_relu(x, 0.01)",
        ("`if` 要一个真假值，张量有多个", "`if` wants one truth value, a tensor has many"),
    ),
    Broken(
        "F.tanh(x) or torch.tanh(x)",
        "torch.tanh(x)",
        ("`or` 是运算符，不是“或者”", "`or` is an operator, not prose"),
    ),
    Broken(
        "F.softmax(x)",
        "F.softmax(x, dim=-1)",
        ("没有写明沿哪个轴", "the axis is not named"),
    ),
    Broken(
        "F.prelu(x, 0.25)",
        "F.prelu(x, torch.tensor(0.25))",
        ("斜率是参数，要用张量", "the slope is a parameter: a tensor"),
    ),
    Broken(
        "F.gelu(x, True)",
        'F.gelu(x, approximate="tanh")',
        ("`approximate` 是字符串", "`approximate` is a string"),
    ),
    Broken(
        "F.glu(x)",
        "F.glu(torch.cat([x, x]))",
        ("GLU 要把这一维分成两半", "GLU halves the dimension"),
    ),
    Broken(
        "F.swiglu(x, x)",
        "F.silu(x) * x",
        ("PyTorch 没有这个函数", "PyTorch has no such function"),
    ),
    Broken(
        "np.tanh(x.requires_grad_())",
        "torch.tanh(x)",
        ("要求导的张量不能交给 NumPy", "NumPy cannot take a tensor that needs a gradient"),
    ),
)


def run(line: str) -> tuple[str, str]:
    """What Python says: name and first line of the exception or warning.

    Where there is none: "" and the name of the type of the result.
    """
    import numpy as np
    import torch
    import torch.nn.functional as F
    from torch import nn

    names = {"np": np, "torch": torch, "F": F, "nn": nn, "x": torch.tensor([-1.0, 0.0, 2.0])}
    execute = exec if line.startswith("import ") else eval
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = execute(line, names)
        except Exception as problem:
            return type(problem).__name__, str(problem).splitlines()[0]
    return "", type(result).__name__


def table_broken(tr: Tr) -> Table:
    rows = []
    for broken in LINES:
        kind, text = run(broken.line)
        nothing = tr("不报错，得到一个层：", "no error; it gives a layer: ") + f"`{text}`"
        says = f"`{kind}` {tr.name(text)}" if kind else nothing
        zh, en = broken.why
        write = tr(f"`{broken.instead}`（{zh}）", f"`{broken.instead}` ({en})")
        rows.append([f"`{broken.line}`", says, write])
    return Table(
        [tr("写成这样", "as written"), tr("Python 说", "Python says"), tr("应当写", "write")],
        rows,
        caption=tr(
            "每一行都真的执行过，x 是三个数的张量；末列的写法也执行过，没有报错",
            "Every line was really run, x being a tensor of three numbers; so was the last column, "
            "without an error",
        ),
    )


def value_broken() -> dict[str, int]:
    """How many lines there are, how many raise, and how many of the replacements do."""
    lines = LINES
    return {
        "lines": len(lines),
        "raise": sum(bool(run(b.line)[0]) for b in lines),
        "instead": sum(bool(run(b.instead)[0]) for b in lines),
    }
