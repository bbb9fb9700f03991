"""How PyTorch's autograd behaves: leaves, accumulation, detach, and what it refuses."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from snippets.backprop.computation_graphs import torch_accumulation
from snippets.kit import Table, Tr


def value_accumulation() -> dict[str, float]:
    once, twice, total = torch_accumulation()
    return {"once": once, "twice": twice, "sum": total}


def table_tensors(tr: Tr) -> Table:
    import torch

    w = torch.tensor(1.0, requires_grad=True)
    x = torch.tensor([1.0, 2.0, 3.0, 4.0])
    y = w * x
    with torch.no_grad():
        quiet = w * x
    shown = {
        "x": x,
        "w": w,
        "y = w * x": y,
        "y.detach()": y.detach(),
        "w * x": quiet,
        "w.clone()": w.clone(),
    }
    (y**2).mean().backward()
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # .grad of what is no leaf
        for code, tensor in shown.items():
            name = type(tensor.grad_fn).__name__ if tensor.grad_fn is not None else None
            grad = None if tensor.grad is None else f"{tensor.grad.item():g}"
            rows.append(
                [
                    tr(f"`{code}`（`no_grad`）", f"`{code}` (`no_grad`)")
                    if tensor is quiet
                    else f"`{code}`",
                    tensor.requires_grad,
                    tensor.is_leaf,
                    None if name is None else f"`{name}`",
                    grad,
                ]
            )
    return Table(
        [
            tr("张量", "tensor"),
            "`requires_grad`",
            tr("叶子", "leaf"),
            "`grad_fn`",
            "`.grad`",
        ],
        rows,
        caption=tr(
            "w 是要求梯度的数，x 是四个数；对 `(y ** 2).mean()` 调用 `backward()` 之后",
            "w is a number that requires gradients, x four numbers; after calling `backward()` on "
            "`(y ** 2).mean()`",
        ),
    )


def _refused() -> list[tuple[tuple[str, str], Callable[[], object]]]:
    """What a user does, and the call that raises."""
    import torch

    def leaf():
        return torch.tensor([1.0, 2.0], requires_grad=True)

    def twice():
        loss = (leaf() ** 2).sum()
        loss.backward()
        loss.backward()

    def in_place_leaf():
        w = leaf()
        w += 1

    def in_place_saved():
        y = torch.exp(leaf())
        y += 1
        y.sum().backward()

    def vector():
        (leaf() ** 2).backward()

    return [
        (("对同一张图反向两次", "two backward passes through one graph"), twice),
        (("原地修改叶子张量", "changing a leaf in place"), in_place_leaf),
        (("原地修改反向要用的中间值", "changing a value that backward needs"), in_place_saved),
        (("对不是标量的输出反向", "backward from an output that is no scalar"), vector),
        (
            ("把带梯度的张量转成 NumPy", "NumPy from a tensor with gradients"),
            lambda: leaf().numpy(),
        ),
    ]


_REMEDIES = {
    "twice": ("`retain_graph=True`，或重新前向", "`retain_graph=True`, or a new forward pass"),
    "in_place_leaf": ("放进 `torch.no_grad()`", "do it under `torch.no_grad()`"),
    "in_place_saved": ("不要原地改：`y = y + 1`", "not in place: `y = y + 1`"),
    "vector": ("先求和，或给出 `gradient=`", "sum first, or give `gradient=`"),
    "<lambda>": ("`.detach().numpy()`", "`.detach().numpy()`"),
}


def value_unseen() -> dict[str, float]:
    """exp(w) at w = 0 with 1 added to the result behind the back of autograd: its gradient of w."""
    import torch

    w = torch.tensor([0.0], requires_grad=True)
    y = torch.exp(w)
    y.data += 1
    y.sum().backward()
    return {"found": w.grad.item(), "true": float(np.exp(0.0))}


def _message(call: Callable[[], object]) -> str:
    """The start of what PyTorch says, up to the first comma, colon, full stop or bracket."""
    try:
        call()
    except RuntimeError as error:
        text = str(error).splitlines()[0]
        for end in (". ", ": ", ", ", " ("):
            text = text.partition(end)[0]
        return text.strip().rstrip(".")
    raise AssertionError("PyTorch did not refuse")


def table_refused(tr: Tr) -> Table:
    return Table(
        [tr("做法", "what is done"), tr("报错（开头）", "error (its start)"), tr("改法", "remedy")],
        [
            [tr.pair(what), tr.name(_message(call)), tr.pair(_REMEDIES[call.__name__])]
            for what, call in _refused()
        ],
        caption=tr("autograd 拒绝做的事", "What autograd refuses"),
    )
