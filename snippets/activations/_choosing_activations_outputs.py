"""What the page shows of output layers: the tasks, confident mistakes, a softmax too many."""

from __future__ import annotations

import numpy as np

from snippets import kit
from snippets.activations.softmax import log_softmax, softmax
from snippets.kit import Col, Figure, Table, Tr


def table_outputs(tr: Tr) -> Table:
    yes = tr("是", "yes")
    one, each = tr("每个目标一个", "one a target"), tr("每个标签一个", "one a label")
    return Table(
        [
            tr("任务", "task"),
            tr("输出单元", "output units"),
            tr("激活", "activation"),
            tr("损失", "loss"),
            tr.name("PyTorch"),
            tr("直接接线性输出？", "takes the linear output?"),
        ],
        [
            [
                tr("回归", "regression"),
                one,
                tr("恒等", "identity"),
                tr.name("MSE / MAE"),
                "`nn.MSELoss` / `nn.L1Loss`",
                yes,
            ],
            [
                tr("二分类", "two classes"),
                tr.name("1"),
                tr.name("sigmoid"),
                tr("二元交叉熵", "binary cross-entropy"),
                "`nn.BCEWithLogitsLoss`",
                yes,
            ],
            [
                tr("多分类（互斥）", "classes that exclude one another"),
                tr("每类一个", "one a class"),
                tr.name("softmax"),
                tr("交叉熵", "cross-entropy"),
                "`nn.CrossEntropyLoss`",
                yes,
            ],
            [
                tr("多标签", "several labels at once"),
                each,
                tr("逐个 sigmoid", "a sigmoid each"),
                tr("二元交叉熵的平均", "mean binary cross-entropy"),
                "`nn.BCEWithLogitsLoss`",
                yes,
            ],
            [
                tr("计数", "counts"),
                one,
                tr("指数", "exponential"),
                tr("泊松", "Poisson"),
                "`nn.PoissonNLLLoss`",
                yes,
            ],
            [
                tr("均值与方差", "mean and variance"),
                tr("每个目标两个", "two a target"),
                tr("恒等与 softplus", "identity and softplus"),
                tr("高斯", "Gaussian"),
                "`nn.GaussianNLLLoss`",
                tr("否：要正的方差", "no: a positive variance"),
            ],
            [
                tr("二分类，先算概率", "two classes, as a probability"),
                tr.name("1"),
                tr.name("sigmoid"),
                tr("二元交叉熵", "binary cross-entropy"),
                "`nn.BCELoss`",
                tr("否：要概率", "no: probabilities"),
            ],
            [
                tr("多分类，先算对数概率", "classes, as log-probabilities"),
                tr("每类一个", "one a class"),
                tr.name("log-softmax"),
                tr("负对数似然", "negative log-likelihood"),
                "`nn.NLLLoss`",
                tr("否：要对数概率", "no: log-probabilities"),
            ],
        ],
        caption=tr(
            "输出层：任务决定激活与损失", "The output layer: the task decides activation and loss"
        ),
    )


def table_card(tr: Tr) -> Table:
    return Table(
        [tr("任务", "task"), tr("激活", "activation"), tr("损失", "loss")],
        [
            [tr("回归", "regression"), tr("恒等", "identity"), "`MSELoss`"],
            [
                tr("二分类、多标签", "two classes, labels"),
                tr.name("sigmoid"),
                "`BCEWithLogitsLoss`",
            ],
            [tr("多分类", "many classes"), tr.name("softmax"), "`CrossEntropyLoss`"],
            [tr("计数", "counts"), tr("指数", "exp"), "`PoissonNLLLoss`"],
        ],
        caption=tr("输出层：损失直接接线性输出", "Output layer: the loss takes the linear output"),
    )


def table_wrong(tr: Tr) -> Table:
    """Slopes at confident mistakes, by autograd."""
    import torch
    import torch.nn.functional as F

    def slope(loss, *logits: float) -> float:
        z = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
        loss(z).backward()
        return z.grad[0].item()

    one, first = torch.ones(1, dtype=torch.float64), torch.tensor(0)
    bce = F.binary_cross_entropy_with_logits
    return Table(
        [
            tr("输出层与损失", "output layer and loss"),
            tr("z（正确答案：1 / 第一类）", "z (answer: 1 / first class)"),
            Col(tr("损失对正确 logit 的导数", "∂L/∂z of the right logit"), format=".4g"),
        ],
        [
            [
                tr("sigmoid + 交叉熵", "sigmoid + cross-entropy"),
                "−8",
                slope(lambda z: bce(z, one), -8.0),
            ],
            [tr.name("sigmoid + MSE"), "−8", slope(lambda z: F.mse_loss(z.sigmoid(), one), -8.0)],
            [
                tr("tanh + MSE，目标 1", "tanh + MSE, target 1"),
                "−8",
                slope(lambda z: F.mse_loss(z.tanh(), one), -8.0),
            ],
            [
                tr("softmax + 交叉熵", "softmax + cross-entropy"),
                "(0, 8, 0)",
                slope(lambda z: F.cross_entropy(z, first), 0.0, 8.0, 0.0),
            ],
            [
                tr("softmax 两次 + 交叉熵", "softmax twice + cross-entropy"),
                "(0, 8, 0)",
                slope(lambda z: F.cross_entropy(z.softmax(-1), first), 0.0, 8.0, 0.0),
            ],
        ],
        caption=tr(
            "错得很有把握时，还剩多少梯度", "How much gradient is left for a confident mistake"
        ),
    )


def figure_double(tr: Tr) -> Figure:
    z = np.linspace(-6, 12, 361)
    logits = np.stack([z, np.zeros_like(z), np.zeros_like(z)], axis=-1)
    once = -log_softmax(logits)[:, 0]
    twice = -log_softmax(softmax(logits))[:, 0]
    canvas, axes = kit.canvas(height=2.8)
    axes.plot(z, once, label=tr("直接给 logits", "logits given"))
    axes.plot(
        z, twice, "--", color=kit.ORANGE, label=tr("先套一次 softmax", "a softmax in between")
    )
    floor = np.log(1 + 2 / np.e)
    axes.axhline(floor, color=kit.MUTED, linewidth=1, linestyle=":")
    axes.text(
        -6, floor - 0.12, tr("下界 ln(1 + 2/e)", "floor ln(1 + 2/e)"), va="top", color=kit.MUTED
    )
    axes.set_xlabel(tr("正确类别的 logit（另两类为 0）", "logit of the right class (the others 0)"))
    axes.set_ylabel(tr("交叉熵", "cross-entropy"))
    axes.set_ylim(-0.1, 4.5)
    axes.legend(loc="upper right")
    return Figure(
        canvas,
        caption=tr(
            "多套一次 softmax，损失被压在一条窄带里：分对了降不下去，分错了也几乎没有斜率。",
            "One softmax too many squeezes the loss into a narrow band: it cannot fall when right, "
            "and has hardly a slope when wrong.",
        ),
        alt=tr(
            "蓝线左侧以斜率 −1 下降，右侧趋于 0；"
            f"橙线两端平坦，只在 {twice.max():.2f} 与 {floor:.2f} 之间变化。",
            "The blue line falls with slope −1 on the left and tends to 0 on the right; the orange "
            f"line is flat at both ends, between {twice.max():.2f} and {floor:.2f}.",
        ),
        data={"z": z, "once": once, "twice": twice, "floor": floor},
    )


def value_bce_on_tanh() -> dict[str, object]:
    """What nn.BCELoss makes of tanh outputs: its message when one is negative, else a loss."""
    import torch

    loss = torch.nn.BCELoss()
    z = torch.tensor([-1.0, 1.0], dtype=torch.float64)
    y = torch.tensor([0.0, 1.0], dtype=torch.float64)
    try:
        loss(z.tanh(), y)
    except RuntimeError as error:
        return {"message": str(error).strip(), "tanh": z.tanh().tolist()}
    raise kit.KitError("nn.BCELoss took a negative number; the text says that it refuses")
