"""Counts: AlexNet's windows, files offline and variants online."""

from __future__ import annotations

from snippets.data_practice.augmentation import expected_distinct
from snippets.kit import Table, Tr


def value_crops() -> dict[str, float]:
    """AlexNet: windows of 224 in images of 256, with mirror images, some 90 epochs."""
    image, window, epochs = 256, 224, 90
    paper = 2 * (image - window) ** 2
    return {
        "image": image,
        "window": window,
        "paper": paper,
        "exact": 2 * (image - window + 1) ** 2,
        "epochs": epochs,
        "distinct": expected_distinct(paper, epochs),
        "overlap": (window - 8) ** 2 / window**2,
        "step": 8,
    }


# --------------------------------------------------------------------------- online, offline


def value_files() -> dict[str, float]:
    count, copies, epochs = 1000, 5, 20
    return {
        "count": count,
        "copies": copies,
        "with": count * (copies + 1),
        "without": count * copies,
        "epochs": epochs,
        "online": count * epochs,
    }


def table_online(tr: Tr) -> Table:
    files = value_files()
    return Table(
        ["", tr("离线", "offline"), tr("在线", "online")],
        [
            [
                tr("何时变换", "when"),
                tr("训练之前，存成文件", "before training, stored as files"),
                tr("每次取样本时", "each time an example is fetched"),
            ],
            [
                tr("存储（N 个样本）", "storage (N examples)"),
                tr("N(1 + k)，不留原图则 Nk", "N(1 + k), or Nk without originals"),
                tr.name("N"),
            ],
            [
                tr("每个样本的变体", "variants of an example"),
                tr("固定 k 个，每轮相同", "k, the same in each epoch"),
                tr("每轮新抽一个", "a new one each epoch"),
            ],
            [
                tr(
                    f"{files['epochs']} 轮里见过的变体",
                    f"variants seen in {files['epochs']} epochs",
                ),
                tr(f"至多 {files['without']:,.0f}", f"at most {files['without']:,.0f}"),
                tr(f"至多 {files['online']:,.0f}", f"at most {files['online']:,.0f}"),
            ],
            [
                tr("训练时的 CPU 负担", "CPU load during training"),
                tr("只有读取", "reading only"),
                tr("每个样本都要变换", "every example is transformed"),
            ],
            [
                tr("可重复", "repeatable"),
                tr("文件就是证据", "the files are the record"),
                tr("要管好种子与 worker", "mind seeds and workers"),
            ],
            [
                tr("适用", "when to use"),
                tr("变换很慢；数据很小；要人工检查", "slow transforms, few data, review by eye"),
                tr("默认选它", "the default"),
            ],
        ],
        caption=tr(
            f"离线与在线；数字以 N = {files['count']:,}、k = {files['copies']} 为例",
            f"Offline and online; numbers for N = {files['count']:,} and k = {files['copies']}",
        ),
    )
