"""Derivatives of softmax: its Jacobian, the product with it, the gradient of a loss behind it."""

from __future__ import annotations

from snippets import kit
from snippets.activations._softmax_examples import LOGITS
from snippets.activations.softmax import (
    CLASS,
    SOFTMAX,
    N,
    Z,
    logsumexp,
    softmax,
    softmax_jacobian,
    softmax_vjp,
    torch_logsumexp,
    torch_softmax,
)
from snippets.kit import Check, Col, Formula, Table, Tr

formula_jacobian = Formula(
    r"\frac{\partial p(z)_i}{\partial z_j} = p(z)_i\,(\mathbf{1}[i = j] - p(z)_j)",
    {
        "p": kit.function(("softmax", "softmax"), softmax),
        "z": Z,
        "n": N,
        "i": CLASS,
        "j": kit.index(("类别，可与 i 相同", "a class, maybe the same as i"), "n"),
    },
    derivative_of=lambda z: softmax(z),
    autograd=lambda z: torch_softmax(z),
    wrt="z",
    samples=50,
)

formula_jacobian_matrix = Formula(
    r"p = \operatorname{softmax}(z), \quad J = \operatorname{diag}(p) - p\,p^\top",
    {"z": Z, "n": N, r"\operatorname{softmax}": SOFTMAX},
    equals={"p": lambda z: softmax(z), "J": lambda z: softmax_jacobian(z)},
)

formula_vjp = Formula(
    r"(\operatorname{diag}(p) - p p^\top)\, g = p \odot (g - p^\top g)",
    {
        "p": kit.array(("softmax 的输出", "the output of softmax"), ("n",), 0, 1),
        "g": kit.array(
            ("损失对 p 的梯度", "gradient of the loss with respect to p"), ("n",), -3, 3
        ),
        "n": N,
    },
)

formula_lse_gradient = Formula(
    r"\frac{\partial \operatorname{LSE}(z)}{\partial z_i} = \operatorname{softmax}(z)_i",
    {"z": Z, "n": N, "i": CLASS, r"\operatorname{softmax}": SOFTMAX},
    derivative_of=lambda z: logsumexp(z),
    autograd=lambda z: torch_logsumexp(z),
    wrt="z",
    samples=50,
)

formula_loss_gradient = Formula(
    r"\frac{\partial L}{\partial z_i} = \operatorname{softmax}(z)_i - \mathbf{1}[i = y]",
    {
        "z": kit.array(("logits，共三类", "the logits of three classes"), (3,), -3, 3),
        "y": kit.integer(("正确的类别", "the correct class"), 1, 3),
        "i": kit.index(("类别", "a class"), 3),
        r"\operatorname{softmax}": SOFTMAX,
    },
    derivative_of=lambda z, y: logsumexp(z) - z[int(y) - 1],
    autograd=lambda z, y: torch_logsumexp(z) - z[int(y) - 1],
    wrt="z",
    samples=50,
)


def check_gradient() -> Check:
    """The Jacobian, and the gradient that is computed without it, against autograd."""
    import torch

    pairs = []
    for rng in kit.seeds(20):
        z, g = rng.normal(0, 2, 6), rng.normal(size=6)
        jacobian = torch.autograd.functional.jacobian(torch_softmax, torch.tensor(z))
        pairs += [(softmax_jacobian(z), jacobian), (softmax_vjp(g, z), torch.tensor(g) @ jacobian)]
    return kit.compare(("PyTorch 的自动求导", "PyTorch's autograd"), pairs, tolerance=1e-14)


def table_jacobian(tr: Tr) -> Table:
    heads = [Col(f"$z_{j}$", format=".4f") for j in (1, 2, 3)]
    rows = [
        [f"$p_{i}$", *row, row.sum().round(12) + 0.0]
        for i, row in enumerate(softmax_jacobian(LOGITS), 1)
    ]
    return Table(
        [tr("偏导数", "derivative"), *heads, Col(tr("行和", "row sum"), format="g")],
        rows,
        caption=tr(
            "z = (1, 2, 3) 处的雅可比矩阵：行是被求导的概率，列是对哪个 logit 求导",
            "The Jacobian at z = (1, 2, 3): a row for each probability, a column for each logit "
            "it is differentiated with respect to",
        ),
    )
