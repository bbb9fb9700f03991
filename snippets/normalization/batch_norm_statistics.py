"""Batch norm at inference: running statistics, folding into the layer before, and the modes."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Check, Col, Formula, Table, Tr


def running_average(values: np.ndarray, start: float, momentum: float | None = 0.1) -> np.ndarray:
    """The running statistic behind each batch statistic of ``values`` (t,).

    A number for momentum gives the exponential moving average from ``start``; None gives the plain
    mean of all values so far, as momentum=None does in PyTorch, and start has no weight.
    """
    kept, running = [], float(start)
    for count, value in enumerate(values, 1):
        share = 1 / count if momentum is None else momentum
        running = (1 - share) * running + share * value
        kept.append(running)
    return np.array(kept)


def fold(
    weight: np.ndarray,
    bias: np.ndarray,
    running_mean: np.ndarray,
    running_var: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    eps: float = 1e-5,
) -> tuple[np.ndarray, np.ndarray]:
    """Weight and bias of the one layer that equals layer and batch norm at inference.

    weight is (out, in, ...) of a linear or convolutional layer, all else (out,).
    """
    scale = gamma / np.sqrt(running_var + eps)
    folded = weight * scale.reshape(-1, *[1] * (weight.ndim - 1))
    return folded, beta + scale * (bias - running_mean)


def torch_fold(conv, norm):
    """The same with PyTorch; both modules must be in eval mode."""
    import torch

    return torch.nn.utils.fuse_conv_bn_eval(conv, norm)


def use_group_norm(model, groups: int = 8):
    """Replace each nn.BatchNorm2d of a PyTorch model by a GroupNorm, in place.

    ValueError: a number of channels that the groups do not divide.
    """
    from torch import nn

    for name, child in model.named_children():
        if isinstance(child, nn.BatchNorm2d):
            setattr(model, name, nn.GroupNorm(groups, child.num_features))
        else:
            use_group_norm(child, groups)
    return model


# --------------------------------------------------------------------------- formulas

_EPS = kit.scalar(("很小的正数", "a small number"), 1e-5, 0.1)
_V = kit.scalar(("滑动方差", "running variance"), 0, 4)
_R = kit.scalar(("滑动均值", "running mean"), -3, 3)
_GAMMA = kit.scalar(("缩放", "scale"), -2, 2)
_BETA = kit.scalar(("平移", "shift"), -2, 2)


def _inference(x: float, r: float, v: float, gamma: float, beta: float, eps: float) -> float:
    import torch
    import torch.nn.functional as F

    given = [torch.tensor([float(a)], dtype=torch.float64) for a in (r, v, gamma, beta)]
    shaped = torch.tensor([[float(x)]], dtype=torch.float64)
    return float(F.batch_norm(shaped, *given, training=False, eps=float(eps)))


formula_inference = Formula(
    r"y = \gamma\,\frac{x - r}{\sqrt{v + \varepsilon}} + \beta"
    r" = \frac{\gamma}{\sqrt{v + \varepsilon}}\,x"
    r" + \left(\beta - \frac{\gamma\,r}{\sqrt{v + \varepsilon}}\right)",
    {
        "x": kit.scalar(("输入", "the input"), -5, 5),
        "r": _R,
        "v": _V,
        r"\gamma": _GAMMA,
        r"\beta": _BETA,
        r"\varepsilon": _EPS,
    },
    equals=lambda x, r, v, gamma, beta, varepsilon: _inference(x, r, v, gamma, beta, varepsilon),
)

formula_ema = Formula(
    r"r_t = (1 - \rho)^t\,r_0 + \rho \sum_{k=1}^{t} (1 - \rho)^{t-k}\,\mu_k",
    {
        "r_0": kit.scalar(("初值", "the start"), -2, 2),
        r"\mu": kit.array(("各批的统计量", "the batch statistics"), ("t",), -3, 3),
        "t": kit.integer(("批数", "number of batches"), 1, 8),
        "k": kit.index(("第几批", "a batch"), "t"),
        r"\rho": kit.scalar(("动量", "momentum"), 0.01, 0.9),
    },
    equals=lambda r_0, mu, rho: running_average(mu, r_0, float(rho))[-1],
)


def _folded(w: np.ndarray, b: float, r: float, v: float, gamma: float, beta: float, eps: float):
    one = [np.array([float(a)]) for a in (b, r, v, gamma, beta)]
    weight, bias = fold(w[None], *one, float(eps))
    return weight[0], bias[0]


formula_fold = Formula(
    r"\begin{aligned}"
    r" w' &= \frac{\gamma}{\sqrt{v + \varepsilon}}\,w \\"
    r" b' &= \beta + \frac{\gamma}{\sqrt{v + \varepsilon}}\,(b - r)"
    r" \end{aligned}",
    {
        "w": kit.array(
            ("一个输出通道的全部权重", "all weights of one output channel"), (4,), -2, 2
        ),
        "b": kit.scalar(("这个通道的偏置，没有则为 0", "its bias, 0 if there is none"), -2, 2),
        "r": _R,
        "v": _V,
        r"\gamma": _GAMMA,
        r"\beta": _BETA,
        r"\varepsilon": _EPS,
    },
    equals={
        "w'": lambda w, b, r, v, gamma, beta, varepsilon: _folded(
            w, b, r, v, gamma, beta, varepsilon
        )[0],
        "b'": lambda w, b, r, v, gamma, beta, varepsilon: _folded(
            w, b, r, v, gamma, beta, varepsilon
        )[1],
    },
)


# --------------------------------------------------------------------------- evidence


def _conv_and_norm(seed: int, dtype, bias: bool):
    """A convolution and a batch norm in eval mode with random parameters, and an input."""
    import torch
    from torch import nn

    rng = torch.Generator().manual_seed(seed)
    conv = nn.Conv2d(3, 6, 3, stride=2, padding=1, bias=bias).to(dtype).eval()
    norm = nn.BatchNorm2d(6).to(dtype).eval()
    with torch.no_grad():
        for tensor in (*conv.parameters(), *norm.parameters(), norm.running_mean):
            tensor.copy_(torch.randn(tensor.shape, generator=rng))
        norm.running_var.copy_(torch.rand(6, generator=rng) + 0.1)
        x = torch.randn(4, 3, 9, 9, generator=rng).to(dtype)
    return conv, norm, x


def check_fold() -> Check:
    import torch
    import torch.nn.functional as F

    pairs = []
    for seed in range(6):
        conv, norm, x = _conv_and_norm(seed, torch.float64, bias=bool(seed % 2))
        with torch.no_grad():
            theirs = norm(conv(x))
            bias = np.zeros(6) if conv.bias is None else conv.bias.numpy()
            weight, bias = fold(
                conv.weight.numpy(),
                bias,
                *(t.numpy() for t in (norm.running_mean, norm.running_var)),
                *(p.numpy() for p in (norm.weight, norm.bias)),
            )
            ours = F.conv2d(x, torch.tensor(weight), torch.tensor(bias), stride=2, padding=1)
            pairs += [(ours, theirs), (torch_fold(conv, norm)(x), theirs)]
    return kit.compare(
        (
            "eval 模式下 `nn.Conv2d` 后接 `nn.BatchNorm2d`，以及 `fuse_conv_bn_eval`",
            "`nn.Conv2d` followed by `nn.BatchNorm2d` in eval mode, and `fuse_conv_bn_eval`",
        ),
        pairs,
        tolerance=1e-12,
    )


def value_fold() -> dict[str, float]:
    """Largest difference in float32, over six draws; and of folding with batch statistics."""
    import torch

    single, training = 0.0, []
    for seed in range(6):
        conv, norm, x = _conv_and_norm(seed, torch.float32, bias=True)
        with torch.no_grad():
            folded = torch_fold(conv, norm)(x)
            single = max(single, float((folded - norm(conv(x))).abs().max()))
            training.append(float((folded - norm.train()(conv(x))).abs().max()))
    return {"single": single, "training": min(training)}


# --------------------------------------------------------------------------- worked example

PAIR = np.array([1.0, 3.0])


def _after(steps: int) -> tuple[float, float]:
    """Running mean and variance after ``steps`` updates with the batch (1, 3), from (0, 1)."""
    mean = running_average(np.full(steps, PAIR.mean()), 0.0)[-1]
    var = running_average(np.full(steps, PAIR.var(ddof=1)), 1.0)[-1]
    return float(mean), float(var)


def table_pair(tr: Tr) -> Table:
    rows = []
    for steps in (1, 10, 100):
        mean, var = _after(steps)
        train = (PAIR - PAIR.mean()) / np.sqrt(PAIR.var() + 1e-5)
        evaluated = (PAIR - mean) / np.sqrt(var + 1e-5)
        rows.append([steps, mean, var, *train, *evaluated])
    return Table(
        [
            tr("步数", "steps"),
            Col(tr("滑动均值", "running mean"), format=".3f"),
            Col(tr("滑动方差", "running variance"), format=".3f"),
            Col(tr("训练：1 →", "training: 1 →"), format=".3f"),
            Col(tr("训练：3 →", "training: 3 →"), format=".3f"),
            Col(tr("推理：1 →", "inference: 1 →"), format=".3f"),
            Col(tr("推理：3 →", "inference: 3 →"), format=".3f"),
        ],
        rows,
        caption=tr(
            "同一批 (1, 3) 反复训练；滑动统计量从 (0, 1) 开始，动量 0.1，γ = 1，β = 0",
            "The same batch (1, 3) over and over; running statistics from (0, 1), momentum 0.1, "
            "γ = 1, β = 0",
        ),
    )


def value_pair() -> dict[str, float]:
    mean, var = _after(100)
    first = _after(1)
    return {
        "biased": float(PAIR.var()),
        "unbiased": float(PAIR.var(ddof=1)),
        "end": float((PAIR[1] - mean) / np.sqrt(var + 1e-5)),
        "start": float((PAIR[0] - first[0]) / np.sqrt(first[1] + 1e-5)),
    }
