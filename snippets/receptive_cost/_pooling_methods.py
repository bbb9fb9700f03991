"""The kinds of pooling: formulas, the worked example, a picture, a table."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.backprop import _grids
from snippets.backprop.cnn_backprop import max_pool2d, windows
from snippets.kit import Figure, Formula, Spread, Table, Tr
from snippets.receptive_cost.pooling import (
    global_avg_pool,
    global_max_pool,
    lp_pool2d,
    pool_reshape,
    stochastic_pool2d,
)

_X = kit.array(("输入，一个通道", "the input, one channel"), (6, 6), -2, 2)
_INDICES = {
    "i": kit.index(("输出的行", "row of the output"), 3),
    "j": kit.index(("输出的列", "column of the output"), 3),
}


def _tops(X: np.ndarray) -> np.ndarray:
    return max_pool2d(X, 2, 2)


formula_max = Formula(
    r"Y_{ij} = \max(X_{2i-1,\,2j-1}, X_{2i-1,\,2j}, X_{2i,\,2j-1}, X_{2i,\,2j})",
    {"X": _X, **_INDICES},
    equals=_tops,
    samples=30,
)

formula_mean = Formula(
    r"Y_{ij} = \frac{1}{k^2} \sum_{a=1}^{k} \sum_{c=1}^{k} X_{k(i-1)+a,\, k(j-1)+c}",
    {"X": _X, "k": kit.constant(("窗口边长", "side of the window"), 2), **_INDICES},
    equals=lambda X: pool_reshape(X, 2, "mean"),
    samples=30,
)

formula_global = Formula(
    r"\operatorname{GAP}(X) = \frac{1}{HW} \sum_{u=1}^{H} \sum_{v=1}^{W} X_{uv}",
    {
        "X": kit.array(("一个通道", "one channel"), ("H", "W"), -2, 2),
        "H": kit.integer(("高", "height"), 2, 6),
        "W": kit.integer(("宽", "width"), 2, 6),
    },
    equals=lambda X: global_avg_pool(X),
    samples=30,
)

formula_lp = Formula(
    r"Y_{ij} = \left(\sum_{a=1}^{2} \sum_{c=1}^{2} X_{2(i-1)+a,\, 2(j-1)+c}^{\,p}\right)^{1/p}",
    {
        "X": kit.array(("输入，不为负", "the input, not negative"), (6, 6), 0, 2),
        "p": kit.scalar(("指数", "exponent"), 1, 8),
        **_INDICES,
    },
    equals=lambda X, p: lp_pool2d(X, 2, p),
    samples=30,
)

formula_size = Formula(
    r"n_\text{out} = \left\lfloor \frac{n + 2p - k}{s} \right\rfloor + 1",
    {
        "n": kit.integer(("输入的边长", "side of the input"), 6, 20),
        "k": kit.integer(("窗口边长", "side of the window"), 2, 5),
        "s": kit.integer(("步幅", "stride"), 1, 4),
        "p": kit.integer(("填充，不超过 k 的一半", "padding, at most half of k"), 0, 1),
    },
    equals=lambda n, k, s, p: _torch_size(int(n), int(k), int(s), int(p)),
    samples=60,
)


def _torch_size(n: int, k: int, s: int, p: int) -> int:
    import torch

    return int(torch.nn.functional.max_pool1d(torch.zeros(1, 1, n), k, s, p).shape[-1])


formula_relu = Formula(
    r"\max(\operatorname{ReLU}(x), \operatorname{ReLU}(y)) = \operatorname{ReLU}(\max(x, y))",
    {
        "x": kit.scalar(("窗口里的一个数", "a number of the window"), -4, 4),
        "y": kit.scalar(("另一个数", "another"), -4, 4),
        r"\operatorname{ReLU}": kit.function(("", ""), lambda x: np.maximum(0, x)),
    },
)


def value_relu() -> dict[str, object]:
    """Largest difference between ReLU first and pooling first; random 8×8 maps."""
    top, mean = [], []
    for rng in kit.seeds(10):
        x = rng.normal(size=(8, 8))
        for kind, found in (("max", top), ("mean", mean)):
            first = pool_reshape(np.maximum(0, x), 2, kind)
            found.append(float(np.abs(first - np.maximum(0, pool_reshape(x, 2, kind))).max()))
    return {"max": max(top), "mean": Spread(mean), "runs": 10}


# --------------------------------------------------------------------------- by hand

EXAMPLE = np.array([[1.0, 3, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])


def table_example(tr: Tr) -> Table:
    stochastic = windows(EXAMPLE, 2, 2)
    expected = (stochastic**2).sum(axis=(-2, -1)) / stochastic.sum(axis=(-2, -1))
    return Table(
        [
            "$X$",
            tr("最大", "max"),
            tr("平均", "average"),
            tr.name("GAP"),
            tr.name("GMP"),
            tr("随机池化的期望", "stochastic, expected"),
        ],
        [
            [
                _grids.matrix(EXAMPLE),
                _grids.matrix(pool_reshape(EXAMPLE, 2)),
                _grids.matrix(pool_reshape(EXAMPLE, 2, "mean")),
                _grids.shown(float(global_avg_pool(EXAMPLE))),
                _grids.shown(float(global_max_pool(EXAMPLE))),
                _grids.matrix(np.round(expected, 2)),
            ]
        ],
        caption=tr(
            "2×2 窗口、步幅 2；GAP 与 GMP 对整张图取平均与最大",
            "2×2 windows, stride 2; GAP and GMP take the mean and the maximum of the whole map",
        ),
    )


def value_example() -> dict[str, float]:
    return {
        "gap": float(global_avg_pool(EXAMPLE)),
        "gmp": float(global_max_pool(EXAMPLE)),
        "lp1": float(lp_pool2d(EXAMPLE, 2, 1)[0, 0]),
        "lp8": float(lp_pool2d(EXAMPLE, 2, 8)[0, 0]),
        "top": float(pool_reshape(EXAMPLE, 2)[0, 0]),
    }


def _picture() -> np.ndarray:
    """A 16×16 picture: a bright ring with a thin stroke, and a soft background."""
    y, x = np.mgrid[0:16, 0:16]
    radius = np.hypot(y - 7.5, x - 7.5)
    ring = np.where(np.abs(radius - 5.2) < 0.9, 0.9, 0.0)
    stroke = np.where(np.abs(y - x) < 0.6, 0.65, 0.0)
    return np.maximum(np.maximum(ring, stroke), 0.05 + 0.012 * x)


def _draw(axes, values: np.ndarray) -> None:
    from matplotlib.patches import Rectangle

    n = len(values)
    for (row, col), number in np.ndenumerate(values):
        axes.add_patch(
            Rectangle((col, row), 1, 1, facecolor=kit.BLUE, edgecolor="none", alpha=float(number))
        )
    axes.add_patch(Rectangle((0, 0), n, n, facecolor="none", edgecolor=kit.MUTED, linewidth=0.8))
    axes.set_xlim(-0.02 * n, 1.02 * n)
    axes.set_ylim(1.02 * n, -0.02 * n)
    axes.set_aspect("equal")
    axes.axis("off")


def figure_four(tr: Tr) -> Figure:
    x = _picture()
    drawn = pool_reshape(x, 2), pool_reshape(x, 2, "mean")
    stochastic = stochastic_pool2d(x, 2, np.random.default_rng(0))
    canvas, panels = kit.canvas(1, 4, height=1.95)
    titles = (
        tr("输入 16×16", "input 16×16"),
        tr("最大", "max"),
        tr("平均", "average"),
        tr("随机", "stochastic"),
    )
    for axes, values, title in zip(panels, (x, *drawn, stochastic), titles, strict=True):
        _draw(axes, values)
        axes.set_title(title)
    gap, gmp = float(global_avg_pool(x)), float(global_max_pool(x))
    return Figure(
        canvas,
        caption=tr(
            "同一张图的几种池化（2×2，步幅 2；颜色越浓，值越大）。最大池化留住细线，"
            "平均池化把它冲淡，随机池化每次不同。"
            f"全局池化只剩一个数：GAP {gap:.2f}，GMP {gmp:.2f}。",
            "One picture pooled in several ways (2×2, stride 2; strong colour is large). Max keeps "
            "thin strokes, average washes them out, stochastic differs each time. Global pooling "
            f"leaves one number: GAP {gap:.2f}, GMP {gmp:.2f}.",
        ),
        alt=tr(
            "四幅小图：原图是一个环和一条对角线；最大池化后线条变粗变浓；平均池化后变淡变糊；"
            "随机池化后断断续续。",
            "Four small pictures: a ring with a diagonal; thick and strong after max pooling; pale "
            "and blurred after average pooling; broken up after stochastic pooling.",
        ),
        data={"max": drawn[0], "mean": drawn[1], "stochastic": stochastic},
    )


def table_methods(tr: Tr) -> Table:
    none = tr("无", "none")
    return Table(
        [
            tr("方法", "method"),
            tr("取什么", "takes"),
            tr("梯度", "gradient"),
            tr("参数", "parameters"),
            tr("用处", "use"),
        ],
        [
            [tr("最大", "max"), tr("窗口里的最大值", "largest of the window"),
             tr("全给最大值", "all to the maximum"), none,
             tr("缩小特征图，留住强响应", "shrinks maps, keeps strong responses")],
            [tr("平均", "average"), tr("窗口的均值", "mean of the window"),
             tr("各得 $1/k^2$", "$1/k^2$ to each"), none,
             tr("平滑地缩小", "shrinks smoothly")],
            [tr.name("GAP"), tr("整个通道的均值", "mean of the channel"),
             tr("各得 $1/(HW)$", "$1/(HW)$ to each"), none,
             tr("代替分类头前的展平", "in place of flattening before a classifier")],
            [tr.name("GMP"), tr("整个通道的最大值", "largest of the channel"),
             tr("全给最大值", "all to the maximum"), none,
             tr("某特征有没有出现过", "whether a feature occurs anywhere")],
            [tr.name("Lp"), tr("$p$ 次方之和开 $p$ 次方", "$p$-th root of a sum of powers"),
             tr("大的数得的多", "more to larger numbers"), none,
             tr("介于求和与最大之间", "between the sum and the maximum")],
            [tr("随机", "stochastic"), tr("按大小抽一个", "one drawn by size"),
             tr("全给抽中的", "all to the one drawn"), none,
             tr("正则化", "regularisation")],
            [tr("自适应", "adaptive"), tr("同上，输出尺寸固定", "as above, output size fixed"),
             tr("同上", "as above"), none,
             tr("让任意大小的输入接上全连接层", "lets inputs of any size meet a dense layer")],
        ],
        caption=tr("常见池化方法", "Common kinds of pooling"),
    )  # fmt: skip
