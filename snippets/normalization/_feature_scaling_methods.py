"""The four methods side by side: three words that sound alike, outliers, unseen test values."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.kit import Col, Formula, Table, Tr
from snippets.normalization.feature_scaling import (
    WORKED,
    apply_scaling,
    fit_scaling,
    formula_max_abs,
    formula_min_max,
    formula_penalty,
    formula_robust,
    formula_z_score,
)

METHODS = {
    "min-max": (("最小最大缩放", "min-max"), formula_min_max, ("0 到 1", "0 to 1")),
    "z-score": (
        ("z-score 标准化", "z-score"),
        formula_z_score,
        ("无界，均值 0、标准差 1", "unbounded, mean 0, std 1"),
    ),
    "robust": (
        ("稳健缩放", "robust"),
        formula_robust,
        ("无界，中位数 0", "unbounded, median 0"),
    ),
    "max-abs": (("最大绝对值缩放", "max-abs"), formula_max_abs, ("−1 到 1", "−1 to 1")),
}


def worked(method: str, outlier: float = WORKED[-1]) -> np.ndarray:
    """The worked example scaled, its last number replaced by the outlier."""
    x = np.append(WORKED[:-1], outlier)[:, None]
    return apply_scaling(x, *fit_scaling(x, method))[:, 0]


_unit_length = Formula(
    r"x'_{ij} = \frac{x_{ij}}{\sqrt{\sum_{k=1}^{d} x_{ik}^2}}",
    {
        "x": kit.array(("数据，每行一个样本", "the data, one example a row"), ("n", "d"), -3, 3),
        "n": kit.integer(("样本数", "number of examples"), 1, 4),
        "d": kit.integer(("特征数", "number of features"), 2, 4),
        "i": kit.index(("样本", "an example"), "n"),
        "j": kit.index(("特征", "a feature"), "d"),
    },
    equals=lambda x: x / np.linalg.norm(x, axis=1, keepdims=True),
)


def table_words(tr: Tr) -> Table:
    return Table(
        [
            tr("中文", "in Chinese"),
            tr("英文", "in English"),
            tr("作用在", "acts on"),
            tr("公式", "formula"),
            tr("目的", "goal"),
        ],
        [
            [
                tr.name("归一化"),
                tr.name("normalisation, min-max scaling"),
                tr("每个特征（列）", "each feature (column)"),
                formula_min_max,
                tr("落进固定的范围", "a fixed range"),
            ],
            [
                tr.name("标准化"),
                tr.name("standardisation"),
                tr("每个特征（列）", "each feature (column)"),
                formula_z_score,
                tr("均值 0、标准差 1", "mean 0, std 1"),
            ],
            [
                tr.name("单位化"),
                tr.name("normalisation to unit length"),
                tr("每个样本（行）", "each example (row)"),
                _unit_length,
                tr("只留方向", "keep the direction only"),
            ],
            [
                tr.name("正则化"),
                tr.name("regularisation"),
                tr("损失与权重", "loss and weights"),
                formula_penalty,
                tr("防止过拟合", "less overfitting"),
            ],
        ],
        caption=tr(
            "名字相近的四件事；前三件改数据，最后一件不碰数据（以权重的平方和为例）",
            "Four things with similar names: the first three change the data, the last does not "
            "touch them (here with the sum of the squared weights)",
        ),
    )


def table_methods(tr: Tr) -> Table:
    """Each method on 1, 2, 3, 4 and an outlier: what is left between the first four."""
    rows = []
    for key, (name, formula, range_) in METHODS.items():
        scaled = worked(key)
        rows.append([tr.pair(name), formula, tr.pair(range_), scaled[3] - scaled[0], scaled[4]])
    return Table(
        [
            tr("方法", "method"),
            tr("公式", "formula"),
            tr("输出范围", "range of the output"),
            Col(tr("1 与 4 之差", "gap of 1 and 4"), format=".3f"),
            Col(tr("1000 变成", "1000 becomes"), format=".4g"),
        ],
        rows,
        caption=tr(
            "四种方法与离群点：对 1、2、3、4、1000 拟合并变换，看前四个数还差多少",
            "The four methods and an outlier: fitted and applied to 1, 2, 3, 4, 1000; how far "
            "apart are the first four?",
        ),
    )


def table_worked(tr: Tr) -> Table:
    return Table(
        [tr("方法", "method"), *(Col(f"{x:g}", format=".3f") for x in WORKED)],
        [[tr.pair(name), *worked(key)] for key, (name, *_) in METHODS.items()],
        caption=tr("同样五个数，逐个代入", "The same five numbers, one by one"),
    )


def value_worked() -> dict[str, object]:
    z = worked("z-score")
    return {
        "x": [float(v) for v in WORKED],
        "four": float(WORKED[3]),
        "outlier": float(WORKED[4]),
        "range": float(np.ptp(WORKED)),
        "mean": float(WORKED.mean()),
        "std": float(WORKED.std()),
        "largest": float(worked("min-max")[3]),
        "min_max": [float(v) for v in worked("min-max")],
        "z": [float(v) for v in z],
        "z_low": float(z[0]),
        "z_four": float(z[3]),
        "z_high": float(z[4]),
        "bound": float(np.sqrt(len(WORKED) - 1)),
        "robust_low": float(worked("robust")[0]),
        "robust_high": float(worked("robust")[4]),
    }


TRAIN, TEST = np.array([[1.0], [2], [3], [4]]), np.array([[2.5], [10]])


def value_unseen() -> dict[str, float]:
    """Test values scaled with the training statistics, and a test set scaled by itself."""
    a, b = fit_scaling(TRAIN, "min-max")
    right = apply_scaling(TEST, a, b)[:, 0]
    alone = apply_scaling(TEST, *fit_scaling(TEST, "min-max"))[:, 0]
    return {
        "train_high": float(TRAIN[-1, 0]),
        "inside": float(right[0]),
        "outside": float(right[1]),
        "alone_inside": float(alone[0]),
        "alone_outside": float(alone[1]),
        "inside_raw": float(TEST[0, 0]),
        "outside_raw": float(TEST[1, 0]),
    }
