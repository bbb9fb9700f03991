"""The shape of the penalty, a worked step, and groups of similar features."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Spread, Table, Tr
from snippets.regularization._l1_and_l2_examples import V, text
from snippets.regularization.elastic_net import coordinate_descent, elastic_prox
from snippets.regularization.l1_and_l2 import shrink, soft_threshold

HALF = 0.5  # both strengths of the worked example


def value_prox() -> dict[str, str | float]:
    return {
        "before": text(V),
        "soft": text(soft_threshold(V, HALF)),
        "after": text(elastic_prox(V, HALF, HALF)),
        "strength": HALF,
    }


def table_prox(tr: Tr) -> Table:
    rows = (
        (tr("只有 L1", "L1 alone"), soft_threshold(V, HALF)),
        (tr("只有 L2", "L2 alone"), shrink(V, HALF)),
        (tr("弹性网", "elastic net"), elastic_prox(V, HALF, HALF)),
    )
    return Table(
        [
            tr("近端步之前", "before the proximal step"),
            *(Col(f"{v:g}".replace("-", "−"), format=".4f") for v in V),
        ],
        [[name, *(float(v) + 0.0 for v in w)] for name, w in rows],
        caption=tr("λ₁、λ₂ 各取 0.5", "λ₁ and λ₂ at 0.5 each"),
    )


def figure_balls(tr: Tr) -> Figure:
    line = np.linspace(-1.3, 1.3, 261)
    x, y = np.meshgrid(line, line)
    shapes = {
        "l1": np.abs(x) + np.abs(y),
        "net": HALF * (np.abs(x) + np.abs(y)) + (1 - HALF) * (x**2 + y**2),
        "l2": x**2 + y**2,
    }
    looks = {"l1": (kit.BLUE, ":"), "net": (kit.INK, "-"), "l2": (kit.ORANGE, "--")}
    canvas, axes = kit.canvas(width=3.6, height=3.3)
    axes.grid(False)
    kit.zero_lines(axes)
    for key, values in shapes.items():
        colour, style = looks[key]
        axes.contour(x, y, values, levels=[1.0], colors=colour, linestyles=style, linewidths=1.8)
    names = ((0.3, 0.3, "L1", kit.BLUE), (0.98, 0.72, "L2", kit.ORANGE))
    for at_x, at_y, name, colour in names:
        axes.text(at_x, at_y, tr.name(name), color=colour, ha="right", va="center")
    axes.annotate(
        tr("弹性网", "elastic net"),
        (0.61, 0.61),
        xytext=(0.72, 1.15),
        ha="left",
        va="center",
        arrowprops={"arrowstyle": "-", "color": kit.MUTED, "shrinkB": 2},
    )
    axes.set_xlabel("w₁")
    axes.set_ylabel("w₂")
    axes.set_aspect("equal")
    return Figure(
        canvas,
        caption=tr(
            "惩罚值相同的点：L1、L2（不带 ½），以及两者各占一半。弹性网的四个角还在，边向外鼓。",
            "Points of equal penalty: L1, L2 (without ½), and half of each. The elastic net keeps "
            "the four corners; its sides bulge.",
        ),
        alt=tr(
            "点线是菱形，虚线是圆，实线夹在中间：在坐标轴上有尖角，边是外凸的弧。",
            "A dotted diamond, a dashed circle, and between them a solid line with corners on the "
            "axes and sides that curve outwards.",
        ),
        data={key: values[130] for key, values in shapes.items()},
    )


# --------------------------------------------------------------------------- a group of three

RUNS, EXAMPLES, GROUP, OTHERS, OWN, ERROR = 10, 50, 3, 7, 0.2, 1.0
STRENGTH = 0.3


@cache
def drawn() -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Features and targets of each run: the first GROUP features are x plus a little noise, and
    the target is GROUP · x plus noise; the others have nothing to do with it.
    """
    runs = []
    for rng in kit.seeds(RUNS):
        x = rng.normal(size=EXAMPLES)
        group = x[:, None] + OWN * rng.normal(size=(EXAMPLES, GROUP))
        A = np.concatenate([group, rng.normal(size=(EXAMPLES, OTHERS))], axis=1)
        A = (A - A.mean(axis=0)) / A.std(axis=0)
        y = GROUP * x + ERROR * rng.normal(size=EXAMPLES)
        runs.append((A, y - y.mean()))
    return tuple(runs)


FITS = {"lasso": (STRENGTH, 0.0), "net": (STRENGTH, STRENGTH), "ridge": (0.0, STRENGTH)}


@cache
def fitted(key: str) -> np.ndarray:
    l1, l2 = FITS[key]
    return np.array([coordinate_descent(A, y, l1, l2) for A, y in drawn()])


def _gap(w: np.ndarray) -> Spread:
    group = w[:, :GROUP]
    return Spread(group.max(axis=1) - group.min(axis=1))


def value_group() -> dict[str, Spread | int | float]:
    return {
        "runs": RUNS,
        "group": GROUP,
        "others": OTHERS,
        **{f"{key}_gap": _gap(fitted(key)) for key in FITS},
        **{f"{key}_kept": Spread((fitted(key)[:, :GROUP] != 0).sum(axis=1)) for key in FITS},
        **{f"{key}_wrong": Spread((fitted(key)[:, GROUP:] != 0).sum(axis=1)) for key in FITS},
    }


def table_group(tr: Tr) -> Table:
    names = {
        "lasso": tr("L1（lasso）", "L1 (lasso)"),
        "net": tr("弹性网", "elastic net"),
        "ridge": tr("L2（岭回归）", "L2 (ridge)"),
    }
    return Table(
        [
            tr("惩罚", "penalty"),
            Col(tr(f"组内留下（共 {GROUP} 个）", f"kept of the group of {GROUP}"), format=".1f"),
            Col(tr("组内最大与最小之差", "largest minus smallest in it"), format=".2f"),
            Col(tr(f"无关的留下（共 {OTHERS} 个）", f"kept of {OTHERS} others"), format=".1f"),
        ],
        [
            [
                names[key],
                Spread((fitted(key)[:, :GROUP] != 0).sum(axis=1)),
                _gap(fitted(key)),
                Spread((fitted(key)[:, GROUP:] != 0).sum(axis=1)),
            ]
            for key in FITS
        ],
        caption=tr(
            f"{GROUP} 个几乎相同的有用特征，{OTHERS} 个无关特征，都已标准化；{EXAMPLES} 个样本，"
            f"强度各为 {STRENGTH:g}；均值 [最小, 最大]，{RUNS} 次",
            f"{GROUP} useful features that are nearly the same and {OTHERS} others, standardised; "
            f"{EXAMPLES} examples, strengths at {STRENGTH:g}; mean [smallest, largest] of "
            f"{RUNS} runs",
        ),
    )


@cache
def path(l2: float) -> tuple[np.ndarray, np.ndarray]:
    """Strengths of L1 from high to low, and the weights of the first run at each of them."""
    A, y = drawn()[0]
    strengths = np.geomspace(np.abs(A.T @ y).max() / len(y), 0.01, 40)
    w, found = np.zeros(A.shape[1]), []
    for strength in strengths:
        w = coordinate_descent(A, y, strength, l2, start=w)
        found.append(w)
    return strengths, np.array(found)


def figure_path(tr: Tr) -> Figure:
    canvas, panels = kit.canvas(1, 2, height=2.9, sharey=True)
    data = {}
    titles = (tr("L1（lasso）", "L1 (lasso)"), tr("弹性网", "elastic net"))
    for axes, title, l2 in zip(panels, titles, (0.0, STRENGTH), strict=True):
        strengths, found = path(l2)
        kit.zero_lines(axes)
        axes.plot(strengths, found[:, GROUP:], color=kit.MUTED, linewidth=0.9)
        for k, (colour, line) in enumerate(
            zip((kit.BLUE, kit.ORANGE, kit.GREEN), kit.LINES, strict=False)
        ):
            label = f"w{'₁₂₃'[k]}"
            axes.plot(strengths, found[:, k], color=colour, linestyle=line, label=label)
        axes.set_xscale("log")
        axes.set_xlim(strengths[0], strengths[-1])
        axes.set_title(title)
        axes.set_xlabel(tr("λ₁（右边小）", "λ₁ (small to the right)"))
        data["lasso" if l2 == 0 else "net"] = found
    panels[0].set_ylabel(tr("权重", "weight"))
    panels[1].legend(loc="upper right")
    return Figure(
        canvas,
        caption=tr(
            "第一组数据上，权重随 λ₁ 减小的变化；彩色是组内三个，灰色是无关的。"
            f"弹性网的 λ₂ 为 {STRENGTH:g}。",
            "The weights on the first data set as λ₁ falls; coloured are the three of the group, "
            f"grey the others. The elastic net has λ₂ at {STRENGTH:g}.",
        ),
        alt=tr(
            "左图：组内三条线先后离开 0，分得很开。右图：三条线一起上升，彼此近得多。",
            "Left: the three lines of the group leave 0 one after another and lie far apart. "
            "Right: they rise together, much closer.",
        ),
        data=data,
    )


# --------------------------------------------------------------------------- more weights than data

WIDE_RUNS, WIDE_EXAMPLES, WIDE_FEATURES, WIDE_STRENGTH = 5, 10, 30, 0.1


def value_wide() -> dict[str, int | float | Spread]:
    """Weights that are not 0, where there are more features than examples and all of them count."""
    kept: dict[str, list[int]] = {"lasso": [], "net": []}
    for rng in kit.seeds(WIDE_RUNS, base=1):
        A = rng.normal(size=(WIDE_EXAMPLES, WIDE_FEATURES))
        y = A @ np.ones(WIDE_FEATURES)
        for key, l2 in (("lasso", 0.0), ("net", WIDE_STRENGTH)):
            w = coordinate_descent(A, y, WIDE_STRENGTH, l2, sweeps=3000)
            kept[key].append(int((w != 0).sum()))
    return {
        "runs": WIDE_RUNS,
        "examples": WIDE_EXAMPLES,
        "features": WIDE_FEATURES,
        "strength": WIDE_STRENGTH,
        **{key: Spread(counts) for key, counts in kept.items()},
    }
