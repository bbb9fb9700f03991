"""Residual connections: what they do to the gradient, and what they do not promise."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check, Col, Formula, Table, Tr

BLOCKS = 50
SLOPES = (-2.0, -1.5, -1.0, -0.5, -0.02, 0.0, 0.02, 1.0)


def jacobian_product(weights, x, skip=1.0):
    """Jacobian dh_L / dh_0 of blocks h <- skip h + tanh(W h), and its spectral norm on the way.

    weights: matrices (n, n); x: input (n,); skip: 1 for residual blocks, 0 for plain layers.
    Returns the Jacobian (n, n) and the norm after each block.
    """
    J, norms = np.eye(len(x)), []
    for W in weights:
        branch = np.tanh(W @ x)
        J = (skip * np.eye(len(x)) + (1 - branch**2)[:, None] * W) @ J
        x = skip * x + branch
        norms.append(np.linalg.norm(J, 2))
    return J, norms


def torch_jacobian(weights, x, skip=1.0):
    """The same Jacobian by autograd; weights (L, n, n) and x (n,) are tensors."""
    import torch

    def forward(h):
        for W in weights:
            h = skip * h + torch.tanh(W @ h)
        return h

    return torch.autograd.functional.jacobian(forward, x)


# --------------------------------------------------------------------------- formulas

_W = np.array([[0.5, -1.0, 0.3], [0.2, 0.8, -0.6], [-0.7, 0.4, 0.9]])


def _sum_jacobian(x):
    """d(x + tanh(W x)) / dx by autograd."""
    import torch

    W = torch.tensor(_W)
    return torch.autograd.functional.jacobian(
        lambda h: h + torch.tanh(W @ h), torch.tensor(np.asarray(x))
    ).numpy()


_IDENTITY = kit.constant(("单位矩阵", "the identity matrix"), np.eye(3))

formula_block = Formula(
    r"\frac{\partial y}{\partial x} = I + F'(x)",
    {
        r"\frac{\partial y}{\partial x}": kit.array(
            ("残差块 y = x + F(x) 的雅可比矩阵", "Jacobian of the residual block y = x + F(x)"),
            (3, 3),
            -3,
            3,
        ),
        "I": _IDENTITY,
        "F'": kit.function(
            (
                "残差支路的雅可比矩阵（核对时 F(x) = tanh(Wx)）",
                "Jacobian of the branch (for the check, F(x) = tanh(Wx))",
            ),
            lambda x: (1 - np.tanh(_W @ x) ** 2)[:, None] * _W,
        ),
        "x": kit.array(("块的输入", "input of the block"), (3,), -2, 2),
    },
    equals=_sum_jacobian,
)

_BRANCHES = {
    f"F_{number}": kit.array(
        (f"第 {number} 块支路的雅可比矩阵", f"Jacobian of branch {number}"), (3, 3), -1, 1
    )
    for number in (1, 2, 3)
}

formula_paths = Formula(
    r"(I + F_3)(I + F_2)(I + F_1)"
    r" = I + F_1 + F_2 + F_3 + F_2 F_1 + F_3 F_1 + F_3 F_2 + F_3 F_2 F_1",
    {"I": _IDENTITY, **_BRANCHES},
)

_LAYERS = kit.integer(("块数", "number of blocks"), 2, 60)

formula_growth = Formula(
    r"\left(1 + \frac{1}{L}\right)^L < e < 2^L",
    {"L": _LAYERS},
)

formula_normalised = Formula(
    r"\prod_{l=1}^{L} \left(1 + \frac{1}{l}\right) = L + 1",
    {"L": _LAYERS, "l": kit.index(("块", "block"), "L")},
)


# --------------------------------------------------------------------------- worked example


def table_slopes(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("支路 F(x) = ax 的 a", "a of the branch F(x) = ax"), format="g"),
            Col(tr("一块的导数", "slope of one block"), format="g"),
            Col(tr(f"{BLOCKS} 块之后", f"after {BLOCKS} blocks"), format=".2g"),
        ],
        [[a, 1 + a, (1 + a) ** BLOCKS] for a in SLOPES],
        caption=tr(
            f"{BLOCKS} 个标量残差块 y = x + ax 连乘的导数",
            f"Slope of {BLOCKS} scalar residual blocks y = x + ax in a row",
        ),
    )


def value_slopes() -> dict[str, float]:
    return {
        "cancel": (1 - 1.0) ** BLOCKS,
        "half": (1 - 0.5) ** BLOCKS,
        "double": (1 + 1.0) ** BLOCKS,
        "blocks": BLOCKS,
        "input": 2.0,
        "output": 2.0 + -2.0,
    }


def check_jacobian() -> Check:
    import torch

    pairs = []
    for rng in kit.seeds(5):
        weights, x = rng.normal(0, 0.3, (10, 6, 6)), rng.normal(size=6)
        for skip in (0.0, 0.5, 1.0):
            theirs = torch_jacobian(torch.tensor(weights), torch.tensor(x), skip)
            pairs.append((jacobian_product(weights, x, skip)[0], theirs))
    return kit.compare(("PyTorch 的自动求导", "PyTorch's autograd"), pairs)


def check_slopes() -> Check:
    import torch

    pairs = []
    for a in SLOPES:
        x = torch.ones((), dtype=torch.float64, requires_grad=True)
        y = x
        for _ in range(BLOCKS):
            y = y + a * y
        y.backward()
        pairs.append(((1 + a) ** BLOCKS, x.grad))
    return kit.compare(
        (
            "PyTorch 对同一串标量残差块的自动求导",
            "PyTorch's autograd on the same chain of scalar blocks",
        ),
        pairs,
    )
