"""Mixup, CutMix, Cutout: mixtures by hand, the box at the border, and training with them."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.data_practice import _augmented, _pictures
from snippets.data_practice.augmentation import cutout
from snippets.data_practice.photometric_augmentation import cut_box, cutmix, mixup
from snippets.kit import Col, Figure, Pair, Spread, Table, Tr

LAM, BOX = 0.3, (8, 32, 20, 44)
HOUSE, BOAT = np.array([1.0, 0.0]), np.array([0.0, 1.0])


def _mixed() -> list[tuple[Pair, np.ndarray, np.ndarray]]:
    house, boat = _pictures.house(), _pictures.boat()
    return [
        (("Mixup", "Mixup"), *mixup(house, HOUSE, boat, BOAT, LAM)),
        (("CutMix", "CutMix"), *cutmix(house, HOUSE, boat, BOAT, BOX)),
        (("Cutout", "Cutout"), cutout(house, BOX[0], BOX[2], BOX[1] - BOX[0], fill=0.5), HOUSE),
    ]


def figure_mixed(tr: Tr) -> Figure:
    canvas, axes = kit.canvas(1, 3, height=2.35)
    labels = []
    for place, (name, picture, label) in zip(axes, _mixed(), strict=True):
        words = tr(
            f"小屋 {label[0]:.2f}，帆船 {label[1]:.2f}",
            f"house {label[0]:.2f}, boat {label[1]:.2f}",
        )
        _pictures.show(place, picture, tr.pair(name))
        place.set_xlabel(words, fontsize=9)
        labels.append(label.tolist())
    return Figure(
        canvas,
        caption=tr(
            "三种做法与训练用的标签。Mixup 逐像素混合（λ = 0.3），CutMix 贴上一块（24×24，共 "
            "48×48），Cutout 只遮挡，标签不变。",
            "Three ways, with the label that is trained. Mixup blends every pixel (λ = 0.3), "
            "CutMix pastes a box (24×24 of 48×48), Cutout masks and leaves the label.",
        ),
        alt=tr(
            "左：小屋与帆船叠影，帆船更清楚；中：小屋图里贴着一块帆船图；右：小屋被灰方块遮住一块。",
            "Left: house and boat as a double exposure, the boat clearer. Middle: a piece of the "
            "boat pasted into the house. Right: a grey square hides a part of the house.",
        ),
        data={"labels": labels},
    )


def value_mixed() -> dict[str, float]:
    _, label = cutmix(_pictures.house(), HOUSE, _pictures.boat(), BOAT, BOX)
    return {
        "lam": LAM,
        "rest": 1 - LAM,
        "house": float(label[0]),
        "boat": float(label[1]),
        "box": BOX[1] - BOX[0],
        "side": _pictures.SIDE,
        "pool": 14,
        "policies": 14**2,
    }


# --------------------------------------------------------------------------- the box at the border

BOXES, RUNS = 2000, 5


@cache
def _borders() -> dict[str, Spread]:
    """Drawn share 1 - lam against the share of the box that lies inside, lam uniform."""
    cut, drawn, inside = [], [], []
    side = 224
    for rng in kit.seeds(RUNS, 3):
        shares = []
        for lam in rng.random(BOXES):
            top, bottom, left, right = cut_box(side, side, lam, rng)
            whole = int(side * np.sqrt(1 - lam))
            shares.append(
                (
                    bottom - top < whole or right - left < whole,
                    1 - lam,
                    (bottom - top) * (right - left) / side**2,
                )
            )
        means = np.mean(shares, axis=0)
        cut.append(means[0])
        drawn.append(means[1])
        inside.append(means[2])
    return {"cut": Spread(cut), "drawn": Spread(drawn), "inside": Spread(inside)}


def value_borders() -> dict[str, object]:
    return {**_borders(), "boxes": BOXES}


# --------------------------------------------------------------------------- trained

ALPHAS, COUNT = {"mixup": 0.4, "cutmix": 1.0}, 200
WAYS: dict[str, Pair] = {
    "none": ("不增强", "none"),
    "gaussian": ("高斯噪声，σ = 0.3", "Gaussian noise, σ = 0.3"),
    "impulse": ("椒盐噪声，p = 0.1", "salt and pepper, p = 0.1"),
    "cutout": ("Cutout，3×3", "Cutout, 3×3"),
    "mixup": ("Mixup，α = 0.4", "Mixup, α = 0.4"),
    "cutmix": ("CutMix，α = 1", "CutMix, α = 1"),
}


def _changed(way: str, x, y, rng: np.random.Generator):
    """One way of WAYS on batches (nets, batch, 8, 7) and one-hot targets, as tensors."""
    import torch

    height, width = x.shape[2:]
    size = (*x.shape[:2], 1, 1)
    if way == "gaussian":
        return x + 0.3 * torch.tensor(rng.standard_normal(x.shape, dtype=np.float32)), y
    if way == "impulse":
        draw = torch.tensor(rng.random(x.shape, dtype=np.float32))
        dark, light = x.new_tensor(_augmented.DARK), x.new_tensor(1.0)
        return torch.where(draw < 0.05, dark, torch.where(draw < 0.1, light, x)), y
    if way == "mixup":
        lam = torch.tensor(rng.beta(0.4, 0.4, size).astype(np.float32))
        keep = lam.expand(x.shape)
    else:  # a box with its centre anywhere, cut off at the border
        share = np.full(size, 9 / (height * width)) if way == "cutout" else 1 - rng.random(size)
        down = abs(np.arange(height)[:, None] + 0.5 - height * rng.random(size))
        right = abs(np.arange(width) + 0.5 - width * rng.random(size))
        inside = (down < height * share**0.5 / 2) & (right < width * share**0.5 / 2)
        keep = torch.tensor(1 - inside.astype(np.float32))
        lam = keep.mean((2, 3), keepdim=True)
    if way == "cutout":
        return x * keep + _augmented.DARK * (1 - keep), y
    other = torch.roll(x, 1, 1), torch.roll(y, 1, 1)  # batches are drawn in random order
    return x * keep + other[0] * (1 - keep), y * lam[..., 0] + other[1] * (1 - lam[..., 0])


@cache
def trained() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Test accuracy, test loss and mean confidence (ways, runs)."""
    import torch

    rng = np.random.default_rng(5)

    def mix(x, y, draw):
        parts = [
            _changed(way, *part, rng) if way != "none" else part
            for way, part in zip(
                WAYS,
                zip(x.split(_augmented.RUNS), y.split(_augmented.RUNS), strict=True),
                strict=True,
            )
        ]
        return torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])

    logits = _augmented.train([_augmented.Setting(COUNT)] * len(WAYS), mix)
    log_p = logits.log_softmax(3).double()
    _, _, _, y = _augmented.data()
    of = y.expand(log_p.shape[:3])[..., None]
    return (
        _augmented.accuracy(logits),
        -log_p.gather(3, of)[..., 0].mean(2).numpy(),
        log_p.exp().amax(3).mean(2).numpy(),
    )


def table_trained(tr: Tr) -> Table:
    accuracy, loss, confidence = trained()
    return Table(
        [
            tr("训练时", "in training"),
            Col(tr("测试准确率", "test accuracy"), format=".2f"),
            Col(tr("测试损失", "test loss"), format=".2f"),
            Col(tr("平均置信度", "mean confidence"), format=".2f"),
        ],
        [
            [tr.pair(label), Spread(accuracy[i]), Spread(loss[i]), Spread(confidence[i])]
            for i, label in enumerate(WAYS.values())
        ],
        caption=tr(
            f"{COUNT} 个 7×8 的点阵数字，56-{_augmented.HIDDEN}-10 网络，Adam "
            f"{_augmented.STEPS} 步，批大小 {_augmented.BATCH}；均值 [最小, 最大]，"
            f"{_augmented.RUNS} 次运行；测试图像不加变换",
            f"{COUNT} dot-matrix digits of 7×8, 56-{_augmented.HIDDEN}-10 network, "
            f"{_augmented.STEPS} steps of Adam with batches of {_augmented.BATCH}; mean [smallest, "
            f"largest] of {_augmented.RUNS} runs; test images are left as they are",
        ),
    )


def value_trained() -> dict[str, object]:
    accuracy, loss, confidence = trained()
    found: dict[str, object] = {"count": COUNT}
    for i, way in enumerate(WAYS):
        found |= {
            way: Spread(accuracy[i]),
            f"{way}_loss": Spread(loss[i]),
            f"{way}_confidence": Spread(confidence[i]),
        }
    return found
