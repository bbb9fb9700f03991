"""The gradient against the number of steps it goes back: powers of one matrix, and the tanh."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.architectures.rnn import rnn_forward
from snippets.kit import Figure, Spread, Tr

LAGS, WIDTH, INPUTS, RUNS = 100, 32, 8, 8
RADII = (0.9, 1.0, 1.1)
SCALES = (1.0, 1.2, 2.0)


def _orthogonal(rng: np.random.Generator, n: int) -> np.ndarray:
    q, r = np.linalg.qr(rng.normal(size=(n, n)))
    return q * np.sign(np.diag(r))


def _norms_back(slopes: np.ndarray, W_h: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Norm of the gradient of r . h_T at h_(T-k), k = 0, 1, ..., relative to k = 0."""
    g, norms = r, [np.linalg.norm(r)]
    for slope in slopes[::-1]:
        g = (slope * g) @ W_h
        norms.append(np.linalg.norm(g))
    return np.array(norms) / norms[0]


@cache
def linear() -> dict[float, np.ndarray]:
    """A linear recurrence with W_h a multiple of an orthogonal matrix."""
    rng = next(kit.seeds(1))
    q, r = _orthogonal(rng, WIDTH), rng.normal(size=WIDTH)
    return {rho: _norms_back(np.ones((LAGS, WIDTH)), rho * q, r) for rho in RADII}


@cache
def tanh() -> dict[str, np.ndarray]:
    """(RUNS, LAGS + 1) of tanh networks on inputs from N(0, 1), by the kind of W_h."""
    bound = WIDTH**-0.5
    found: dict[str, list[np.ndarray]] = {"default": []} | {f"{s:g}": [] for s in SCALES}
    for rng in kit.seeds(RUNS):
        x, r = rng.normal(size=(LAGS, 1, INPUTS)), rng.normal(size=WIDTH)
        W_x = rng.uniform(-bound, bound, (WIDTH, INPUTS))
        q, uniform = _orthogonal(rng, WIDTH), rng.uniform(-bound, bound, (WIDTH, WIDTH))
        for name in found:
            W_h = uniform if name == "default" else float(name) * q
            h = rnn_forward(x, np.zeros((1, WIDTH)), W_x, W_h, np.zeros(WIDTH))
            found[name].append(_norms_back(1 - h[1:, 0] ** 2, W_h, r))
    return {name: np.stack(runs) for name, runs in found.items()}


JORDAN = np.array([[0.9, 4.0], [0.0, 0.9]])  # both eigenvalues are 0.9


@cache
def jordan() -> np.ndarray:
    powers = [np.eye(2)]
    for _ in range(LAGS):
        powers.append(powers[-1] @ JORDAN)
    return np.array([np.linalg.norm(p, 2) for p in powers])


def value_lag() -> dict[str, object]:
    found: dict[str, object] = {f"linear_{rho:g}": runs[-1] for rho, runs in linear().items()}
    for name, runs in tanh().items():
        found[name] = Spread(np.log10(runs[:, -1]))
    rng = np.random.default_rng(0)
    radii = [
        np.abs(np.linalg.eigvals(rng.uniform(-1, 1, (WIDTH, WIDTH)) / WIDTH**0.5)).max()
        for _ in range(RUNS)
    ]
    norms = jordan()
    return found | {
        "low": RADII[0],
        "high": RADII[2],
        "above": SCALES[1],
        "eigenvalue": float(JORDAN[0, 0]),
        "corner": float(JORDAN[0, 1]),
        "lags": LAGS,
        "runs": RUNS,
        "width": WIDTH,
        "radius": Spread(radii),
        "peak": norms.max(),
        "peak_at": int(norms.argmax()),
        "jordan": norms[-1],
    }


def figure_lag(tr: Tr) -> Figure:
    canvas, (left, right) = kit.canvas(1, 2, height=3.4, sharey=True)
    lag = np.arange(LAGS + 1)
    for (rho, norms), line, colour in zip(linear().items(), kit.LINES, kit.SERIES, strict=False):
        left.plot(lag, norms, linestyle=line, color=colour)
        left.annotate(
            f"ρ = {rho:g}",
            (LAGS * 0.98, norms[-1]),
            xytext=(0, 5 if rho >= 1 else -6),
            textcoords="offset points",
            color=colour,
            ha="right",
            va="bottom" if rho >= 1 else "top",
            fontsize=9,
        )
    labels = {
        "default": tr("PyTorch 默认", "PyTorch's default"),
        "1": tr.name("Q"),
        "1.2": tr.name("1.2 Q"),
        "2": tr.name("2 Q"),
    }
    place = {"default": (60, 1e-21), "1": (98, 1e-10), "1.2": (98, 3e0), "2": (70, 1e7)}
    styles = zip(kit.LINES, (kit.RED, kit.PURPLE, kit.TEAL, kit.GREEN), strict=True)
    for (name, runs), (line, colour) in zip(tanh().items(), styles, strict=True):
        right.plot(lag, 10 ** np.log10(runs).mean(axis=0), linestyle=line, color=colour)
        right.text(*place[name], labels[name], color=colour, fontsize=9, ha="right", va="center")
    left.set_yscale("log")
    left.set_ylim(1e-28, 1e10)
    left.set_yticks([1e-25, 1e-20, 1e-15, 1e-10, 1e-5, 1, 1e5, 1e10])
    left.minorticks_off()
    left.set_title(tr("线性：W = ρQ", "linear: W = ρQ"))
    right.set_title(tr.name("tanh"))
    left.set_ylabel(tr("梯度的相对大小", "relative gradient"))
    for axes in (left, right):
        axes.set_xlabel(tr("往回的步数", "steps back"))
    return Figure(
        canvas,
        caption=tr(
            f"损失只取最后一步，它对更早的状态的梯度，相对于最后一步；{WIDTH} 个单元，"
            f"Q 是正交矩阵。右：输入取自 N(0, 1)，{RUNS} 次的几何平均。",
            f"The loss reads the last state only: its gradient with respect to earlier states, "
            f"relative to the last. {WIDTH} units; Q is orthogonal. Right: inputs from N(0, "
            f"1), geometric mean of "
            f"{RUNS} runs.",
        ),
        alt=tr(
            "左图：三条直线，ρ 为 0.9 下降，为 1 水平，为 1.1 上升。"
            "右图：默认初始化降得最快，Q 次之，1.2Q 缓缓下降，2Q 上升。",
            "Left: three straight lines, falling for ρ = 0.9, level for 1, rising for 1.1. Right: "
            "the default falls fastest, then Q, 1.2 Q falls slowly, 2 Q rises.",
        ),
        data={
            "lag": lag,
            "linear": np.stack(list(linear().values())),
            "tanh": np.stack([np.log10(runs).mean(axis=0) for runs in tanh().values()]),
        },
    )
