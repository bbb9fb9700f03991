"""VGG-11 for seven classes: what trains in each mode, what loads, what batch statistics do."""

from __future__ import annotations

import re
from functools import cache

import numpy as np

from snippets.architectures._layers import on_meta, parameters_of
from snippets.architectures.vgg import torch_vgg
from snippets.data_practice.transfer_learning import load_fitting, replace_head, train_only
from snippets.kit import Col, Spread, Table, Tr

CLASSES, HEAD, RUNS = 7, "classifier.6", 5
LAST_STAGE = ("features.16", "features.18")


@cache
def modes() -> dict[str, int]:
    """Trainable parameters of VGG-11 with a new head, by mode."""
    model = replace_head(on_meta(torch_vgg), CLASSES)
    parts = {
        "head": (HEAD,),
        "linear": ("classifier",),
        "stage": (*LAST_STAGE, "classifier"),
        "all": ("features", "classifier"),
    }
    return {k: parameters_of(train_only(model, *v), trainable=True) for k, v in parts.items()}


def table_modes(tr: Tr) -> Table:
    names = {
        "head": tr("冻结主干，只训练新的输出头", "all frozen but the new head"),
        "linear": tr("微调三个全连接层", "fine-tune the three linear layers"),
        "stage": tr("再加上最后一段卷积", "and the last stage of convolutions"),
        "all": tr("全部微调", "fine-tune everything"),
    }
    found = modes()
    return Table(
        [
            tr("做法", "mode"),
            Col(tr("可训练参数", "trainable parameters"), format=",d"),
            Col(tr("占全部", "share"), format=".2%"),
        ],
        [[names[k], found[k], found[k] / found["all"]] for k in names],
        caption=tr(
            f"VGG-11，输出头换成 {CLASSES} 类：各种做法下要训练的参数",
            f"VGG-11 with a head for {CLASSES} classes: what is trained in each mode",
        ),
    )


def value_modes() -> dict[str, float]:
    found = modes()
    return {**found, "classes": CLASSES, "features": 4096, "share": found["head"] / found["all"]}


def error_of(strict: bool) -> str:
    """The second line of the error when a 1000-class VGG-11 is loaded into one of 7 classes."""
    state = on_meta(torch_vgg).state_dict()
    try:
        on_meta(torch_vgg, "A", CLASSES).load_state_dict(state, strict=strict)
    except RuntimeError as error:
        return str(error).splitlines()[1].strip()
    return ""


def _shortened(message: str) -> str:
    """What is wrong, and the two shapes, of PyTorch's long sentence."""
    what = message.split(":")[0]
    shapes = " ≠ ".join(f"`{shape}`" for shape in re.findall(r"\[[\d, ]+\]", message))
    return f"`{what}`: {shapes}"


def table_loading(tr: Tr) -> Table:
    state = on_meta(torch_vgg).state_dict()
    stays = load_fitting(on_meta(torch_vgg, "A", CLASSES), state)[0]
    other = load_fitting(on_meta(torch_vgg, "B", CLASSES), state)[0]
    total = len(on_meta(torch_vgg, "B").state_dict())
    listed = ", ".join(f"`{name}`" for name in stays)
    return Table(
        [tr("做法", "attempt"), tr("结果", "result")],
        [
            ["`load_state_dict(state)`", _shortened(error_of(True))],
            ["`load_state_dict(state, strict=False)`", _shortened(error_of(False))],
            [
                tr("`load_fitting(model, state)`", "`load_fitting(model, state)`"),
                tr(
                    f"载入其余各层；保持随机的是 {listed}",
                    f"loads all other layers; still random: {listed}",
                ),
            ],
            [
                tr(
                    "载入 1000 类的模型，再 `replace_head`",
                    "load into 1000 classes, then `replace_head`",
                ),
                tr("结果相同", "the same"),
            ],
            [
                tr("`load_fitting`，载入 VGG-13", "`load_fitting` into a VGG-13"),
                tr(
                    f"{total} 个张量里对得上 {total - len(other)} 个",
                    f"{total - len(other)} of {total} tensors fit",
                ),
            ],
        ],
        caption=tr(
            f"把 VGG-11（1000 类）的参数 `state` 载入 {CLASSES} 类的模型",
            f"Loading the parameters `state` of a VGG-11 with 1000 classes for {CLASSES} classes",
        ),
    )


SHIFT, BATCHES = 2.0, 20


@cache
def _drift(frozen: bool) -> Spread:
    """Change of the features of a backbone whose parameters get no gradient, relative.

    It is trained to nothing; its statistics are those of N(0, 1) images.  Then BATCHES batches of
    the new task, N(SHIFT, 1), pass in training mode, with batch normalisation frozen or not.
    """
    import torch
    from torch import nn

    found = []
    for seed in range(RUNS):
        generator = torch.Generator().manual_seed(seed)

        def images(mean, generator=generator):
            return mean + torch.randn(32, 3, 8, 8, generator=generator)

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU())
            model = nn.Sequential(body, nn.Flatten(), nn.Linear(8 * 36, CLASSES))
        with torch.no_grad():
            for _ in range(BATCHES):
                body.train()(images(0.0))
            x = images(SHIFT)
            before = body.eval()(x)
            model.requires_grad_(False)
            if frozen:
                train_only(model, "2")
            else:
                model.train()
            for _ in range(BATCHES):
                model(images(SHIFT))
            after = body.eval()(x)
            found.append(((after - before).norm() / before.norm()).item())
    return Spread(found)


def value_drift() -> dict[str, object]:
    return {
        "train": _drift(False),
        "eval": float(np.max(_drift(True).values)),
        "batches": BATCHES,
        "shift": SHIFT,
    }
