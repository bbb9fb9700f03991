"""Contrastive losses in numbers: InfoNCE and its temperature, CLIP, triplets easy and hard."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.softmax import softmax
from snippets.kit import Col, Figure, Formula, Spread, Table, Tr
from snippets.losses.label_smoothing_focal_contrastive import clip_loss, info_nce, triplet_loss

SIMILARITY = np.array([[0.9, 0.3, 0.1], [0.2, 0.8, 0.4], [0.1, 0.0, 0.7]])
TAUS = (1.0, 0.5, 0.1)
CANDIDATES, WIDTH, RUNS = 256, 128, 5

ANCHOR, POSITIVE = np.array([0.0, 0.0]), np.array([1.0, 0.0])
NEGATIVES = {"hard": (0.0, 0.5), "semi": (0.0, 1.5), "easy": (0.0, 2.5)}

_S = kit.array(
    ("相似度：第 i 行对第 j 个候选", "similarity of row i and candidate j"), ("N", "N"), -1, 1
)
_N = kit.integer(("对数，也是候选数", "number of pairs, and of candidates"), 2, 4)
_TAU = kit.scalar(("温度", "the temperature"), 0.1, 2)

formula_info_nce = Formula(
    r"L = -\frac{1}{N} \sum_{i=1}^{N}"
    r" \ln \frac{e^{s_{ii} / \tau}}{\sum_{j=1}^{N} e^{s_{ij} / \tau}}",
    {"s": _S, r"\tau": _TAU, "N": _N},
    equals=lambda s, tau: info_nce(s, float(tau)),
)

formula_pairs_gradient = Formula(
    r"\frac{\partial L}{\partial s_{ij}} = \frac{p(s / \tau)_{ij} - \mathbf{1}[i = j]}{N \tau}",
    {
        "s": _S,
        "p": kit.function(("各行的 softmax", "softmax of each row"), softmax),
        r"\tau": _TAU,
        "N": _N,
        "i": kit.index(("行", "the row"), "N"),
        "j": kit.index(("候选", "the candidate"), "N"),
    },
    derivative_of=lambda s, tau: info_nce(s, float(tau)),
    autograd=lambda s, tau: _torch_info_nce(s, float(tau)),
    wrt="s",
    samples=50,
)

formula_triplet = Formula(
    r"L = \max(0, \|a - p\|_2 - \|a - n\|_2 + m)",
    {
        "a": kit.array(("锚点的嵌入", "embedding of the anchor"), (3,), -1, 1),
        "p": kit.array(("正样本的嵌入", "embedding of the positive"), (3,), -1, 1),
        "n": kit.array(("负样本的嵌入", "embedding of the negative"), (3,), -1, 1),
        "m": kit.scalar(("间隔", "the margin"), 0, 2),
    },
    equals=lambda a, p, n, m: triplet_loss(a, p, n, float(m)),
)


def _torch_info_nce(s, tau: float):
    import torch
    import torch.nn.functional as F

    return F.cross_entropy(s / tau, torch.arange(s.shape[0]))


def value_pairs() -> dict[str, object]:
    """Losses of the 3×3 example; of random embeddings and of equal ones, with many candidates."""
    losses = []
    for rng in kit.seeds(RUNS):
        a, b = rng.normal(size=(2, CANDIDATES, WIDTH))
        a, b = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (a, b))
        losses.append(info_nce(a @ b.T, 0.1))
    return {
        "rows": info_nce(SIMILARITY, 0.1),
        "columns": info_nce(SIMILARITY.T, 0.1),
        "clip": clip_loss(SIMILARITY, 0.1),
        "candidates": CANDIDATES,
        "width": WIDTH,
        "runs": RUNS,
        "equal": info_nce(np.ones((CANDIDATES, CANDIDATES)), 0.1),
        "random": Spread(losses),
        "floor": floor(CANDIDATES, 1.0),
        "low_floor": floor(CANDIDATES, 0.1),
    }


def floor(count: int, tau: float) -> float:
    """The least InfoNCE of ``count`` pairs of unit vectors, however many coordinates they have.

    Both of a pair stand at one corner of a regular simplex, so that all other cosines are
    -1 / (count - 1).  No lower: by Jensen's inequality the loss is at least that of the mean gap
    between own and other cosines, and by Cauchy's that gap is at most count / (count - 1).
    """
    simplex = (count * np.eye(count) - 1) / (count - 1)
    return info_nce(simplex, tau)


def table_similarity(tr: Tr) -> Table:
    heads = [Col(tr(f"候选 {j}", f"candidate {j}"), format="g") for j in (1, 2, 3)]
    rows = [[tr(f"第 {i} 行", f"row {i}"), *row] for i, row in enumerate(SIMILARITY, 1)]
    return Table(
        [tr("相似度", "similarity"), *heads],
        rows,
        caption=tr(
            "三对样本的余弦相似度，成对的在对角线上",
            "Cosine similarities of three pairs, the pairs on the diagonal",
        ),
    )


def table_temperature(tr: Tr) -> Table:
    rows = []
    for tau in TAUS:
        p = softmax(SIMILARITY / tau)
        push = p[1, [0, 2]] / p[1, [0, 2]].sum()
        rows.append([f"{tau:g}", *p[1], push[1], info_nce(SIMILARITY, tau)])
    return Table(
        [
            Col(r"$\tau$"),
            Col(tr("给候选 1 的概率", "probability of 1"), format=".4f"),
            Col(tr("候选 2（正）", "of 2 (its own)"), format=".4f"),
            Col(tr("候选 3", "of 3"), format=".4f"),
            Col(tr("推开 3 的份额", "share of 3 in the push"), format=".2f"),
            Col(tr("三行的损失", "loss of all rows"), format=".6f"),
        ],
        rows,
        caption=tr(
            "第 2 行在三种温度下：温度越低，越只推开最像的那个负样本",
            "Row 2 at three temperatures: the lower, the more only the most similar negative is "
            "pushed away",
        ),
    )


def table_triplets(tr: Tr) -> Table:
    names = {
        "hard": tr("难：比正样本还近", "hard: nearer than the positive"),
        "semi": tr("半难：在间隔之内", "semi-hard: within the margin"),
        "easy": tr("易：在间隔之外", "easy: beyond the margin"),
    }
    rows = []
    for name, negative in NEGATIVES.items():
        near = float(np.linalg.norm(ANCHOR - POSITIVE))
        far = float(np.linalg.norm(ANCHOR - np.array(negative)))
        loss = float(triplet_loss(ANCHOR, POSITIVE, np.array(negative)))
        rows.append([names[name], near, far, loss, max(0.0, near**2 - far**2 + 1)])
    return Table(
        [
            tr("负样本", "negative"),
            Col(tr("到正样本", "to the positive"), format="g"),
            Col(tr("到负样本", "to the negative"), format="g"),
            Col(tr("损失", "loss"), format="g"),
            Col(tr("用平方距离", "with squares"), format="g"),
        ],
        rows,
        caption=tr(
            "锚点 (0, 0)、正样本 (1, 0)、间隔 1；最后一列是平方距离的写法",
            "Anchor (0, 0), positive (1, 0), margin 1; the last column squares the distances",
        ),
    )


def value_triplet() -> dict[str, float]:
    n = np.array(NEGATIVES["semi"])
    return {
        "loss": float(triplet_loss(ANCHOR, POSITIVE, n)),
        "collapsed": float(triplet_loss(ANCHOR, ANCHOR, ANCHOR)),
        "negative": NEGATIVES["semi"][1],
    }


def figure_triplet(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.3)
    turn = np.linspace(0, 2 * np.pi, 200)
    for radius, line in ((1, kit.LINES[1]), (2, kit.LINES[3])):
        axes.plot(radius * np.cos(turn), radius * np.sin(turn), color=kit.MUTED, linestyle=line)
    axes.plot(*ANCHOR, "o", color=kit.INK)
    axes.annotate(
        tr("锚点", "anchor"),
        ANCHOR,
        xytext=(-6, -14),
        textcoords="offset points",
        ha="center",
        fontsize=9,
    )
    labels = {
        "hard": tr("难：损失 1.5", "hard: loss 1.5"),
        "semi": tr("半难：损失 0.5", "semi-hard: loss 0.5"),
        "easy": tr("易：损失 0", "easy: loss 0"),
    }
    named = [(NEGATIVES[name], "s", kit.RED, label) for name, label in labels.items()]
    named += [
        (tuple(POSITIVE), "o", kit.GREEN, tr("正样本", "positive")),
        ((2**0.5, -(2**0.5)), "", kit.MUTED, tr("正样本的距离 + 间隔", "positive + margin")),
    ]
    for (x, y), marker, colour, label in named:
        axes.plot([x, 2.5], [y, y], color=kit.GRID, linewidth=0.8, zorder=0)
        axes.plot(x, y, marker, color=colour)
        axes.annotate(label, (2.55, y), va="center", fontsize=9)
    axes.set_xlim(-3.4, 4.6)
    axes.set_ylim(-2.3, 2.9)
    axes.set_aspect("equal")
    axes.set_axis_off()
    return Figure(
        canvas,
        caption=tr(
            "以锚点为心：内圈过正样本，外圈再加间隔 1。负样本（方块）在外圈之外就没有损失，"
            "也就没有梯度；在两圈之间是半难；在内圈里是难。",
            "Around the anchor: the inner circle passes through the positive, the outer one is a "
            "margin of 1 further. A negative (square) beyond the outer circle costs nothing and "
            "gets no gradient; between the circles it is semi-hard, inside the inner one hard.",
        ),
        alt=tr(
            "两个同心圆，圆心是锚点，正样本在内圈上；三个负样本分别在内圈里、两圈之间和外圈之外。",
            "Two circles around the anchor, the positive on the inner one; three negatives, one "
            "inside the inner circle, one between the circles, one outside.",
        ),
        data={name: np.array(place) for name, place in NEGATIVES.items()},
    )
