"""The recurrent cell in numbers: three steps forward, three back, drawn beside a tree."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.architectures.rnn import rnn_backward, rnn_forward, torch_rnn, torch_truncated
from snippets.foundations._network_families_drawings import edge, node
from snippets.kit import Col, Figure, Table, Tr

X = np.array([[1.0, -1.0], [0.0, 1.0], [1.0, 0.0]])  # three inputs of two numbers
W_X, W_H, H_0 = np.array([[0.2, 0.4]]), np.array([[0.6]]), 0.5


@cache
def example() -> dict[str, np.ndarray]:
    """One unit, three steps, the loss is the last state."""
    h = rnn_forward(X[:, None], np.full((1, 1), H_0), W_X, W_H, np.zeros(1))
    g = np.zeros((3, 1, 1))
    g[-1] = 1.0
    grads = rnn_backward(X[:, None], h, W_X, W_H, g)
    delta = grads["x"][:, 0, 0] / W_X[0, 0]
    states = h[:, 0, 0]
    return {
        "z": np.arctanh(states[1:]),
        "h": states,
        "delta": delta,
        "part": delta * states[:-1],
        "W_h": grads["W_h"],
        "h_0": grads["h_0"],
    }


def value_example() -> dict[str, float]:
    found = example()
    return {
        "z": found["z"][0],
        "h": found["h"][1],
        "h_0": H_0,
        "weight": float(W_H[0, 0]),
        "w_1": float(W_X[0, 0]),
        "w_2": float(W_X[0, 1]),
        "grad": float(found["W_h"][0, 0]),
        "grad_h_0": float(found["h_0"][0, 0]),
    }


def table_steps(tr: Tr) -> Table:
    found = example()
    rows = [
        [
            t + 1,
            f"({X[t, 0]:g}, {X[t, 1]:g})".replace("-", "−"),
            found["z"][t],
            found["h"][t + 1],
            1 - found["h"][t + 1] ** 2,
            found["delta"][t],
            found["part"][t],
        ]
        for t in range(3)
    ]
    return Table(
        [
            Col(tr.name("t"), format="d"),
            "$x_t$",
            Col("$z_t$", format=".4f"),
            Col("$h_t$", format=".4f"),
            Col("$1 - h_t^2$", format=".4f"),
            Col("$\\delta_t$", format=".4f"),
            Col("$\\delta_t h_{t-1}$", format=".4f"),
        ],
        rows,
        caption=tr(
            "三步的循环网络：左边四列自上而下算（z 是 tanh 之前的值），右边两列自下而上算",
            "A recurrent network over three steps: the left columns are computed downwards (z "
            "before the tanh), the two on the right upwards",
        ),
    )


def value_truncated() -> dict[str, object]:
    """nn.RNN, 60 steps: the gradient of W_h in full, and cut after every so many steps."""
    import torch

    cuts = (1, 5, 20, 60)
    found: dict[str, list[float]] = {str(cut): [] for cut in cuts}
    for rng in kit.seeds(5):
        given = [
            torch.tensor(rng.normal(size=shape) * scale)
            for shape, scale in (
                ((60, 1, 4), 1),
                ((1, 16), 0),
                ((16, 4), 0.3),
                ((16, 16), 0.25),
                ((16,), 0),
            )
        ]
        layer = torch_rnn(*given)[1]
        direction = torch.tensor(rng.normal(size=16))
        gradients = {}
        for cut in cuts:
            layer.zero_grad()
            torch_truncated(layer, given[0], lambda h, r=direction: (h @ r).sum(), cut)
            gradients[cut] = layer.weight_hh_l0.grad.clone()
        full = gradients[60]
        for cut in cuts:
            found[str(cut)].append(float((gradients[cut] - full).norm() / full.norm()))
    return {name: kit.Spread(values) for name, values in found.items()} | {
        "runs": 5,
        "length": cuts[-1],
        "long": cuts[-2],
    }


# --------------------------------------------------------------------------- drawn

WORDS = 4


_SUB = "₀₁₂₃₄"


def figure_unrolled(tr: Tr) -> Figure:
    canvas, (chain, tree) = kit.canvas(1, 2, height=2.7, width_ratios=(2.5, 1))
    for axes in (chain, tree):
        axes.axis("off")
        axes.set_ylim(-0.55, 2.75)
    chain.set_title(tr("循环：沿时间展开", "recurrent: unrolled in time"))
    chain.set_xlim(-0.55, WORDS + 0.5)
    forward, backward = [], []
    for t in range(1, WORDS + 1):
        forward += [(f"h{t - 1}", f"h{t}"), (f"x{t}", f"h{t}"), (f"h{t}", f"L{t}")]
        backward += [(f"L{t}", f"h{t}"), (f"h{t}", f"h{t - 1}")]
        edge(chain, (t - 1, 1.1), (t, 1.1), kit.BLUE, bend=-0.25)
        edge(chain, (t, 1.1), (t - 1, 1.1), kit.ORANGE, kit.LINES[1], bend=-0.25)
        edge(chain, (t, 0), (t, 1.1), kit.GREEN)
        edge(chain, (t, 1.1), (t, 2.2), kit.MUTED, bend=-0.2)
        edge(chain, (t, 2.2), (t, 1.1), kit.ORANGE, kit.LINES[1], bend=-0.2)
    for t in range(WORDS + 1):
        node(chain, t, 1.1, f"h{_SUB[t]}", kit.INK)
        if t:
            node(chain, t, 0, f"x{_SUB[t]}", kit.INK)
            node(chain, t, 2.2, f"L{_SUB[t]}", kit.INK)
    chain.text(0.5, 1.5, "$W_h$", ha="center", fontsize=9)
    chain.text(0.86, 0.5, "$W_x$", ha="right", va="center", fontsize=9)
    tree.set_title(tr("递归：沿一棵树", "recursive: a tree"))
    tree.set_xlim(0.3, WORDS + 0.7)
    joined = [("x1", "p"), ("x2", "p"), ("x3", "q"), ("x4", "q"), ("p", "r"), ("q", "r")]
    place = {f"x{i}": (float(i), 0.0) for i in range(1, WORDS + 1)}
    place |= {"p": (1.5, 1.1), "q": (3.5, 1.1), "r": (2.5, 2.2)}
    for below, above in joined:
        edge(tree, place[below], place[above], kit.BLUE)
    for name, (x, y) in place.items():
        label = f"x{_SUB[int(name[1])]}" if name[0] == "x" else "h"
        node(tree, x, y, label, kit.INK)
    return Figure(
        canvas,
        caption=tr(
            "左：同一个单元重复四次，每一步都用同一组权重；实线是前向，虚线是梯度，"
            "沿时间逆着走，每退一步乘一次状态的权重。"
            "右：递归网络沿一棵树（如句法树）合成，是另一种网络。",
            "Left: one cell, four times, with the same weights at every step. Solid: forward. "
            "Dashed: the gradient, back in time, once through the weights of the "
            "state for every step. Right: a "
            "recursive network composes up a tree, such as a parse; a different kind of network.",
        ),
        alt=tr(
            "左图：h₀ 到 h₄ 排成一行，每个 h 下面连着输入 x，上面连着损失 L，"
            "虚线箭头从每个 L 回到 h，再从右向左经过所有 h。右图：四个输入两两合成，再合成一个根。",
            "Left: h₀ to h₄ in a row, below each an input x, above it a loss L; dashed arrows lead "
            "from each L to its h and then leftwards through all h. Right: four inputs join in "
            "pairs, the pairs at a root.",
        ),
        data={"forward": forward, "backward": backward, "tree": joined},
    )
