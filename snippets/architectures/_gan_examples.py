"""Small numbers: a GAN of three outcomes, two point masses; and the diagram of the training."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.architectures.gan import (
    P,
    Q,
    gan_value,
    js_divergence,
    optimal_discriminator,
    torch_gan_losses,
    wasserstein_1d,
)
from snippets.foundations._flow import arrow, blank, box
from snippets.kit import Col, Figure, Table, Tr


def table_example(tr: Tr) -> Table:
    best = optimal_discriminator(P, Q)
    return Table(
        [
            tr("结果", "outcome"),
            Col(tr("数据 p", "data p"), format="g"),
            Col(tr("生成器 q", "generator q"), format="g"),
            Col("D* = p/(p+q)", format=".4f"),
            Col("p ln D*", format=".4f"),
            Col("q ln(1 − D*)", format=".4f"),
        ],
        [
            [f"{i + 1}", p, q, d, p * np.log(d), q * np.log(1 - d)]
            for i, (p, q, d) in enumerate(zip(P, Q, best, strict=True))
        ],
        caption=tr(
            "三种结果的 GAN，判别器取最优", "A GAN of three outcomes, its best discriminator"
        ),
    )


def value_example() -> dict[str, float]:
    best = optimal_discriminator(P, Q)
    return {
        "value": gan_value(P, Q, best),
        "js": js_divergence(P, Q),
        "equal": gan_value(P, P, optimal_discriminator(P, P)),
        "constant": gan_value(P, Q, np.full(3, 0.5)),
        "w1": wasserstein_1d([1, 2, 3], P, Q),
    }


DOUBT = 0.001


def value_gradient() -> dict[str, float]:
    """Sizes of the gradients with respect to D's logit of a sample that D gives DOUBT, autograd."""
    import torch

    found = []
    for which in (1, 2):
        logit = torch.tensor([np.log(DOUBT / (1 - DOUBT))], requires_grad=True)
        torch_gan_losses(torch.zeros(1, dtype=torch.float64), logit)[which].backward()
        assert logit.grad is not None
        found.append(abs(logit.grad.item()))
    return {"at": DOUBT, "saturating": found[0], "other": found[1]}


# --------------------------------------------------------------------------- two point masses


def _apart(theta: float) -> tuple[float, float]:
    """JS and W1 of a point mass at 0 and one at theta."""
    if not theta:
        return js_divergence([1.0], [1.0]), 0.0
    x = np.sort([0.0, theta])
    p = (x == 0).astype(float)
    return js_divergence(p, 1 - p), wasserstein_1d(x, p, 1 - p)


def table_points(tr: Tr) -> Table:
    return Table(
        [Col("θ", format="g"), Col("JS", format=".4f"), Col("W₁", format=".4f")],
        [[theta, *_apart(theta)] for theta in (0.0, 0.01, 0.5, 1.0, 2.0)],
        caption=tr(
            "0 处与 θ 处两个点质量的距离", "Distances between a point mass at 0 and one at θ"
        ),
    )


WIDTH = 0.2


def _normals(theta: np.ndarray) -> np.ndarray:
    """JS of N(0, WIDTH²) and N(theta, WIDTH²), by a fine sum."""
    x = np.linspace(-4, 4, 8001)
    step = x[1] - x[0]
    p = np.exp(-(x**2) / (2 * WIDTH**2)) / (WIDTH * np.sqrt(2 * np.pi)) * step
    return np.array(
        [
            js_divergence(
                p,
                np.exp(-((x - t) ** 2) / (2 * WIDTH**2)) / (WIDTH * np.sqrt(2 * np.pi)) * step,
            )
            for t in theta
        ]
    )


def figure_distances(tr: Tr) -> Figure:
    theta = np.linspace(-1.5, 1.5, 121)
    away = theta[np.abs(theta) > 1e-9]
    js = np.array([_apart(t)[0] for t in away])
    w1 = np.array([_apart(t)[1] for t in theta])
    smooth = _normals(theta)
    canvas, axes = kit.canvas(height=2.8)
    kit.zero_lines(axes)
    for side in (away < 0, away > 0):
        axes.plot(away[side], js[side], color=kit.ORANGE, linestyle=kit.LINES[1])
    axes.plot([0], [np.log(2)], "o", color=kit.ORANGE, markerfacecolor=kit.PAPER)
    axes.plot([0], [0], "o", color=kit.ORANGE)
    axes.plot(theta, smooth, color=kit.GREEN, linestyle=kit.LINES[2])
    axes.plot(theta, w1, color=kit.BLUE)
    axes.text(-1.46, 0.735, tr("JS，两个点", "JS, two points"), color=kit.ORANGE)
    axes.text(0.62, 0.42, tr("JS，两个正态", "JS, two normals"), color=kit.GREEN)
    axes.text(1.12, 1.32, tr("W₁", "W₁"), color=kit.BLUE, ha="right")
    axes.set_xlabel(tr("两个分布相距 θ", "distance θ between the two"))
    axes.set_ylabel(tr("散度或距离", "divergence, distance"))
    return Figure(
        canvas,
        caption=tr(
            f"0 处与 θ 处的两个点质量，以及标准差 {WIDTH:g} 的两个正态分布。"
            "点质量的 JS 只要 θ 不为 0 就是 ln 2，没有梯度；正态分布一旦不再重叠也一样平。"
            "W₁ 等于 |θ|（正态也是），处处指出往哪边走。",
            f"Point masses at 0 and θ, and normals of std {WIDTH:g} there. For point masses JS is "
            "ln 2 for every θ but 0 and has no slope; for normals it is as flat once they no "
            "longer overlap. W₁ is |θ| (for the normals too) and says everywhere which way to go.",
        ),
        alt=tr(
            "橙色虚线在 0.693 处水平，只在 0 处有一个落到 0 的点；绿色点划线从 0 升起，"
            "0.8 以外贴着橙线；蓝线是 V 形。",
            "The orange dashed line is level at 0.693 but for one point at 0; the green line rises "
            "from 0 and joins it beyond 0.8; the blue line is a V.",
        ),
        data={"theta": theta, "w1": w1, "normals": smooth},
    )


def value_points() -> dict[str, float]:
    near, far = _normals(np.array([WIDTH, 5 * WIDTH]))
    step = 1e-4
    slopes = [
        float(np.diff(_normals(np.array([t - step, t + step])))[0] / (2 * step))
        for t in (WIDTH, 1.5)
    ]
    return {
        "js": _apart(1.0)[0],
        "width": WIDTH,
        "slope_near": slopes[0],
        "slope_far": slopes[1],
        "far_at": 1.5,
        "near": float(near),
        "far": float(far),
    }


# --------------------------------------------------------------------------- the diagram


def figure_training(tr: Tr) -> Figure:
    canvas, axes = blank(2.35)
    box(axes, 0.62, 0.55, 0.95, 0.5, tr("噪声 z", "noise z"), kit.MUTED)
    box(axes, 2.05, 0.55, 1.1, 0.5, tr("生成器 G", "generator G"), kit.BLUE)
    box(axes, 2.05, 1.75, 1.1, 0.5, tr("真实数据", "real data"), kit.MUTED)
    box(axes, 3.75, 1.15, 1.3, 0.55, tr("判别器 D", "discriminator D"), kit.ORANGE)
    arrow(axes, (1.1, 0.55), (1.49, 0.55))
    arrow(axes, (2.61, 0.62), (3.3, 0.86))
    arrow(axes, (2.61, 1.68), (3.3, 1.44))
    arrow(axes, (4.41, 1.15), (4.85, 1.15))
    axes.text(2.86, 0.9, "G(z)", ha="center", color=kit.INK)
    axes.text(2.86, 1.7, "x", ha="center", color=kit.INK)
    axes.text(
        5.2, 1.15, tr("真的\n概率", "chance\nof real"), ha="center", va="center", color=kit.INK
    )
    arrow(axes, (5.1, 0.85), (2.62, 0.42), kit.BLUE, kit.LINES[1], -0.12)
    axes.text(
        4.6, 0.08, tr("G 的梯度，穿过 D", "gradient for G, through D"), ha="center", color=kit.BLUE
    )
    arrow(axes, (5.0, 1.42), (4.0, 1.46), kit.ORANGE, kit.LINES[1], 0.75)
    axes.text(4.6, 2.15, tr("D 的梯度", "gradient for D"), ha="center", color=kit.ORANGE)
    return Figure(
        canvas,
        caption=tr(
            "GAN 的训练：D 用真样本和生成的样本学二分类；G 只从 D 的梯度得到消息，不直接看数据。"
            "两者轮流更新，更新一方时另一方不动。",
            "Training a GAN: D learns to classify real and generated samples; G hears only through "
            "the gradient of D and never sees the data. They take turns: while one is updated, the "
            "other stays as it is.",
        ),
        alt=tr(
            "框图：噪声进生成器；生成的样本与真实数据一起进判别器，输出为真的概率；"
            "两条虚线箭头把梯度送回判别器和生成器。",
            "Boxes: noise enters the generator; its samples and real data enter the discriminator, "
            "which gives the probability of real; dashed arrows carry gradients back to both.",
        ),
    )
