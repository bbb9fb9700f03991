"""The rules in one line each, what they depend on, and what PyTorch's classes come with."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

import numpy as np

from snippets import kit
from snippets.kit import Col, Formula, Table, Tr
from snippets.normalization.feature_scaling import apply_scaling, fit_scaling
from snippets.normalization.norm_family import (
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    normalise,
    rms_norm,
)
from snippets.normalization.normalization_overview import METHODS, SHAPE, module, torch_profile

_T = kit.array(("训练集上的这一列", "the column over the training set"), ("n",), -9, 9)
_NEW = {
    "x": kit.array(("新的数", "new numbers"), ("m",), -9, 9),
    "m": kit.integer(("个数", "how many"), 1, 4),
    "t": _T,
    "n": kit.integer(("训练样本数", "training examples"), 2, 9),
}
_EPS = kit.scalar(("防止除以 0 的小数", "a small number against division by 0"), 1e-6, 0.1)
_SIZES = {
    "N": kit.integer(("样本数", "examples"), 2, 3),
    "C": kit.integer(("通道数", "channels"), 2, 4),
    "P": kit.integer(("位置数 H × W", "positions, H × W"), 2, 4),
}
_X = {
    "x": kit.array(("输入", "the input"), ("N", "C", "P"), -4, 4),
    **_SIZES,
    "n": kit.index(("样本", "an example"), "N"),
    "c": kit.index(("通道", "a channel"), "C"),
    "p": kit.index(("位置", "a position"), "P"),
}
_GROUPED = _X | {
    "x": kit.array(
        ("输入，通道分成两组", "the input, channels in two groups"), ("N", 2, "C", "P"), -4, 4
    ),
    "g": kit.index(("组", "a group"), 2),
}


def _rule(
    kept: str, axes: tuple[int, ...], ours: Any, where: Any = _X, place: str = "ncp"
) -> Formula:
    """One set of statistics for each value of the indices ``kept``, over the given axes."""

    def over(which: Any) -> kit.Symbol:
        return kit.function(("", ""), lambda x: which(x, axis=axes))

    return Formula(
        rf"y_{{{place}}} = \frac{{x_{{{place}}} - \mu(x)_{{{kept}}}}}"
        rf"{{\sqrt{{\sigma^2(x)_{{{kept}}} + \varepsilon}}}}",
        {**where, r"\mu": over(np.mean), r"\sigma^2": over(np.var), r"\varepsilon": _EPS},
        equals=lambda x, eps: ours(x[..., None], eps)[..., 0],
        samples=60,
    )


def _grouped(x: np.ndarray, eps: float) -> np.ndarray:
    """group_norm of x (N, 2, C, P, 1), whose two groups of channels have an axis of their own."""
    return group_norm(x.reshape(len(x), -1, *x.shape[3:]), 2, eps).reshape(x.shape)


def _channels_last(norm: Any, x: np.ndarray, eps: float) -> np.ndarray:
    return np.moveaxis(norm(np.moveaxis(x, 1, -1), eps=eps), -1, 1)


def _column(method: str) -> Any:
    def scaled(x: np.ndarray, t: np.ndarray) -> np.ndarray:
        return apply_scaling(x[:, None], *fit_scaling(t[:, None], method))[:, 0]

    return scaled


def _at_inference(x: np.ndarray, r: np.ndarray, v: np.ndarray, eps: float) -> np.ndarray:
    import torch
    import torch.nn.functional as F

    arrays = (torch.tensor(np.asarray(a)) for a in (x, r, v))
    return F.batch_norm(*arrays, training=False, eps=float(eps)).numpy()


_inference = Formula(
    r"y_{ncp} = \frac{x_{ncp} - r_c}{\sqrt{v_c + \varepsilon}}",
    {
        **_X,
        "r": kit.array(("滑动均值", "running mean"), ("C",), -2, 2),
        "v": kit.array(("滑动方差", "running variance"), ("C",), 0.1, 4),
        r"\varepsilon": _EPS,
    },
    equals=_at_inference,
    samples=60,
)

_rms = Formula(
    r"y_{ncp} = \frac{x_{ncp}}{\sqrt{q(x)_{np} + \varepsilon}}",
    {
        **_X,
        "q": kit.function(("均方", "mean square"), lambda x: (x**2).mean(axis=1)),
        r"\varepsilon": _EPS,
    },
    equals=lambda x, eps: _channels_last(rms_norm, x, eps),
    samples=60,
)

RULES: dict[str, Formula] = {
    "min_max": Formula(
        r"y = \frac{x - \min_i t_i}{\max_i t_i - \min_i t_i}",
        {**_NEW, "i": kit.index(("训练样本", "a training example"), "n")},
        equals=_column("min-max"),
    ),
    "z_score": Formula(
        r"y = \frac{x - \mu(t)}{\sigma(t)}",
        {
            **_NEW,
            r"\mu": kit.function(("均值", "the mean"), np.mean),
            r"\sigma": kit.function(("标准差", "the standard deviation"), np.std),
        },
        equals=_column("z-score"),
    ),
    "batch": _rule("c", (0, 2), batch_norm),
    "layer": _rule("n", (1, 2), lambda x, eps: normalise(x, (1, 2, 3), eps)),
    "token": _rule("np", (1,), lambda x, eps: _channels_last(layer_norm, x, eps)),
    "rms": _rms,
    "instance": _rule("nc", (2,), instance_norm),
    "group": _rule("ng", (2, 3), _grouped, _GROUPED, "ngcp"),
}
"""The first two scale a column, t being the training set; all others a batch x (N, C, P)."""


# --------------------------------------------------------------------------- the tables


@cache
def profile(key: str) -> dict[str, float]:
    """What PyTorch's layer does with a batch of SHAPE."""
    import torch

    x = torch.tensor(next(kit.seeds(1)).normal(size=SHAPE))
    return torch_profile(module(key), x.movedim(1, -1) if METHODS[key].tokens else x)


def default_eps(key: str) -> float | None:
    """The ε that PyTorch's class takes unless told otherwise; None where the signature has none."""
    import torch

    kind = getattr(torch.nn, METHODS[key].layer)
    found = inspect.signature(kind).parameters["eps"].default
    return None if found is None else float(found)


def statistics(key: str) -> tuple[int, int]:
    """Sets of statistics that one call computes, in training and at inference."""
    size = int(np.prod(SHAPE))
    found = [profile(key)[mode] for mode in ("training", "inference")]
    return tuple(0 if one == 1 else int(size // one) for one in found)  # type: ignore[return-value]


def table_rules(tr: Tr) -> Table:
    train = tr("训练集", "training set")
    batch = tr("当前的批", "batch")
    example = tr("样本自己", "example")
    sources = {"min_max": train, "z_score": train, "batch": batch}
    yes, no = tr("是", "yes"), tr("否", "no")
    rows: list[list[Any]] = []
    for key, one in METHODS.items():
        found = profile(key)
        rows.append(
            [
                tr.pair(one.name),
                RULES[key],
                sources.get(key, example),
                found["training"],
                yes if found["others"] > 1e-6 else no,
                no if found["modes"] > 1e-6 else yes,
            ]
        )
        if key == "batch":
            rows[-1][0] += tr("，训练", ", training")
            rows.append(
                [
                    tr.pair(one.name) + tr("，推理", ", inference"),
                    _inference,
                    tr("训练时的各批", "past batches"),
                    found["inference"],
                    no,
                    no,
                ]
            )
    return Table(
        [
            tr("方法", "method"),
            tr("公式", "rule"),
            tr("统计量取自", "statistics of"),
            Col(tr("取决于", "inputs"), format=",d"),
            tr("受同批影响", "others matter"),
            tr("训练同推理", "train = eval"),
        ],
        rows,
        caption=tr(
            f"输入 (N, C, H, W) 为 {SHAPE}，{METHODS['group'].arguments[0]} 组，P 是位置 H × W。"
            "公式由各页的函数核对过，后三列在 PyTorch 的层上实测："
            "一个输出取决于几个输入（由梯度数出），是否受同批其他样本影响，训练与推理是否相同",
            f"Input (N, C, H, W) of {SHAPE}, {METHODS['group'].arguments[0]} groups; P are the "
            "positions, H × W. Rules are held against the functions of the pages. Measured on "
            "PyTorch's layers: on how many inputs one output depends (by the gradient), whether "
            "other examples matter, whether training and inference do the same",
        ),
    )


def table_classes(tr: Tr) -> Table:
    rows: list[list[Any]] = []
    for key, one in METHODS.items():
        if key == "min_max":
            continue
        eps = default_eps(key) if one.layer else None
        arguments = ", ".join("C" if a == SHAPE[1] else "G" for a in one.arguments)
        found = profile(key)
        per_call = statistics(key)
        rows.append(
            [
                tr("特征缩放", "feature scaling") if key == "z_score" else tr.pair(one.name),
                f"`nn.{one.layer}({arguments if key != 'layer' else '(C, H, W)'})`"
                if one.layer
                else "–",
                tr("不加", "none")
                if not one.layer
                else tr("机器精度", "machine epsilon")
                if eps is None
                else f"{eps:g}",
                found["learnt"],
                found["kept"],
                *per_call,
            ]
        )
    return Table(
        [
            tr("方法", "method"),
            tr("PyTorch 的类", "PyTorch's class"),
            tr("默认 ε", "default ε"),
            Col(tr("参数", "learnt"), format=",d"),
            Col(tr("缓冲区", "buffers"), format=",d"),
            Col(tr("统计量，训练", "sets, train"), format=",d"),
            Col(tr("推理", "sets, eval"), format=",d"),
        ],
        rows,
        caption=tr(
            f"同样的输入 {SHAPE}，C 为 {SHAPE[1]}、G 为 {METHODS['group'].arguments[0]}；"
            "学到的参数、缓冲区里的数、一次调用算几组统计量（一组是一个均值与一个方差，"
            "RMSNorm 是一个均方）",
            f"The same input of {SHAPE}, C being {SHAPE[1]} and G {METHODS['group'].arguments[0]}; "
            "learnt parameters, numbers in buffers, and the sets of statistics of a call "
            "(one mean and one variance; of RMSNorm one mean square)",
        ),
    )


def value_profile() -> dict[str, int]:
    size = int(np.prod(SHAPE))
    found = {"size": size, "channels": SHAPE[1], "groups": METHODS["group"].arguments[0]}
    for key in METHODS:
        found |= {
            f"{key}_sees": int(profile(key)["training"]),
            f"{key}_learnt": int(profile(key)["learnt"]),
            f"{key}_statistics": statistics(key)[0],
        }
    return found
