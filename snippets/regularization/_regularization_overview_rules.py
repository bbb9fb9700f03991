"""What each remedy adds to the loss or changes in the update, executed, and its name in PyTorch."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Formula, Table, Tr
from snippets.losses.label_smoothing_focal_contrastive import smooth_labels
from snippets.regularization.dropout import apply_mask
from snippets.regularization.fighting_overfitting import objective
from snippets.regularization.l1_and_l2 import soft_threshold
from snippets.regularization.model_selection import early_stop
from snippets.regularization.regularization_overview import REMEDIES, step

_N = kit.integer(("个数", "how many"), 1, 6)
_L = kit.scalar(("训练数据上的损失", "loss on the training data"), 0, 5)
_LAMBDA = kit.scalar(("强度", "strength"), 0, 2)
_W = kit.array(("权重", "weights"), ("n",), -3, 3)
_G = kit.array(("损失的梯度", "gradient of the loss"), ("n",), -3, 3)
_ETA = kit.scalar(("学习率", "learning rate"), 0.01, 0.5)
_S = kit.function(("软阈值", "soft threshold"), soft_threshold)
_STEP = {"w": _W, "g": _G, r"\eta": _ETA, "n": _N}
_L1 = kit.scalar(("L1 的强度", "strength of L1"), 0, 2)
_L2 = kit.scalar(("L2 的强度", "strength of L2"), 0, 2)


def _example(x: np.ndarray) -> Any:
    """Some loss of one input."""
    return np.log1p(np.exp(-(np.asarray(x) @ np.arange(1, len(x) + 1))))


def _rolled(x: np.ndarray, k: int) -> np.ndarray:
    return np.roll(x, int(k))


_more = Formula(
    r"J = \frac{1}{n} \sum_{i=1}^{n} \ell_i",
    {
        r"\ell": kit.array(("各样本的损失", "losses of the examples"), ("n",), 0, 5),
        "n": kit.integer(("样本数：变大", "number of examples: larger"), 1, 20),
        "i": kit.index(("样本", "an example"), "n"),
    },
    equals=lambda ell: np.mean(ell),
)

_augmented = Formula(
    r"J = \frac{1}{K} \sum_{k=1}^{K} \ell(T(x, k))",
    {
        "x": kit.array(("一个输入", "an input"), (5,), -1, 1),
        "K": kit.constant(("变换的个数", "number of changes"), 5),
        "k": kit.index(("变换", "a change"), 5),
        r"\ell": kit.function(("损失", "loss"), _example),
        "T": kit.function(("变换后的输入", "the changed input"), _rolled),
    },
    equals=lambda x: np.mean(
        [_example(row) for row in x[(np.arange(5) - np.arange(5)[:, None]) % 5]]
    ),
)

_l2_loss = Formula(
    r"J = L + \frac{\lambda}{2} \|w\|_2^2",
    {"L": _L, "w": _W, r"\lambda": _LAMBDA, "n": _N},
    equals=lambda L, w, lambda_: objective(L, w, lambda_ / 2),
)
_l2_step = Formula(
    r"w' = w - \eta\,(g + \lambda\,w)",
    {**_STEP, r"\lambda": _LAMBDA},
    equals=lambda w, g, eta, lambda_: step(w, g, lr=eta, l2=lambda_),
)
_decay_step = Formula(
    r"w' = (1 - \eta\,\lambda)\,w - \eta\,u",
    {
        "w": _W,
        "u": kit.array(("优化器的步子", "step of the optimiser"), ("n",), -3, 3),
        r"\eta": _ETA,
        r"\lambda": _LAMBDA,
        "n": _N,
    },
    equals=lambda w, u, eta, lambda_: step(w, u, lr=eta, decay=lambda_),
)
_l1_loss = Formula(
    r"J = L + \lambda \|w\|_1",
    {"L": _L, "w": _W, r"\lambda": _LAMBDA, "n": _N},
    equals=lambda L, w, lambda_: objective(L, w, lambda_, power=1),
)
_l1_step = Formula(
    r"w' = S(w - \eta\,g, \eta\,\lambda)",
    {**_STEP, r"\lambda": _LAMBDA, "S": _S},
    equals=lambda w, g, eta, lambda_: step(w, g, lr=eta, l1=lambda_),
)
_net_loss = Formula(
    r"J = L + \lambda_1 \|w\|_1 + \frac{\lambda_2}{2} \|w\|_2^2",
    {
        "L": _L,
        "w": _W,
        r"\lambda_1": _L1,
        r"\lambda_2": _L2,
        "n": _N,
    },
    equals=lambda L, w, lambda_1, lambda_2: objective(
        objective(L, w, lambda_1, power=1), w, lambda_2 / 2
    ),
)
_net_step = Formula(
    r"w' = S(w - \eta\,(g + \lambda_2\,w), \eta\,\lambda_1)",
    {**_STEP, r"\lambda_1": _L1, r"\lambda_2": _L2, "S": _S},
    equals=lambda w, g, eta, lambda_1, lambda_2: step(w, g, lr=eta, l1=lambda_1, l2=lambda_2),
)
_masked = Formula(
    r"h' = \frac{m \odot h}{1 - p}",
    {
        "h": kit.array(("隐藏单元", "hidden units"), ("n",), -3, 3),
        "m": kit.array(("掩码", "the mask"), ("n",), 0, 1),
        "p": kit.scalar(("丢弃的概率", "probability to drop"), 0, 0.9),
        "n": _N,
    },
    equals=lambda h, m, p: apply_mask(h, m, p),
)
_stopped = Formula(
    r"v_s = \min_t v_t",
    {
        "v": kit.array(("各轮的验证损失", "validation losses of the epochs"), ("n",), 0, 3),
        "n": _N,
        "t": kit.index(("一轮", "an epoch"), "n"),
    },
    equals={"v_s": lambda v: v[early_stop(v, len(v))[1]]},
)
_smoothed = Formula(
    r"q_k = (1 - \varepsilon)\,\mathbf{1}[k = y] + \frac{\varepsilon}{K}",
    {
        "y": kit.integer(("真实的类别", "the true class"), 1, 4),
        "K": kit.constant(("类别数", "number of classes"), 4),
        r"\varepsilon": kit.scalar(("强度", "strength"), 0, 1),
        "k": kit.index(("类别", "a class"), 4),
    },
    equals=lambda y, eps: smooth_labels([int(y) - 1], 4, float(eps))[0],
)

RULES: dict[str, tuple[Formula | None, Formula | None]] = {
    "data": (_more, None),
    "augment": (_augmented, None),
    "l2": (_l2_loss, _l2_step),
    "decay": (None, _decay_step),
    "l1": (_l1_loss, _l1_step),
    "net": (_net_loss, _net_step),
    "dropout": (None, _masked),
    "early": (None, _stopped),
    "smoothing": (_smoothed, None),
}
"""What stands in the loss, and what happens in the update or in the network."""


def defaults() -> dict[str, float]:
    """What PyTorch takes unless told otherwise, read from the signatures."""
    import torch

    def of(kind: Any, name: str) -> float:
        return float(inspect.signature(kind).parameters[name].default)

    return {
        "l2": of(torch.optim.SGD, "weight_decay"),
        "decay": of(torch.optim.AdamW, "weight_decay"),
        "dropout": of(torch.nn.Dropout, "p"),
        "smoothing": of(torch.nn.CrossEntropyLoss, "label_smoothing"),
    }


def table_rules(tr: Tr) -> Table:
    found = defaults()
    spelling = {
        "data": "–",
        "augment": "`Dataset`",
        "l2": "`SGD`",
        "decay": "`AdamW`",
        "l1": "`F.softshrink`",
        "net": "`SGD`, `F.softshrink`",
        "dropout": "`nn.Dropout`",
        "early": tr("自己写", "write it"),
        "smoothing": "`label_smoothing`",
    }
    for text in spelling.values():
        tr.name(text)
    return Table(
        [
            tr("办法", "remedy"),
            tr("损失", "the loss"),
            tr("更新或网络", "the update or the network"),
            tr("PyTorch", "PyTorch"),
            tr("默认", "default"),
        ],
        [
            [
                tr.pair(REMEDIES[key].name),
                loss or "–",
                update or "–",
                spelling[key],
                f"{found[key]:g}" if key in found else "–",
            ]
            for key, (loss, update) in RULES.items()
        ],
        caption=tr(
            "每一格公式都由各页的函数在构建时代入数值核对过；"
            "默认强度从 PyTorch 的签名读出，SGD 与 AdamW 的参数名是 `weight_decay`",
            "Each formula was held against the functions of the pages in the build; the default "
            "strengths are read from PyTorch's signatures (of SGD and AdamW: `weight_decay`)",
        ),
    )
