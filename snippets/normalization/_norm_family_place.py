"""Where the layer stands: pre-LN, post-LN, and normalised queries and keys."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.foundations import _flow
from snippets.kit import Col, Figure, Formula, Spread, Table, Tr
from snippets.normalization.norm_family import D, layer_norm, rms_norm

DEPTHS = (6, 12, 24, 48)
SHOWN, WIDTH, BATCH, RUNS = 24, 64, 32, 5

_H = kit.array(("块的输入", "the input of a block"), ("d",), -3, 3)


def _sublayer(h):
    return np.tanh(2 * h) - 0.5


_SUB = kit.function(("子层（注意力或 MLP）", "a sublayer (attention or MLP)"), _sublayer)
_LN = kit.function(("层归一化", "layer normalisation"), layer_norm)

formula_places = Formula(
    r"\begin{aligned} h_{\mathrm{pre}} &= h + F(\operatorname{LN}(h)) \\"
    r" h_{\mathrm{post}} &= \operatorname{LN}(h + F(h)) \end{aligned}",
    {"h": _H, "d": D, "F": _SUB, r"\operatorname{LN}": _LN},
    equals={
        r"h_{\mathrm{pre}}": lambda h: h + _sublayer(layer_norm(h)),
        r"h_{\mathrm{post}}": lambda h: layer_norm(h + _sublayer(h)),
    },
)

formula_qk = Formula(
    r"-\sqrt{d} \le \frac{\operatorname{RMSNorm}(q)^\top \operatorname{RMSNorm}(k)}{\sqrt{d}}"
    r" \le \sqrt{d}",
    {
        "q": kit.array(("查询", "a query"), ("d",), -9, 9),
        "k": kit.array(("键", "a key"), ("d",), -9, 9),
        "d": D,
        r"\operatorname{RMSNorm}": kit.function(
            ("这里不带学到的缩放", "here without a learnt scale"), rms_norm
        ),
    },
)


def figure_places(tr: Tr) -> Figure:
    """Two blocks side by side: where LN stands, and which path the identity takes."""
    canvas, axes = _flow.blank(2.9)
    norm, sub = tr.name("LN"), tr("子层", "sublayer")

    def plus(x: float, y: float) -> None:
        axes.plot(x, y, "o", markersize=17, markerfacecolor=kit.PAPER, color=kit.INK)
        axes.text(x, y - 0.01, "+", ha="center", va="center", fontsize=12)

    for left, title, pre in ((1.05, tr.name("pre-LN"), True), (3.95, tr.name("post-LN"), False)):
        axes.text(left + 0.3, 2.72, title, ha="center", va="center", fontweight="bold")
        skip, path = left, left + 1.0
        top, join = (2.5, 2.05) if pre else (2.5, 1.5)
        _flow.arrow(axes, (skip, 0.1), (skip, join - 0.14))
        _flow.arrow(axes, (skip, join + 0.14), (skip, top if pre else 1.84))
        axes.plot([skip, path], [0.35, 0.35], color=kit.INK, linewidth=1.3)
        axes.text(skip - 0.12, 0.12, tr.name("h"), ha="right", va="center")
        if pre:
            _flow.arrow(axes, (path, 0.35), (path, 0.66))
            _flow.box(axes, path, 0.83, 0.9, 0.32, norm, kit.ORANGE)
            _flow.arrow(axes, (path, 1.0), (path, 1.34))
            _flow.box(axes, path, 1.51, 0.9, 0.32, sub)
            axes.plot([path, path], [1.68, join], color=kit.INK, linewidth=1.3)
        else:
            _flow.arrow(axes, (path, 0.35), (path, 0.79))
            _flow.box(axes, path, 0.96, 0.9, 0.32, sub)
            axes.plot([path, path], [1.13, join], color=kit.INK, linewidth=1.3)
            _flow.box(axes, skip, 2.0, 0.9, 0.32, norm, kit.ORANGE)
            _flow.arrow(axes, (skip, 2.17), (skip, top))
        _flow.arrow(axes, (path, join), (skip + 0.14, join))
        plus(skip, join)
    return Figure(
        canvas,
        caption=tr(
            "归一化的两种位置。pre-LN 放在支路里，左边的通路上什么也没有；post-LN 放在相加之后，"
            "每一块都把通路重新归一化一次。",
            "Two places for the normalisation. Pre-LN puts it into the branch, and nothing stands "
            "on the straight path; post-LN puts it after the sum, so every block normalises that "
            "path again.",
        ),
        alt=tr(
            "左图：输入分成两路，右路先经过 LN 再经过子层，与左路相加。"
            "右图：右路只经过子层，相加之后才经过 LN。",
            "Left: the input splits, one path goes through LN and the sublayer and is added to the "
            "other. Right: one path goes through the sublayer only, and LN comes after the sum.",
        ),
    )


@cache
def weight_gradients(kind: str, depth: int) -> np.ndarray:
    """Norm of ∂L/∂V of each block, (RUNS, depth), at initialisation.

    Blocks h + V ReLU(W LN(h)) with a last LN ("pre"), or LN(h + V ReLU(W h)) ("post"); W by He, V
    with standard deviation 1/√n, inputs and the gradient at the output from N(0, 1).
    """
    import torch
    import torch.nn.functional as F

    def norm(h):
        return F.layer_norm(h, h.shape[-1:])

    found = []
    for rng in kit.seeds(RUNS):
        W = torch.tensor(rng.normal(0, (2 / WIDTH) ** 0.5, (depth, WIDTH, WIDTH)))
        V = torch.tensor(rng.normal(0, (1 / WIDTH) ** 0.5, (depth, WIDTH, WIDTH)))
        parts = [v.requires_grad_() for v in V]
        h = torch.tensor(rng.normal(size=(BATCH, WIDTH)))
        for w, v in zip(W, parts, strict=True):
            if kind == "pre":
                h = h + torch.relu(norm(h) @ w.T) @ v.T
            else:
                h = norm(h + torch.relu(h @ w.T) @ v.T)
        out = norm(h) if kind == "pre" else h
        loss = (out * torch.tensor(rng.normal(size=(BATCH, WIDTH)))).mean()
        found.append([g.norm().item() for g in torch.autograd.grad(loss, parts)])
    return np.array(found)


def figure_gradients(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=2.7)
    data, blocks = {}, np.arange(1, SHOWN + 1)
    for kind, colour, line in (("post", kit.ORANGE, kit.LINES[1]), ("pre", kit.BLUE, "-")):
        norms = weight_gradients(kind, SHOWN)
        axes.fill_between(blocks, norms.min(axis=0), norms.max(axis=0), color=colour, alpha=0.2)
        axes.plot(blocks, norms.mean(axis=0), color=colour, linestyle=line)
        axes.text(
            SHOWN + 0.4, norms[:, -1].mean(), tr.name(f"{kind}-LN"), color=colour, va="center"
        )
        data[kind] = norms
    axes.set_xlim(0.5, SHOWN + 4.5)
    axes.set_ylim(bottom=0)
    axes.set_xlabel(tr("第几块（末块靠近损失）", "block (the last is next to the loss)"))
    axes.set_ylabel(tr("权重梯度的范数", "norm of the weight gradient"))
    return Figure(
        canvas,
        caption=tr(
            f"{SHOWN} 块、宽度 {WIDTH}、未训练：每块第二个权重矩阵的梯度范数，"
            f"{RUNS} 次初始化的均值与范围。",
            f"{SHOWN} blocks of width {WIDTH}, untrained: norm of the gradient of each block's "
            f"second weight matrix, mean and range of {RUNS} initialisations.",
        ),
        alt=tr(
            "两条曲线在首块相近：post-LN 此后大致持平，pre-LN 越靠近末块越小，只剩四分之一。",
            "Two curves that begin alike in the first block: post-LN stays about level, pre-LN "
            "falls to about a quarter towards the last block.",
        ),
        data=data,
    )


def _last(kind: str, depth: int) -> Spread:
    return Spread(weight_gradients(kind, depth)[:, -1])


def table_depths(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("块数 L", "blocks L"), format="d"),
            Col(tr.name("post-LN"), format=".3f"),
            Col(tr.name("pre-LN"), format=".3f"),
            Col(tr("pre-LN 乘 √L", "pre-LN times √L"), format=".3f"),
        ],
        [
            [
                depth,
                _last("post", depth),
                _last("pre", depth),
                _last("pre", depth).mean * depth**0.5,
            ]
            for depth in DEPTHS
        ],
        caption=tr(
            f"末块权重梯度的范数与深度，设定同上图，均值 [最小, 最大]，{RUNS} 次初始化",
            "Norm of the weight gradient in the last block, by depth; settings of the figure, mean "
            f"[smallest, largest] of {RUNS} initialisations",
        ),
    )


def value_depths() -> dict[str, object]:
    shallow, deep = DEPTHS[0], DEPTHS[-1]
    return {
        "shallow": shallow,
        "deep": deep,
        "post_deep": _last("post", deep),
        "pre_shallow": _last("pre", shallow),
        "pre_deep": _last("pre", deep),
        "ratio": _last("post", deep).mean / _last("pre", deep).mean,
    }


# --------------------------------------------------------------------------- queries and keys

FACTORS, TOKENS, HEAD = (1, 4, 16), 32, 64


@cache
def attention(factor: float, normed: bool) -> dict[str, Spread]:
    """Largest |logit| and mean entropy in nats of attention over TOKENS keys."""
    largest, entropy = [], []
    for rng in kit.seeds(RUNS):
        q, k = factor**0.5 * rng.normal(size=(2, TOKENS, HEAD))
        if normed:
            q, k = rms_norm(q), rms_norm(k)
        logits = q @ k.T / HEAD**0.5
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        largest.append(np.abs(logits).max())
        entropy.append(-np.sum(p * np.log(np.maximum(p, 1e-300)), axis=1).mean())
    return {"largest": Spread(largest), "entropy": Spread(entropy)}


def table_qk(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("q·k 放大", "q·k grown by"), format="d"),
            Col(tr("最大得分", "largest score"), format=".1f"),
            Col(tr("熵", "entropy"), format=".2f"),
            Col(tr("最大得分，QK-norm", "largest score, QK-norm"), format=".1f"),
            Col(tr("熵，QK-norm", "entropy, QK-norm"), format=".2f"),
        ],
        [
            [
                factor,
                *(attention(factor, False)[key].mean for key in ("largest", "entropy")),
                *(attention(factor, True)[key].mean for key in ("largest", "entropy")),
            ]
            for factor in FACTORS
        ],
        caption=tr(
            f"查询与键的乘积变大时的注意力：{TOKENS} 个词元、每头 {HEAD} 维、取自正态分布，"
            f"{RUNS} 次抽样的均值；熵以 nat 计，均匀分布是 {np.log(TOKENS):.2f}",
            f"Attention as the products of queries and keys grow: {TOKENS} tokens, heads of "
            f"{HEAD}, normal draws, mean of {RUNS}; entropy in nats, {np.log(TOKENS):.2f} when "
            "uniform",
        ),
    )


def value_qk() -> dict[str, object]:
    return {
        "start": attention(FACTORS[0], False)["entropy"],
        "plain": attention(FACTORS[-1], False)["entropy"],
        "normed": attention(FACTORS[-1], True)["entropy"],
        "factor": FACTORS[-1],
    }
