"""Layer normalisation and RMSNorm by hand, and what other examples do to batch normalisation."""

from __future__ import annotations

from functools import cache

import numpy as np

from snippets import kit
from snippets.kit import Col, Spread, Table, Tr
from snippets.normalization.norm_family import layer_norm, normalise, rms_norm

WORKED = np.array([1.0, 2, 3, 4])


def table_worked(tr: Tr) -> Table:
    centred = WORKED - WORKED.mean()
    return Table(
        [tr("步骤", "step"), *(Col(f"x = {x:g}", format=".4f") for x in WORKED)],
        [
            [tr("减去均值", "minus the mean"), *centred],
            [
                tr("除以标准差：层归一化", "by the standard deviation: layer norm"),
                *layer_norm(WORKED),
            ],
            [tr("x 除以均方根：RMSNorm", "x by its root mean square: RMSNorm"), *rms_norm(WORKED)],
        ],
        caption=tr(
            "一个词元的四个特征；γ 为 1，β 为 0，ε 为十万分之一",
            "The four features of one token; γ is 1, β is 0, ε a hundred-thousandth",
        ),
    )


def value_worked() -> dict[str, object]:
    return {
        "x": [float(v) for v in WORKED],
        "mean": float(WORKED.mean()),
        "variance": float(WORKED.var()),
        "square": float(np.mean(WORKED**2)),
        "layer": [float(v) for v in layer_norm(WORKED)],
        "rms": [float(v) for v in rms_norm(WORKED)],
    }


SIZES = (2, 4, 16, 64, 256)
FEATURES, DRAWS, RUNS = 32, 50, 5


@cache
def jitter(size: int) -> dict[str, Spread]:
    """How far the normalised output of one example moves when its batch companions change.

    Root mean square of the deviation from the mean over DRAWS batches, for RUNS examples.
    """
    found: dict[str, list[float]] = {"batch": [], "layer": []}
    for rng in kit.seeds(RUNS):
        example = rng.normal(size=FEATURES)
        outputs: dict[str, list[np.ndarray]] = {"batch": [], "layer": []}
        for _ in range(DRAWS):
            batch = np.vstack([example, rng.normal(size=(size - 1, FEATURES))])
            outputs["batch"].append(normalise(batch, 0)[0])
            outputs["layer"].append(layer_norm(batch)[0])
        for key, values in outputs.items():
            found[key].append(float(np.sqrt(np.var(values, axis=0).mean())))
    return {key: Spread(values) for key, values in found.items()}


def table_jitter(tr: Tr) -> Table:
    return Table(
        [
            Col(tr("批大小", "batch size"), format="d"),
            Col(tr("批归一化", "batch norm"), format=".3f"),
            Col(tr("层归一化", "layer norm"), format=".3f"),
        ],
        [[size, jitter(size)["batch"], jitter(size)["layer"]] for size in SIZES],
        caption=tr(
            "同一个样本，换不同的同批样本，归一化之后的输出波动多大（标准差）："
            f"{FEATURES} 个特征取自 N(0, 1)，{DRAWS} 批，"
            f"{RUNS} 个样本的均值 [最小, 最大]，训练模式",
            "One example in the company of others: how much its normalised output varies (standard "
            f"deviation). {FEATURES} features from N(0, 1), {DRAWS} batches, mean [smallest, "
            f"largest] of {RUNS} examples, training mode",
        ),
    )


def value_jitter() -> dict[str, object]:
    """The variation at the smallest and largest size; what PyTorch says to a batch of one."""
    import torch

    try:
        torch.nn.BatchNorm1d(3)(torch.zeros(1, 3))
        refused = ""
    except ValueError as error:
        refused = str(error).split(",")[0]
    return {
        "small": jitter(SIZES[0])["batch"],
        "large": jitter(SIZES[-1])["batch"],
        "smallest": SIZES[0],
        "largest": SIZES[-1],
        "refused": refused,
    }
