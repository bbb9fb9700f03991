"""Beyond a good variance: orthogonal weights, LSUV, scaled residual branches, zero branches."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.gradients_init import _stack
from snippets.gradients_init.initialisation import lsuv, orthogonal
from snippets.kit import Check, Col, Formula, Spread, Table, Tr

DEPTH, WIDTH, BATCH, RUNS = _stack.DEPTH, _stack.WIDTH, _stack.BATCH, _stack.RUNS


formula_orthogonal = Formula(
    r"\|Q\,x\|_2 = \|x\|_2",
    {
        "Q": kit.constant(
            ("一个正交矩阵，4×4", "an orthogonal matrix, 4×4"),
            orthogonal(4, 4, np.random.default_rng(0)),
        ),
        "x": kit.array(("向量", "a vector"), (4,), -3, 3),
    },
)


def check_orthogonal() -> Check:
    """WᵀW (or WWᵀ) is gain² times the identity, as for nn.init.orthogonal_."""
    import torch

    pairs = []
    for shape in ((5, 5), (7, 3), (3, 7)):
        weight = torch.nn.init.orthogonal_(
            torch.empty(shape, dtype=torch.float64), gain=2.0,
            generator=torch.Generator().manual_seed(0),
        ).numpy()  # fmt: skip
        ours = orthogonal(*shape, np.random.default_rng(0), gain=2.0)
        tall = shape[0] >= shape[1]
        pairs.append(tuple(w.T @ w if tall else w @ w.T for w in (ours, weight)))
    return kit.compare(
        ("`nn.init.orthogonal_`：行（或列）的内积", "`nn.init.orthogonal_`: products of rows"),
        pairs,
        tolerance=1e-12,
    )


@cache
def _singular() -> dict[str, tuple[Spread, Spread]]:
    """Smallest and largest singular value of a product of DEPTH square weights."""
    draws = {
        "normal": lambda rng: rng.normal(0.0, WIDTH**-0.5, (WIDTH, WIDTH)),
        "orthogonal": lambda rng: orthogonal(WIDTH, WIDTH, rng),
    }
    found = {}
    for name, draw in draws.items():
        ends = []
        for rng in kit.seeds(RUNS):
            product = np.eye(WIDTH)
            for _ in range(DEPTH):
                product = draw(rng) @ product
            values = np.linalg.svd(product, compute_uv=False)
            ends.append((values[-1], values[0], np.mean(values > 1e-3)))
        found[name] = tuple(Spread(column) for column in zip(*ends, strict=True))
    return found


def value_singular() -> dict[str, object]:
    found = _singular()
    return {
        "largest": found["normal"][1],
        "kept": found["normal"][2],
        "orthogonal_smallest": found["orthogonal"][0].mean,
        "orthogonal_largest": found["orthogonal"][1].mean,
    }


# --------------------------------------------------------------------------- residual branches

BRANCHES = {
    # (scale of V, normalised)
    "unscaled": (1.0, False),
    "scaled": (DEPTH**-0.5, False),
    "pre": (1.0, True),
    "zero": (0.0, False),
}


def _branch(scale: float, norm: bool, rng: np.random.Generator) -> tuple[float, float]:
    """Blocks h + scale · V ReLU(W N(h)): growth of the mean of h², and of the gradient at h."""
    import torch
    import torch.nn.functional as F

    h = torch.tensor(rng.normal(size=(BATCH, WIDTH)), requires_grad=True)
    first, start = h, float(h.detach().square().mean())
    for _ in range(DEPTH):
        W = torch.tensor(rng.normal(0.0, (2 / WIDTH) ** 0.5, (WIDTH, WIDTH)))
        V = torch.tensor(rng.normal(0.0, scale * WIDTH**-0.5, (WIDTH, WIDTH)))
        h = h + torch.relu((F.layer_norm(h, (WIDTH,)) if norm else h) @ W.T) @ V.T
    upstream = torch.tensor(rng.normal(size=(BATCH, WIDTH)))
    (gradient,) = torch.autograd.grad((h * upstream).sum(), first)
    return float(h.detach().square().mean()) / start, float(gradient.norm() / upstream.norm())


@cache
def _branches(name: str) -> tuple[Spread, Spread]:
    pairs = [_branch(*BRANCHES[name], rng) for rng in kit.seeds(RUNS)]
    return Spread(m for m, _ in pairs), Spread(g for _, g in pairs)


@cache
def _plain(name: str, kind: str) -> tuple[Spread, Spread]:
    """A plain stack with orthogonal weights of a gain (kind is the gain) or LSUV."""
    phi = _stack.FUNCTIONS[name][0]
    pairs = []
    for rng in kit.seeds(RUNS):
        if kind == "lsuv":
            # scaled on one batch, measured on another, which the run draws anew
            weights = iter(lsuv(phi, rng.normal(size=(BATCH, WIDTH)), DEPTH, rng))
            moments, norms, _ = _stack.run(name, lambda _, w=weights: next(w), rng)
        else:
            gain = float(kind)
            draw = lambda rng, gain=gain: orthogonal(WIDTH, WIDTH, rng, gain)  # noqa: E731
            moments, norms, _ = _stack.run(name, draw, rng)
        pairs.append((moments[-1] / moments[0], norms[0] / norms[-1]))
    return Spread(m for m, _ in pairs), Spread(g for _, g in pairs)


@cache
def _lsuv_samples(name: str) -> Spread:
    """Of layer DEPTH of an LSUV stack: std of z between the samples, a mean over the units."""
    phi, found = _stack.FUNCTIONS[name][0], []
    for rng in kit.seeds(RUNS):
        weights = lsuv(phi, rng.normal(size=(BATCH, WIDTH)), DEPTH, rng)
        h = rng.normal(size=(BATCH, WIDTH))
        for weight in weights:
            z = h @ weight.T
            h = phi(z)
        found.append(z.std(axis=0).mean())
    return Spread(found)


def table_modern(tr: Tr) -> Table:
    def gaussian(name: str, gain: float) -> tuple[Spread, Spread]:
        moments, norms = _stack.gained(name, gain)
        return _stack.growth(moments), _stack.ratio(norms)

    root = str(2**0.5)
    rows = [
        (tr("普通 ReLU：He，高斯", "plain ReLU: He, Gaussian"), *gaussian("ReLU", 2**0.5)),
        (tr("普通 ReLU：正交 × √2", "plain ReLU: orthogonal × √2"), *_plain("ReLU", root)),
        (tr("普通 tanh：Xavier，高斯", "plain tanh: Xavier, Gaussian"), *gaussian("tanh", 1.0)),
        (tr("普通 tanh：正交", "plain tanh: orthogonal"), *_plain("tanh", "1.0")),
        (tr("普通 tanh：LSUV", "plain tanh: LSUV"), *_plain("tanh", "lsuv")),
        (tr("普通 sigmoid：LSUV", "plain sigmoid: LSUV"), *_plain("sigmoid", "lsuv")),
        (tr("残差，支路不缩放", "residual, branch unscaled"), *_branches("unscaled")),
        (tr("残差，支路 × 1/√N", "residual, branch × 1/√N"), *_branches("scaled")),
        (tr("残差，支路的 V 为 0", "residual, V of the branch 0"), *_branches("zero")),
        (tr("残差，pre-LN", "residual, pre-LN"), *_branches("pre")),
    ]
    return Table(
        [
            tr("网络与初始化", "network and initialisation"),
            Col(tr("前向二阶矩：末 / 首", "second moment forward: last / first"), format=".2g"),
            Col(tr("梯度范数：首 / 末", "gradient norm: first / last"), format=".2g"),
        ],
        [list(row) for row in rows],
        caption=tr(
            f"{DEPTH} 层（残差：N = {DEPTH} 块 h + V ReLU(W h)，W 为 He，V 标准差 1/√n），"
            f"宽 {WIDTH}，均值 [最小, 最大]，{RUNS} 次初始化；普通网络在 z 处量，"
            "残差网络在 h 处量（V 为 0 时支路内部的梯度是 0）",
            f"{DEPTH} layers (residual: N = {DEPTH} blocks h + V ReLU(W h), W by He, V of std "
            f"1/√n), width {WIDTH}, mean [smallest, largest] of {RUNS} initialisations; measured "
            "at z in plain and at h in residual networks (with V at 0 the gradient inside a "
            "branch is 0)",
        ),
    )


def value_modern() -> dict[str, object]:
    return {
        **{name: _branches(name)[1] for name in BRANCHES},
        "unscaled_theory": 2 ** (DEPTH / 2),
        "scaled_theory": (1 + 1 / DEPTH) ** (DEPTH / 2),
        "layers": DEPTH,
        "orthogonal": _plain("ReLU", str(2**0.5))[1],
        "lsuv_sigmoid": _plain("sigmoid", "lsuv")[1],
        "lsuv_sigmoid_samples": _lsuv_samples("sigmoid"),
        "lsuv_tanh": _plain("tanh", "lsuv")[1],
        "lsuv_tanh_samples": _lsuv_samples("tanh"),
    }
