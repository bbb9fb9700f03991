"""What batch normalisation does about explosion, and what scaling the data does not."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from snippets import kit
from snippets.activations.relu import relu, relu_grad
from snippets.gradients_init.initialisation import second_moment
from snippets.kit import Col, Formula, Spread, Table, Tr

DEPTH, WIDTH, BATCH, RUNS = 50, 64, 256, 5
SCALES = (0.5, 1.0, 2.0)


def _ratio(
    scale: float, norm: bool, rng: np.random.Generator, size: float = 1.0, skip: bool = False
) -> float:
    """First over last ‖∂L/∂z‖ of ReLU layers, weights scale times He, inputs from N(0, size²)."""
    import torch
    import torch.nn.functional as F

    h, kept = torch.tensor(size * rng.normal(size=(BATCH, WIDTH))), []
    for layer in range(DEPTH):
        weight = torch.tensor(rng.normal(0.0, scale * (2 / WIDTH) ** 0.5, (WIDTH, WIDTH)))
        z = h @ weight.T
        if norm:
            z = F.batch_norm(z, None, None, training=True)
        if layer in (0, DEPTH - 1):
            kept.append(z.requires_grad_())
        h = h + torch.relu(z) if skip else torch.relu(z)
    loss = (h * torch.tensor(rng.normal(size=(BATCH, WIDTH)))).sum()
    first, last = torch.autograd.grad(loss, kept)
    return float(first.norm() / last.norm())


@cache
def _ratios(scale: float, norm: bool, size: float = 1.0, skip: bool = False) -> Spread:
    return Spread(_ratio(scale, norm, rng, size, skip) for rng in kit.seeds(RUNS))


def table_batch_norm(tr: Tr) -> Table:
    def factor(scale: float) -> float:
        return float(_ratios(scale, True).mean ** (1 / (DEPTH - 1)))

    return Table(
        [
            tr("权重", "weights"),
            Col(tr("无归一化", "no normalisation"), format=".1e"),
            Col(tr("批归一化", "batch normalisation"), format=".1e"),
            Col(tr("每层的因子", "factor a layer"), format=".3f"),
        ],
        [
            [
                tr(f"He × {scale:g}", f"He × {scale:g}"),
                _ratios(scale, False).mean,
                _ratios(scale, True),
                factor(scale),
            ]
            for scale in SCALES
        ],
        caption=tr(
            f"{DEPTH} 层 ReLU、每层 {WIDTH} 个单元、批大小 {BATCH}：∂L/∂z 的范数，首层 / 末层；"
            f"均值，批归一化一列另有 [最小, 最大]，{RUNS} 次初始化",
            f"{DEPTH} ReLU layers of {WIDTH} units, batch size {BATCH}: norm of ∂L/∂z, first / "
            f"last layer; mean, with batch normalisation also [smallest, largest], of {RUNS} "
            "initialisations",
        ),
    )


def value_batch_norm() -> dict[str, object]:
    plain, normed = _ratios(2.0, False), _ratios(2.0, True)
    return {
        "layers": DEPTH,
        "plain": plain,
        "small": _ratios(0.5, False),
        "normed": normed,
        "skip": _ratios(2.0, True, skip=True),
        "factor": normed.mean ** (1 / (DEPTH - 1)),
        "theory": math.sqrt(math.pi / (math.pi - 1)),
    }


def value_scaled_data() -> dict[str, Spread]:
    """Ratios of the net with twice He for inputs of std 0.01, 1 and 100."""
    return {
        "hundredth": _ratios(2.0, False, 0.01),
        "unit": _ratios(2.0, False),
        "hundred": _ratios(2.0, False, 100.0),
    }


def _relu_variance() -> float:
    nodes, shares = np.polynomial.legendre.leggauss(200)
    z = 5 * (nodes + 1)
    mean = float(5 * shares @ (z * np.exp(-(z**2) / 2)) / math.sqrt(2 * math.pi))
    return second_moment(relu) - mean**2


formula_batch_norm = Formula(
    r"\sqrt{\frac{\operatorname{E}(\operatorname{ReLU}'(z)^2)}"
    r"{\operatorname{Var}(\operatorname{ReLU}(z))}}"
    r" = \sqrt{\frac{1/2}{1/2 - 1/(2\pi)}} = \sqrt{\frac{\pi}{\pi - 1}} \approx 1.211",
    {"z": kit.scalar(("预激活值，服从 N(0, 1)", "pre-activation, from N(0, 1)"), -1, 1)},
    equals=lambda: math.sqrt(second_moment(relu_grad) / _relu_variance()),
)
