"""train(), eval(), no_grad() and inference_mode(): what each of them changes, by running them."""

from __future__ import annotations

from contextlib import nullcontext

from snippets.kit import Table, Tr


def observe(train: bool, grad: str) -> dict[str, bool]:
    """One forward pass of batch norm and dropout in a mode, and what it did."""
    import torch
    from torch import nn

    norm, drop = nn.BatchNorm1d(2), nn.Dropout(0.5)
    for module in (norm, drop):
        module.train(train)
    x = torch.tensor([[1.0, 5.0], [3.0, 9.0]])
    context = {
        "grad": nullcontext,
        "no_grad": torch.no_grad,
        "inference_mode": torch.inference_mode,
    }
    with context[grad]():
        y = norm(x)
        dropped = drop(torch.ones(4096))
    return {
        "batch": bool(torch.allclose(y.mean(0), torch.zeros(2), atol=1e-5)),
        "moved": bool((norm.running_mean != 0).any()),
        "dropout": bool((dropped == 0).any()),
        "graph": y.requires_grad,
    }


CALLS = (
    ("`model.train()`", True, "grad"),
    ("`model.train()` + `no_grad()`", True, "no_grad"),
    ("`model.eval()`", False, "grad"),
    ("`model.eval()` + `no_grad()`", False, "no_grad"),
    ("`model.eval()` + `inference_mode()`", False, "inference_mode"),
)


def table_modes(tr: Tr) -> Table:
    def word(yes: bool) -> str:
        return tr("是", "yes") if yes else tr("否", "no")

    rows = []
    for call, train, grad in CALLS:
        seen = observe(train, grad)
        rows.append(
            [
                tr.name(call),
                tr("批", "batch") if seen["batch"] else tr("滑动", "running"),
                *(word(seen[key]) for key in ("moved", "dropout", "graph")),
            ]
        )
    return Table(
        [
            tr("模式", "mode"),
            tr("BN 用的统计量", "BN uses statistics of"),
            tr("滑动统计量会变", "running statistics move"),
            tr("dropout 起作用", "dropout acts"),
            tr("建计算图", "graph is built"),
        ],
        rows,
        caption=tr(
            "对 `nn.BatchNorm1d` 与 `nn.Dropout` 各跑一次前向，观察到的结果",
            "What one forward pass of `nn.BatchNorm1d` and `nn.Dropout` was seen to do",
        ),
    )
