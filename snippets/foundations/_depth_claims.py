"""Three claims about depth, computed: minima and saddles, layers of language models, capacity."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Formula, Spread, Table, Tr

DRAWS, RUNS = 40_000, 5
DIMENSIONS = (1, 2, 3, 4, 5)


def share_of_minima(n: int, rng: np.random.Generator) -> float:
    """Share of DRAWS random symmetric matrices (n, n), normal entries, without a negative curve."""
    a = rng.normal(size=(DRAWS, n, n))
    # a + aᵀ: variance 2 off the diagonal and 4 on it, the Gaussian orthogonal ensemble
    return float((np.linalg.eigvalsh(a + a.swapaxes(1, 2))[:, 0] > 0).mean())


def _minima(n: int) -> Spread:
    return Spread(share_of_minima(n, rng) for rng in kit.seeds(RUNS))


def table_minima(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("维数", "dimensions"), format="d"),
            Col(tr("曲率全为正的比例", "share with positive curvature only"), format=".2%"),
        ],
        [[n, _minima(n)] for n in DIMENSIONS],
        caption=tr(
            f"随机对称矩阵当作临界点的黑塞矩阵：没有负曲率（局部极小）的比例；"
            f"均值 [最小, 最大]，{RUNS} 组，每组 {DRAWS:,} 个",
            "Random symmetric matrices as the Hessians of critical points: the share without "
            f"negative curvature (local minima); mean [smallest, largest] of {RUNS} sets of "
            f"{DRAWS:,}",
        ),
    )


def value_minima() -> dict[str, object]:
    return {"two": _minima(2), "five": _minima(5)}


# --------------------------------------------------------------------------- language models

VOCABULARY, CONTEXT, LAYERS, MODEL = 50257, 1024, 48, 1600


def gpt2_parameters(L: float, d: float, V: float = VOCABULARY, C: float = CONTEXT) -> float:
    """Parameters of a GPT-2 of L layers and width d, part by part.  [openai2019]"""
    attention = 3 * d * d + 3 * d + d * d + d
    feedforward = d * 4 * d + 4 * d + 4 * d * d + d
    norms = 2 * 2 * d
    return L * (attention + feedforward + norms) + (V + C) * d + 2 * d


formula_gpt2 = Formula(
    r"P = L\,(12 d^2 + 13 d) + (V + C)\,d + 2 d",
    {
        "P": kit.integer(("参数个数", "number of parameters"), 1, 10),
        "L": kit.integer(("层数", "layers"), 1, 100),
        "d": kit.integer(("宽度", "width"), 8, 4096),
        "V": kit.integer(("词表大小", "size of the vocabulary"), 100, 60000),
        "C": kit.integer(("上下文长度", "length of the context"), 16, 4096),
    },
    equals=gpt2_parameters,
)


def value_gpt2() -> dict[str, float]:
    total = gpt2_parameters(LAYERS, MODEL)
    return {
        "layers": LAYERS,
        "width": MODEL,
        "parameters": total,
        "inside": 1 - (VOCABULARY + CONTEXT) * MODEL / total,
    }


# --------------------------------------------------------------------------- capacity


def table_capacity(tr: Tr) -> Table:
    return Table(
        [
            tr("改动", "change"),
            tr("能表示的函数", "functions it can represent"),
            tr("优化", "optimisation"),
            tr("泛化", "generalisation"),
        ],
        [
            [
                tr("加隐藏层（宽度不变）", "more hidden layers, same width"),
                tr("变多：折叠网络每层翻倍", "more: folding doubles the pieces"),
                tr("更难，太深要残差或归一化", "harder; residuals or normalisation"),
                tr("取决于数据和正则化", "depends on data and regularisation"),
            ],
            [
                tr("加 Dropout", "dropout"),
                tr("不变：推理时是恒等映射", "the same: identity at inference"),
                tr("梯度带噪声", "noisy gradients"),
                tr("往往变好（正则化）", "often better (regularises)"),
            ],
            [
                tr("调学习率", "another learning rate"),
                tr("不变", "the same"),
                tr("决定走得多快、停在哪里", "sets how fast, and where it ends"),
                tr("间接影响", "indirect"),
            ],
        ],
        caption=tr("三种改动各改了什么", "What each of three changes changes"),
    )


P, UNITS = 0.5, 10_000


def value_dropout() -> dict[str, object]:
    """nn.Dropout on ones: its mean while training; how far it is from the identity afterwards."""
    import torch

    layer, means = torch.nn.Dropout(P), []
    x = torch.ones(UNITS)
    for seed in range(RUNS):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            means.append(layer(x).mean().item())
    return {
        "mean": Spread(means),
        "changed": int((layer.eval()(x) != x).sum()),
        "units": UNITS,
    }
