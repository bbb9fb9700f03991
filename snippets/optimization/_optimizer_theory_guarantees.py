"""What is proved: bounds held against runs, Adam's counterexample, and two valleys again."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Check, Figure, Formula, Table, Tr
from snippets.optimization._learning_rate_basins import START, minima, slope, value
from snippets.optimization.learning_rate import descend
from snippets.optimization.optimizer_theory import adversary, torch_adversary


def average_gap(R: float, G: float, T: int) -> float:
    """f of the mean iterate minus the minimum: f = G|x|, from R, at the rate R / (G √T)."""
    path = descend(lambda x: G * np.sign(x), R, R / (G * np.sqrt(T)), int(T) - 1)
    return float(G * abs(path.mean()))


def smallest_gradient(x_0: float, T: int) -> float:
    """Smallest squared gradient within T steps at rate 1 on cos, whose curvature is at most 1."""
    path = descend(lambda x: -np.sin(x), x_0, 1.0, int(T) - 1)
    return float((np.sin(path) ** 2).min())


formula_convex = Formula(
    r"\operatorname{gap}(R, G, T) \le \frac{R\,G}{\sqrt{T}}",
    {
        r"\operatorname{gap}": kit.function(
            (
                "平均点的 f 与最小值之差，这里跑 f = G|x|，学习率 R/(G√T)",
                "f at the mean iterate minus the minimum, run on f = G|x| at rate R/(G√T)",
            ),
            average_gap,
        ),
        "R": kit.scalar(("起点到最优点的距离", "distance from start to optimum"), 0.1, 5),
        "G": kit.scalar(("梯度范数的上界", "bound on the norm of gradients"), 0.1, 5),
        "T": kit.integer(("步数", "steps"), 1, 200),
    },
)

formula_nonconvex = Formula(
    r"\operatorname{least}(x_0, T) \le \frac{2 L\,(f(x_0) - f^*)}{T}",
    {
        r"\operatorname{least}": kit.function(
            (
                "T 步之内最小的梯度平方，这里跑 f = cos x，学习率 1/L",
                "smallest squared gradient in T steps, run on f = cos x at rate 1/L",
            ),
            smallest_gradient,
        ),
        "f": kit.function(("目标，这里是 cos x", "objective, here cos x"), np.cos),
        "f^*": kit.constant(("f 的最小值", "minimum of f"), -1.0),
        "L": kit.constant(("曲率的上界", "bound on the curvature"), 1.0),
        "x_0": kit.scalar(("起点", "start"), -3, 3),
        "T": kit.integer(("步数", "steps"), 1, 200),
    },
)


# --------------------------------------------------------------------------- Adam and AMSGrad

STEPS, C, USUAL = 200_000, 3.0, 0.999
METHODS = ("Adam", "AMSGrad", "SGD")


@cache
def _path(method: str) -> np.ndarray:
    return adversary(method, STEPS, C)


@cache
def _other_ends() -> dict[str, float]:
    """Adam from the best point instead of the worst, and with the usual β₂."""
    return {
        "from_best": float(adversary("Adam", STEPS, C, start=-1.0)[-1]),
        "usual": float(adversary("Adam", STEPS, C, beta=USUAL)[-1]),
        "usual_beta": USUAL,
    }


def value_adversary() -> dict[str, float]:
    found = {method.lower(): float(_path(method)[-1]) for method in METHODS}
    return {**found, **_other_ends(), "steps": STEPS, "beta": 1 / (1 + C**2), "C": C}


def check_adversary() -> Check:
    return kit.compare(
        (
            "`torch.optim.Adam`（`amsgrad` 关与开）在这道题上的 300 步",
            "`torch.optim.Adam` (`amsgrad` off and on) on this problem, 300 steps",
        ),
        [
            (adversary(name, 300, C), torch_adversary(amsgrad, 300, C))
            for name, amsgrad in (("Adam", False), ("AMSGrad", True))
        ],
        tolerance=1e-13,
    )


def figure_adversary(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.0)
    data = {}
    lines = {
        "Adam": (kit.RED, "-", 0.82),
        "AMSGrad": (kit.BLUE, "--", -0.62),
        "SGD": (kit.MUTED, ":", -0.82),
    }
    shown = np.unique(np.geomspace(1, STEPS, 400).astype(int))
    for method, (colour, line, at) in lines.items():
        x = _path(method)[shown]
        axes.plot(shown, x, linestyle=line, color=colour)
        axes.text(STEPS * 1.3, at, tr.name(method), color=colour, va="center")
        data[method] = x
    axes.set_xscale("log")
    axes.set_xlim(1, STEPS * 8)
    axes.set_xticks(10.0 ** np.arange(6))
    axes.set_ylim(-1.1, 1.1)
    axes.set_xlabel(tr("步（对数轴）", "step (log axis)"))
    axes.set_ylabel("x")
    return Figure(
        canvas,
        caption=tr(
            f"斜率依次为 {C:g}、−1、−1，循环往复，x 限制在 −1 与 1 之间，最优点是 −1。"
            "Adam 走到最差的一端；AMSGrad 与 SGD 走到最优点。学习率都按 1/√t 下降。",
            f"Slopes {C:g}, −1, −1 in turn, x between −1 and 1, the optimum is −1. Adam goes to "
            "the worst end; AMSGrad and SGD find the optimum. All rates fall as 1/√t.",
        ),
        alt=tr(
            "横轴为步数。Adam 的线停在 1 附近；"
            "AMSGrad 与 SGD 的线在头几十到几百步内从 1 降到 −1，"
            "之后不动。",
            "Over the steps, the line of Adam stays near 1; those of AMSGrad and SGD fall from 1 "
            "to −1 within tens to hundreds of steps and stay.",
        ),
        data=data,
    )


# --------------------------------------------------------------------------- two valleys

RUNS, NOISY_STEPS, RATE, LARGE, NOISE = 500, 3000, 0.05, 0.08, 3.0

formula_valleys = Formula(
    r"f(x) = x^4 - 3 x^2 + x",
    {"x": kit.scalar(("参数", "parameter"), -2, 2)},
    equals=value,
)


def noisy_ends(rate: float, noise: float = NOISE) -> np.ndarray:
    """Where RUNS noisy descents from START with the rates rate / √t end."""
    x, rng = np.full(RUNS, START), np.random.default_rng(0)
    for t in range(1, NOISY_STEPS + 1):
        x = x - rate / np.sqrt(t) * (slope(x) + noise * rng.normal(size=RUNS))
    return x


def value_valleys() -> dict[str, float]:
    """Where plain and noisy descent with decreasing rates end on x⁴ - 3x² + x, from START."""
    left, right = minima()
    still = descend(slope, START, RATE, 10_000)[-1]
    return {
        "end": float(still),
        "end_value": float(value(still)),
        "best": left,
        "best_value": float(value(left)),
        "local": right,
        "global_runs": int((noisy_ends(LARGE) < 0).sum()),
        "small_runs": int((noisy_ends(RATE) < 0).sum()),
        "rate": RATE,
        "large": LARGE,
        "runs": RUNS,
        "steps": NOISY_STEPS,
        "noise": int(NOISE),
    }


def table_guarantees(tr: Tr) -> Table:
    return Table(
        [
            tr("优化器", "optimiser"),
            tr("凸", "convex"),
            tr("非凸、光滑", "non-convex, smooth"),
            tr("条件", "conditions"),
        ],
        [
            [
                tr.name("SGD"),
                tr("平均点的误差，量级 1/√T", "error of the mean iterate of order 1/√T"),
                tr("梯度平方的平均，量级 1/√T", "mean squared gradient of order 1/√T"),
                tr(
                    "学习率量级 1/√T；凸：梯度有界；非凸：噪声方差有界",
                    "rates of order 1/√T; convex: bounded gradients; "
                    "non-convex: noise of bounded variance",
                ),
            ],
            [
                tr.name("Adagrad"),
                tr("平均遗憾，量级 1/√T", "mean regret of order 1/√T"),
                tr("比 SGD 多一个对数因子", "as SGD, times a logarithm"),
                tr("梯度有界", "bounded gradients"),
            ],
            [
                tr("RMSprop、Adam", "RMSprop, Adam"),
                tr("可以失败", "can fail"),
                tr(
                    "到驻点的邻域；β₂ 随 T 趋于 1，则与 Adagrad 同阶",
                    "near a stationary point; if β₂ goes to 1 with T, of Adagrad's order",
                ),
                tr(
                    "非凸：β₂ 足够大，随问题而定",
                    "non-convex: β₂ large enough for the problem",
                ),
            ],
            [
                tr.name("AMSGrad"),
                tr("平均遗憾，量级 1/√T", "mean regret of order 1/√T"),
                "–",
                tr("梯度与区域有界", "bounded gradients and domain"),
            ],
        ],
        caption=tr(
            "下列文献里的保证，T 为步数；–：该文献未讨论",
            "Guarantees in the sources below, T steps; –: not treated there",
        ),
    )
