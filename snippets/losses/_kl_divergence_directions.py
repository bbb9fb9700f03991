"""Which way round: one normal distribution fitted to two humps by D(p || q) and by D(q || p)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Figure, Table, Tr

SHARES, STDS = (0.6, 0.4), (0.7, 0.9)
FAR, NEAR = 2.5, 1.5  # the humps stand at -gap and gap
X = np.linspace(-20, 20, 8001)  # so wide that nothing of the fits is cut off at the ends
STEP = X[1] - X[0]


def _log_normal(x, mu, sigma):
    """Log-density of N(mu, sigma²), for arrays of NumPy or PyTorch (sigma a number or a tensor)."""
    log = np.log(sigma) if isinstance(sigma, float) else sigma.log()
    return -((x - mu) ** 2) / (2 * sigma**2) - log - np.log(2 * np.pi) / 2


def density(gap: float = FAR) -> np.ndarray:
    """The two humps at X."""
    humps = zip(SHARES, (-gap, gap), STDS, strict=True)
    return np.sum([share * np.exp(_log_normal(X, m, s)) for share, m, s in humps], axis=0)


@dataclass(frozen=True)
class Fit:
    mu: float
    sigma: float
    gap: float

    def density(self) -> np.ndarray:
        return np.exp(_log_normal(X, self.mu, self.sigma))

    def divergences(self) -> tuple[float, float]:
        """D(p || q) and D(q || p), by the trapezoid rule; both vanish at the ends of X."""
        p, q = density(self.gap), self.density()
        log_ratio = np.log(p) - _log_normal(X, self.mu, self.sigma)
        return float((p * log_ratio).sum() * STEP), float(-(q * log_ratio).sum() * STEP)


def forward() -> Fit:
    """The minimum of D(p || q): the mean and the variance of p itself."""
    share, m, s = map(np.array, (SHARES, (-FAR, FAR), STDS))
    mu = float(share @ m)
    return Fit(mu, float(np.sqrt(share @ (s**2 + m**2) - mu**2)), FAR)


@cache
def reverse(start: float, gap: float = FAR) -> Fit:
    """The minimum of D(q || p) that L-BFGS finds from a normal of deviation 1 around start."""
    import torch

    x, log_p = torch.tensor(X), torch.tensor(np.log(density(gap)))
    place = torch.tensor([start, 0.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([place], max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        log_q = _log_normal(x, place[0], place[1].exp())
        loss = (log_q.exp() * (log_q - log_p)).sum() * STEP
        loss.backward()
        return loss

    optimizer.step(closure)
    mu, log_sigma = place.tolist()
    return Fit(mu, float(np.exp(log_sigma)), gap)


def _fits(tr: Tr) -> dict[str, tuple[str, Fit]]:
    return {
        "forward": (tr(r"$D(p \parallel q)$ 最小", r"least $D(p \parallel q)$"), forward()),
        "reverse": (tr(r"$D(q \parallel p)$ 最小", r"least $D(q \parallel p)$"), reverse(-FAR)),
        "right": (tr("后者的局部极小：右峰", "the latter, local: right hump"), reverse(FAR)),
        "both": (tr("后者的局部极小：两峰", "the latter, local: both humps"), reverse(0.0)),
    }


def table_fits(tr: Tr) -> Table:
    rows = [[label, fit.mu, fit.sigma, *fit.divergences()] for label, fit in _fits(tr).values()]
    return Table(
        [
            tr("拟合 q", "fit q"),
            Col(tr("均值", "mean"), format=".3f"),
            Col(tr("标准差", "std"), format=".3f"),
            Col(r"$D(p \parallel q)$", format=".4f"),
            Col(r"$D(q \parallel p)$", format=".4f"),
        ],
        rows,
        caption=tr(
            "p：0.6 份均值 −2.5、标准差 0.7 的正态，加 0.4 份均值 2.5、标准差 0.9 的正态",
            "p: 0.6 of a normal with mean −2.5 and std 0.7, 0.4 of one with mean 2.5 and std 0.9",
        ),
    )


def figure_directions(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(height=3.0)
    p = density()
    seen = np.abs(X) < 6
    axes.fill_between(
        X[seen], p[seen], color=kit.GRID, alpha=0.9, label=tr("p：双峰", "p: two humps")
    )
    data = {"x": X, "p": p}
    looks = (
        ("forward", forward(), kit.ORANGE, kit.LINES[1], tr("D(p || q) 最小", "least D(p || q)")),
        ("reverse", reverse(-FAR), kit.BLUE, kit.LINES[0], tr("D(q || p) 最小", "least D(q || p)")),
    )
    for name, fit, colour, line, label in looks:
        data[name] = fit.density()
        axes.plot(X[seen], data[name][seen], color=colour, linestyle=line, label=label)
    axes.set_ylim(0, 0.78)
    axes.set_xlabel(tr.name("x"))
    axes.set_ylabel(tr("密度", "density"))
    axes.legend(loc="upper right")
    return Figure(
        canvas,
        caption=tr(
            "用一个正态分布去拟合双峰的 p。"
            "D(p || q) 不许 q 漏掉 p 有的地方，"
            "于是摊开盖住两峰，连中间的谷也占了；"
            "D(q || p) 不许 q 跑到 p 没有的地方，于是缩进一个峰。",
            "One normal distribution fitted to two humps. D(p || q) does not let q miss what "
            "p has, so it spreads over both humps and the valley between; D(q || p) does not let "
            "q be where p is not, so it settles in one hump.",
        ),
        alt=tr(
            "灰色的双峰密度，左峰高、右峰矮。虚线是一条又宽又矮的钟形，罩住两峰；"
            "实线是一条窄而高的钟形，落在左峰上。",
            "A grey density with two humps, the left one higher. The dashed curve is a wide low "
            "bell over both; the solid one a narrow high bell on the left hump.",
        ),
        data=data,
    )


def value_fits() -> dict[str, float]:
    """Where the fits came to rest, far humps and near ones."""
    near = [reverse(start, NEAR) for start in (-NEAR, 0.0, NEAR)]
    return {
        "far": FAR,
        "near": NEAR,
        "near_mu": near[0].mu,
        "near_sigma": near[0].sigma,
        "near_spread": max(fit.sigma for fit in near) - min(fit.sigma for fit in near),
        "both_sigma": reverse(0.0).sigma,
    }
