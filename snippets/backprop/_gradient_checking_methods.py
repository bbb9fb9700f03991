"""Ways to compute a gradient: evaluations counted, errors measured on one small network."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np

from snippets import kit
from snippets.backprop.gradient_checking import (
    complex_step_gradient,
    forward_gradient,
    numerical_gradient,
)
from snippets.kit import Col, Table, Tr

SIZES = (3, 4, 2)
COUNT = SIZES[0] * SIZES[1] + SIZES[1] + SIZES[1] * SIZES[2] + SIZES[2]
BIG = (784, 50, 10)


class _Counted:
    """The squared error of a 3-4-2 tanh network as a function of its COUNT parameters."""

    def __init__(self) -> None:
        rng = next(kit.seeds(1, base=7))
        self.x, self.y = rng.normal(size=SIZES[0]), rng.normal(size=SIZES[2])
        self.theta = rng.normal(size=COUNT)
        self.calls = 0

    def __call__(self, theta: np.ndarray, tanh=np.tanh):
        self.calls += 1
        i, h, o = SIZES
        W1, rest = theta[: h * i].reshape(h, i), theta[h * i :]
        b1, rest = rest[:h], rest[h:]
        W2, b2 = rest[: o * h].reshape(o, h), rest[o * h :]
        d = W2 @ tanh(W1 @ self.x + b1) + b2 - self.y
        return d @ d

    def exact(self) -> np.ndarray:
        """The gradient to some thirty digits, rounded once."""
        tanh = np.vectorize(mpmath.tanh, otypes=[object])
        with mpmath.workdps(60):
            theta = np.array([mpmath.mpf(float(v)) for v in self.theta], dtype=object)
            h = mpmath.mpf(10) ** -20
            found = []
            for k in range(COUNT):
                above, below = theta.copy(), theta.copy()
                above[k], below[k] = theta[k] + h, theta[k] - h
                found.append(float((self(above, tanh) - self(below, tanh)) / (2 * h)))
        return np.array(found)

    def torch(self) -> np.ndarray:
        import torch

        theta = torch.tensor(self.theta, requires_grad=True)
        i, h, o = SIZES
        W1, b1, W2, b2 = torch.split(theta, [h * i, h, o * h, o])
        hidden = torch.tanh(W1.reshape(h, i) @ torch.tensor(self.x) + b1)
        ((W2.reshape(o, h) @ hidden + b2 - torch.tensor(self.y)) ** 2).sum().backward()
        return theta.grad.numpy()


@cache
def _measured() -> dict[str, tuple[int, float]]:
    """Of each method: evaluations of the loss, largest error of a component."""
    exact = _Counted().exact()
    found = {}
    for name, method in (
        ("forward", forward_gradient),
        ("central", numerical_gradient),
        ("complex", complex_step_gradient),
    ):
        loss = _Counted()
        gradient = method(loss, loss.theta)
        found[name] = (loss.calls, float(np.abs(gradient - exact).max()))
    found["reverse"] = (1, float(np.abs(_Counted().torch() - exact).max()))
    return found


def table_methods(tr: Tr) -> Table:
    m = _measured()
    rows = [
        [
            tr("前向差分", "forward difference"),
            tr("$n + 1$ 次前向", "$n + 1$ forward passes"),
            m["forward"][0],
            "$O(h)$",
            m["forward"][1],
            tr("粗略估计", "a rough look"),
        ],
        [
            tr("中心差分", "central difference"),
            tr("$2n$ 次前向", "$2n$ forward passes"),
            m["central"][0],
            "$O(h^2)$",
            m["central"][1],
            tr("核对梯度", "checking gradients"),
        ],
        [
            tr("复数步长", "complex step"),
            tr("$n$ 次复数前向", "$n$ forward passes, complex"),
            m["complex"][0],
            tr("只剩舍入", "rounding only"),
            m["complex"][1],
            tr("解析函数的精确核对", "exact checks, analytic functions"),
        ],
        [
            tr("反向模式（反向传播）", "reverse mode (backpropagation)"),
            tr("前向、反向各一次", "one forward, one backward"),
            m["reverse"][0],
            tr("只剩舍入", "rounding only"),
            m["reverse"][1],
            tr("训练", "training"),
        ],
    ]
    return Table(
        [
            tr("方法", "method"),
            tr("代价，$n$ 个参数", "cost, $n$ parameters"),
            Col(tr("这里的前向次数", "forward passes here"), format="d"),
            tr("误差", "error"),
            Col(tr("这里的误差", "error here"), format=".0e"),
            tr("用途", "use"),
        ],
        rows,
        caption=tr(
            f"四种算法在一个随机的 3-4-2 tanh 网络（{COUNT} 个参数，float64）上：次数是数出来的；"
            "误差是各分量中最大的，对照 60 位十进制数的结果；步长依次为 1e-8、1e-5、1e-30",
            f"Four ways on one random 3-4-2 tanh network ({COUNT} parameters, float64): passes are "
            "counted; errors are the largest of any component, against a result in 60 decimal "
            "digits; the steps are 1e-8, 1e-5 and 1e-30",
        ),
    )


def value_cost() -> dict[str, float]:
    """The 784-50-10 network: parameters, passes, and multiplications of one backward pass."""
    i, h, o = BIG
    parameters = i * h + h + h * o + o
    forward = i * h + h * o  # a matrix product each, per example
    backward = i * h + h * o + h * o  # dW of both layers, dX of the second only
    return {
        "parameters": parameters,
        "central": 2 * parameters,
        "forward": forward,
        "backward": backward,
        "together": (forward + backward) / forward,
        "n": COUNT,
    }
