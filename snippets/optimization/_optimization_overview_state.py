"""The table of the rules, with the numbers that each optimiser keeps counted."""

from __future__ import annotations

import numpy as np

from snippets.kit import Col, Table, Tr
from snippets.optimization._optimization_overview_rules import RULES
from snippets.optimization.optimization_overview import OPTIMISERS
from snippets.optimization.optimizer_theory import torch_state


def floats(name: str) -> int:
    """Numbers kept for each parameter of a 10×10 matrix: PyTorch's state, or else that of ours."""
    import torch

    one = OPTIMISERS[name]
    if not one.kind:
        _, state = one.step(np.zeros((10, 10)), np.ones((10, 10)), lr=0.1, **one.settings)
        return round(np.size(state) / 100)
    weight = torch.nn.Parameter(torch.zeros(10, 10))
    kept = torch_state(
        lambda p: getattr(torch.optim, one.kind)(p, lr=0.1, **one.settings), [weight]
    )
    return round(kept / weight.numel() / weight.element_size())


def table_rules(tr: Tr) -> Table:
    none = {
        "sgd": tr("不存", "nothing"),
        "adamw": tr("同 Adam", "as Adam"),
    }
    return Table(
        [
            tr("优化器", "optimiser"),
            tr("一步", "one step"),
            tr("存下什么", "what it keeps"),
            Col(tr("每参数", "floats"), format="d"),
        ],
        [
            [tr.pair(OPTIMISERS[name].name), step, kept or none[name], floats(name)]
            for name, (step, kept) in RULES.items()
        ],
        caption=tr(
            "每一格公式都由各页的函数在构建时代入数值核对过；最后一列是每个参数存几个浮点数，"
            "从 `torch.optim` 的状态数出（Lion 从本站的代码）",
            "Each formula was held against the functions of the pages in the build; the last "
            "column is floats a parameter, counted in the state of `torch.optim` (Lion: in our "
            "code)",
        ),
    )
