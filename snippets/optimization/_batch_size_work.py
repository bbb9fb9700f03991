"""Work per byte, gradient accumulation, and other things that can be counted."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check, Col, Formula, Table, Tr
from snippets.optimization.batch_size import accumulate, intensity, scaled_rate, torch_accumulate

WIDTH, SIZES = 4096, (1, 8, 64, 512, 4096)

formula_intensity = Formula(
    r"I = \frac{2 B n^2}{2\,(n^2 + 2 B n)} = \frac{B n}{n + 2 B}",
    {
        "B": kit.integer(("批大小", "batch size"), 1, 4096),
        "n": kit.integer(("层的宽度", "width of the layer"), 16, 8192),
    },
    equals=lambda B, n: intensity(B, n),
)

formula_updates = Formula(
    r"U = \frac{E N}{B}",
    {
        "E": kit.integer(("轮数", "epochs"), 1, 20),
        "N": kit.constant(("样本数，能被批大小整除", "examples, a multiple of B"), 5040),
        "B": kit.integer(("批大小", "batch size"), 1, 10),
    },
    equals=lambda E, N, B: sum(len(range(0, int(N), int(B))) for _ in range(int(E))),
)

formula_rules = Formula(
    r"\begin{aligned} \eta_k &= k\,\eta \\ \alpha_k &= \sqrt{k}\,\eta \end{aligned}",
    {
        r"\eta": kit.scalar(("原来的学习率", "rate so far"), 1e-4, 1),
        "k": kit.scalar(("批大小的倍数", "factor on the batch size"), 0.1, 64),
    },
    equals={
        r"\eta_k": lambda eta, k: scaled_rate(eta, k, "linear"),
        r"\alpha_k": lambda eta, k: scaled_rate(eta, k, "root"),
    },
)

formula_accumulation = Formula(
    r"\frac{1}{k} \sum_{j=1}^{k} \left(\frac{1}{m} \sum_{i=1}^{m} g_{ji}\right)"
    r" = \frac{1}{k m} \sum_{j=1}^{k} \sum_{i=1}^{m} g_{ji}",
    {
        "g": kit.array(("梯度：微批 × 样本", "gradients: part × example"), ("k", "m"), -3, 3),
        "k": kit.integer(("微批的个数", "number of micro-batches"), 1, 5),
        "m": kit.integer(("每个微批的样本数", "examples in each"), 1, 5),
        "j": kit.index(("微批", "micro-batch"), "k"),
        "i": kit.index(("样本", "example"), "m"),
    },
)


def table_intensity(tr: Tr) -> Table:
    return Table(
        [
            tr("批大小 B", "batch size B"),
            Col(tr("运算", "operations"), format=".3g"),
            Col(tr("搬运的数据", "data moved"), unit="MB", format=".4g"),
            Col(tr("每字节的运算", "operations per byte"), format=".1f"),
        ],
        [
            [f"{B}", 2 * B * WIDTH**2, 2 * (WIDTH**2 + 2 * B * WIDTH) / 1e6, intensity(B, WIDTH)]
            for B in SIZES
        ],
        caption=tr(
            f"一个 {WIDTH}×{WIDTH} 的线性层，fp16：权重、输入、输出各搬一次",
            f"A linear layer of {WIDTH}×{WIDTH} in fp16: weights, inputs and outputs moved once",
        ),
    )


def value_intensity() -> dict[str, float]:
    return {
        "one": intensity(1, WIDTH),
        "many": intensity(512, WIDTH),
        "limit": WIDTH / 2,
        "width": WIDTH,
        "batch": 512,
    }


def _problem():
    """A linear layer with squared error: weights (3,), inputs (8, 3), targets (8,)."""
    rng = np.random.default_rng(0)
    return rng.normal(size=3), rng.normal(size=(8, 3)), rng.normal(size=8)


def _gradient(w: np.ndarray):
    return lambda x, y: 2 * (x @ w - y) @ x / len(x)


def check_accumulation() -> Check:
    import torch

    w, x, y = _problem()
    pairs = []
    for micro in (1, 2, 3, 8):
        model = torch.nn.Linear(3, 1, bias=False).double()
        with torch.no_grad():
            model.weight.copy_(torch.tensor(w))
        torch_accumulate(
            model, torch.nn.functional.mse_loss, torch.tensor(x), torch.tensor(y)[:, None], micro
        )
        pairs.append((model.weight.grad[0], _gradient(w)(x, y)))
        pairs.append((accumulate(_gradient(w), x, y, micro), model.weight.grad[0]))
    return kit.compare(
        (
            "整批 8 个样本的梯度（微批为 1、2、3、8 个，NumPy 与 PyTorch）",
            "the gradient of all 8 examples (micro-batches of 1, 2, 3 and 8, NumPy and PyTorch)",
        ),
        pairs,
        tolerance=1e-14,
    )


def table_accumulation(tr: Tr) -> Table:
    w, x, y = _problem()
    gradient, whole = _gradient(w), _gradient(w)(x, y)

    def off(parts: list[tuple[int, int]], weights: list[float]) -> float:
        total = sum(
            weight * gradient(x[a:b], y[a:b]) for (a, b), weight in zip(parts, weights, strict=True)
        )
        return float(np.linalg.norm(total - whole) / np.linalg.norm(whole))

    even, uneven = [(0, 2), (2, 4), (4, 6), (6, 8)], [(0, 3), (3, 6), (6, 8)]
    return Table(
        [
            tr("做法", "what is done"),
            Col(tr("与整批的相对差", "relative error"), format=".2g"),
        ],
        [
            [
                tr("2+2+2+2，各除以微批个数", "2+2+2+2, each divided by their number"),
                off(even, [1 / 4] * 4),
            ],
            [tr("2+2+2+2，忘了除", "2+2+2+2, not divided"), off(even, [1.0] * 4)],
            [
                tr("3+3+2，各除以微批个数", "3+3+2, each divided by their number"),
                off(uneven, [1 / 3] * 3),
            ],
            [
                tr("3+3+2，按样本数加权", "3+3+2, weighted by their sizes"),
                off(uneven, [3 / 8, 3 / 8, 2 / 8]),
            ],
        ],
        caption=tr(
            "8 个样本的梯度，分几次累积", "The gradient of 8 examples, accumulated in several parts"
        ),
    )
