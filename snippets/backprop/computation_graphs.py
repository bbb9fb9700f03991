"""Computation graphs: layers that know their forward and their backward pass."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.sigmoid_tanh import sigmoid
from snippets.activations.softmax import softmax
from snippets.kit import Check, Formula, Table, Tr

X = np.array([[1.0, 2.0], [3.0, 4.0]])
W = np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.0]])
B = np.array([0.5, 0.0, -0.5])
G = np.array([[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]])
"""The worked example of the affine layer; G is the gradient that arrives from above."""


class Affine:
    """Y = X W + b for a batch: X (N, D), W (D, H), b (H,), Y (N, H).

    ValueError: shapes that do not fit.
    """

    def __init__(self, W: np.ndarray, b: np.ndarray) -> None:
        self.W, self.b = W, b

    def forward(self, X: np.ndarray) -> np.ndarray:
        if X.ndim != 2 or X.shape[1] != self.W.shape[0] or self.b.shape != self.W.shape[1:]:
            raise ValueError(f"shapes do not fit: X {X.shape}, W {self.W.shape}, b {self.b.shape}")
        self.X = X  # dW needs it
        return X @ self.W + self.b

    def backward(self, G: np.ndarray) -> np.ndarray:
        """Takes dL/dY, keeps dL/dW and dL/db, returns dL/dX."""
        self.dW = self.X.T @ G
        self.db = G.sum(axis=0)  # b was copied to every row, so its gradients add up
        return G @ self.W.T


class Sigmoid:
    """Element by element; keeps its output, which is all that the slope needs."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.y = sigmoid(x)
        return self.y

    def backward(self, g: np.ndarray) -> np.ndarray:
        return g * self.y * (1 - self.y)


class ReLU:
    """Element by element; keeps where the input was positive."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.positive = x > 0
        return np.maximum(x, 0.0)  # nan stays nan

    def backward(self, g: np.ndarray) -> np.ndarray:
        return g * self.positive


class SoftmaxWithLoss:
    """Softmax and mean cross-entropy in one node: logits z and targets t, both (N, K).

    The rows of t add up to 1 (one-hot, or probabilities).  ValueError: shapes that differ, as
    those of class numbers (N,) do.
    """

    def forward(self, z: np.ndarray, t: np.ndarray) -> float:
        if z.ndim != 2 or z.shape != t.shape:
            raise ValueError(f"logits {z.shape} and targets {t.shape} must both be (N, K)")
        self.p, self.t = softmax(z), t
        m = z.max(axis=1, keepdims=True)
        log_p = z - m - np.log(np.exp(z - m).sum(axis=1, keepdims=True))
        return float(-(t * log_p).sum() / len(z))

    def backward(self) -> np.ndarray:
        return (self.p - self.t) / len(self.t)


class MeanSquaredWithLoss:
    """Mean of the squared differences of y and t over all elements, as in `F.mse_loss`.

    ValueError: shapes that differ (NumPy would stretch (N, 1) and (N,) to (N, N)).
    """

    def forward(self, y: np.ndarray, t: np.ndarray) -> float:
        if y.shape != t.shape:
            raise ValueError(f"outputs {y.shape} and targets {t.shape} must have one shape")
        self.difference = y - t
        return float((self.difference**2).mean())

    def backward(self) -> np.ndarray:
        return 2 * self.difference / self.difference.size


def train_step_gradients(x, t, W1, b1, W2, b2):
    """Loss and gradients of a network affine, sigmoid, affine, softmax with loss.

    The layers in order, then the same layers in reverse order; the parameters are left alone.
    """
    layers = [Affine(W1, b1), Sigmoid(), Affine(W2, b2)]
    loss = SoftmaxWithLoss()
    a = x
    for layer in layers:
        a = layer.forward(a)
    value = loss.forward(a, t)
    g = loss.backward()
    for layer in reversed(layers):
        g = layer.backward(g)
    first, _, second = layers
    return value, (first.dW, first.db, second.dW, second.db)


def torch_affine(X, W, b):
    """The same in PyTorch, from tensors; `nn.Linear` keeps W transposed, as (H, D)."""
    import torch.nn.functional as F

    return F.linear(X, W.T, b)


def torch_sigmoid_function():
    """A sigmoid with a backward pass of its own, as PyTorch lets you write any node."""
    import torch

    class MySigmoid(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = 1 / (1 + torch.exp(-x))
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            (y,) = ctx.saved_tensors
            return g * y * (1 - y)

    return MySigmoid.apply


def torch_accumulation() -> list[float]:
    """The gradient of w after one backward pass, after a second one, after clearing and a sum."""
    import torch

    w = torch.tensor(1.0, requires_grad=True)
    x = torch.tensor([1.0, 2.0, 3.0, 4.0])
    seen = []
    for _ in range(2):
        ((w * x) ** 2).mean().backward()  # a new graph each time
        seen.append(w.grad.item())  # it adds to what is there
    w.grad = None  # what optimizer.zero_grad() does
    ((w * x) ** 2).sum().backward()
    seen.append(w.grad.item())
    return seen


# --------------------------------------------------------------------------- formulas

_N = kit.integer(("样本数", "number of examples"), 1, 4)
_D = kit.integer(("输入维数", "number of inputs"), 1, 4)
_H = kit.integer(("输出维数", "number of outputs"), 1, 4)
_I, _J = kit.index(("样本", "example"), "N"), kit.index(("输出", "output"), "H")


def _by_autograd(function, wrt: str):
    """The derivative of <g, function> by one argument, by autograd; g arrives from above."""

    def slope(**values):
        import torch

        t = {k: torch.tensor(np.asarray(v, dtype=float)) for k, v in values.items()}
        t[wrt].requires_grad_()
        g = t.pop("g")
        (g * function(**t)).sum().backward()
        return t[wrt].grad.numpy()

    return slope


formula_affine = Formula(
    r"Y_{ij} = \sum_{k=1}^{D} X_{ik}\,W_{kj} + b_j",
    {
        "X": kit.array(("一批输入", "a batch of inputs"), ("N", "D"), -3, 3),
        "W": kit.array(("权重", "weights"), ("D", "H"), -2, 2),
        "b": kit.array(("偏置，加到每一行", "biases, added to every row"), ("H",), -2, 2),
        "N": _N,
        "D": _D,
        "H": _H,
        "i": _I,
        "j": _J,
    },
    equals=lambda X, W, b: Affine(W, b).forward(X),
)

formula_affine_backward = Formula(
    r"\begin{aligned} \frac{\partial L}{\partial X} &= G\,W^\top \\"
    r" \frac{\partial L}{\partial W} &= X^\top G \\"
    r" \frac{\partial L}{\partial b_j} &= \sum_{i=1}^{N} G_{ij} \end{aligned}",
    {
        "G": kit.array(
            ("从上游传来的 ∂L/∂Y，形状与 Y 相同", "∂L/∂Y from upstream, of the shape of Y"),
            ("N", "H"),
            -2,
            2,
        ),
        "X": kit.array(("一批输入", "a batch of inputs"), ("N", "D"), -3, 3),
        "W": kit.array(("权重", "weights"), ("D", "H"), -2, 2),
        "N": _N,
        "D": _D,
        "H": _H,
        "j": _J,
    },
    equals={
        r"\frac{\partial L}{\partial X}": lambda G, X, W: _by_autograd(lambda X, W: X @ W, "X")(
            g=G, X=X, W=W
        ),
        r"\frac{\partial L}{\partial W}": lambda G, X, W: _by_autograd(lambda X, W: X @ W, "W")(
            g=G, X=X, W=W
        ),
        r"\frac{\partial L}{\partial b_j}": lambda G, X, W: _by_autograd(
            lambda X, W, b: X @ W + b, "b"
        )(g=G, X=X, W=W, b=np.zeros(W.shape[1])),
    },
    samples=60,
)


# --------------------------------------------------------------------------- evidence


def check_affine() -> Check:
    """The example and twenty random layers: Y, dX, dW, db."""
    import torch

    pairs = []
    cases = [(X, W, B, G)]
    for rng in kit.seeds(20):
        n, d, h = rng.integers(1, 7, 3)
        cases.append(tuple(rng.normal(size=s) for s in ((n, d), (d, h), (h,), (n, h))))
    for x, w, b, g in cases:
        layer = Affine(w, b)
        tensors = [torch.tensor(v, requires_grad=True) for v in (x, w, b)]
        y = torch_affine(*tensors)
        y.backward(torch.tensor(g))
        pairs.append((layer.forward(x), y.detach()))
        pairs.append((layer.backward(g), tensors[0].grad))
        pairs += [(layer.dW, tensors[1].grad), (layer.db, tensors[2].grad)]
    return kit.compare(
        ("PyTorch 的 `F.linear` 与 `Y.backward(G)`", "PyTorch's `F.linear` and `Y.backward(G)`"),
        pairs,
        tolerance=1e-13,
    )


def _written(a: np.ndarray) -> str:
    """A matrix or a vector as text, in brackets."""
    if a.ndim == 1:
        return f"[{', '.join(f'{v:g}' for v in a)}]".replace("-", "−")
    return f"[{', '.join(_written(row) for row in a)}]"


def table_affine(tr: Tr) -> Table:
    layer = Affine(W, B)
    Y = layer.forward(X)
    dX = layer.backward(G)
    rows = [
        ["$X$", X, tr("给定", "given")],
        ["$W$", W, tr("给定", "given")],
        ["$b$", B, tr("给定", "given")],
        ["$Y$", Y, tr("$X W$ 每行加 $b$", "$X W$, plus $b$ in every row")],
        ["$G$", G, tr("给定：从上游传来", "given: from upstream")],
        [r"$\partial L / \partial X$", dX, r"$G\,W^\top$"],
        [r"$\partial L / \partial W$", layer.dW, r"$X^\top G$"],
        [r"$\partial L / \partial b$", layer.db, tr("$G$ 的各行相加", "sum of the rows of $G$")],
    ]
    return Table(
        [tr("量", "quantity"), tr("形状", "shape"), tr("值", "value"), tr("怎么来的", "from")],
        [[name, str(a.shape), _written(a), source] for name, a, source in rows],
        caption=tr(
            "仿射层的一个例子：两个样本，两个输入，三个输出",
            "An affine layer: two examples, two inputs, three outputs",
        ),
    )
