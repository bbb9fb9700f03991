"""Softmax in front of a loss: taken apart from the logarithm, and applied once too often."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations._softmax_examples import FAR, SURE
from snippets.activations.softmax import SOFTMAX, N, torch_softmax
from snippets.kit import Formula

formula_floor = Formula(
    r"-\ln \operatorname{softmax}(p)_y \ge \ln\left(1 + \frac{n - 1}{e}\right)",
    {
        "p": kit.array(
            ("已经是概率的一组数", "numbers that already are probabilities"), ("n",), 0, 1
        ),
        "n": N,
        "y": kit.index(("正确的类别", "the correct class"), "n"),
        r"\operatorname{softmax}": SOFTMAX,
    },
)


def value_log() -> dict[str, str]:
    """Loss of class 2 of the float32 logits FAR and its gradient by them, in two ways, as text.

    ``apart`` takes softmax and then the logarithm, ``together`` log_softmax.
    """
    import torch
    import torch.nn.functional as F

    result: dict[str, str] = {}
    ways = {"apart": lambda z: F.softmax(z, -1).log(), "together": lambda z: F.log_softmax(z, -1)}
    for name, log_p in ways.items():
        z = torch.tensor(FAR, dtype=torch.float32, requires_grad=True)
        loss = -log_p(z)[1]
        loss.backward()
        result[name] = f"{loss.item():g}".replace("inf", "∞")
        shown = (f"{slope:g}".replace("-", "−") for slope in z.grad.tolist())
        result[f"{name}_gradient"] = f"({', '.join(shown)})"
    return result


def value_double() -> dict[str, float]:
    """Cross-entropy of class 1 of the logits (8, 0, 0), and of what softmax makes of them."""
    import torch
    import torch.nn.functional as F

    z, y = torch.tensor(SURE[None]), torch.tensor([0])
    return {
        "once": F.cross_entropy(z, y).item(),
        "twice": F.cross_entropy(torch_softmax(z), y).item(),
        "floor": float(np.log(1 + 2 / np.e)),
    }
