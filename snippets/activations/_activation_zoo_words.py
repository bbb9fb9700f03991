"""What the numbers do not say of an activation: what it is good at, what it costs, who uses it."""

from __future__ import annotations

from dataclasses import dataclass

from snippets.kit import Pair, Table, Tr


@dataclass(frozen=True)
class Words:
    """Cells of the table of uses; ``used`` holds citations."""

    good: Pair
    bad: Pair
    used: Pair


WORDS: dict[str, Words] = {
    "identity": Words(
        ("不改变信号与梯度", "changes neither signal nor gradient"),
        ("层再多也只是一层线性变换", "any stack of layers is one linear map"),
        ("回归的输出；`nn.Identity` 占位", "output of a regression; `nn.Identity` as placeholder"),
    ),
    "step": Words(
        ("输出只有 0 和 1", "the output is 0 or 1"),
        ("导数处处为 0，无法用梯度学习", "slope 0 everywhere: no gradient to learn from"),
        (
            "阈值单元 [@mcculloch1943]；取 ±1 时是二值网络的前向 [@courbariaux2016]",
            "threshold units [@mcculloch1943]; with values ±1 the forward pass of binary networks "
            "[@courbariaux2016]",
        ),
    ),
    "sigmoid": Words(
        ("值在 0 与 1 之间，可作概率或门", "between 0 and 1: a probability or a gate"),
        (
            "导数不过四分之一，两侧饱和，均值不为 0",
            "slope at most a quarter; both sides saturate; mean not 0",
        ),
        (
            "二分类输出；LSTM 的门 [@hochreiter1997]",
            "binary output; gates of the LSTM [@hochreiter1997]",
        ),
    ),
    "hardsigmoid": Words(
        ("不用指数", "needs no exp"),
        ("两端导数恰为 0", "slope exactly 0 at both ends"),
        ("MobileNetV3 的通道注意力 [@howard2019]", "channel gates of MobileNetV3 [@howard2019]"),
    ),
    "tanh": Words(
        ("零中心，0 处斜率为 1", "zero-centred, slope 1 at 0"),
        ("两侧饱和", "both sides saturate"),
        (
            "`nn.LSTM` 的候选状态与输出；DCGAN 生成器的输出 [@radford2016]",
            "cell input and output of `nn.LSTM`; output of DCGAN's generator [@radford2016]",
        ),
    ),
    "hardtanh": Words(
        ("两次比较就够", "two comparisons are all"),
        ("两端导数恰为 0", "slope exactly 0 at both ends"),
        (
            "二值网络的反向近似 [@courbariaux2016]",
            "stands in for the step in the backward pass of binary networks [@courbariaux2016]",
        ),
    ),
    "softsign": Words(
        ("尾部按 1/x² 变平，比 tanh 缓", "slope falls like 1/x², slower than that of tanh"),
        ("两侧仍饱和", "both sides still saturate"),
        ("深层网络训练的对比实验 [@glorot2010]", "compared in a study of deep nets [@glorot2010]"),
    ),
    "ReLU": Words(
        ("只需一次比较，正侧斜率为 1，输出稀疏", "one comparison, slope 1 on the right, sparse"),
        ("负侧无梯度，单元可能死亡", "no gradient on the left: units can die"),
        (
            "卷积网络 [@krizhevsky2012; @he2016]；最初的 Transformer [@vaswani2017]",
            "convolutional nets [@krizhevsky2012; @he2016]; the first Transformer [@vaswani2017]",
        ),
    ),
    "Leaky ReLU": Words(
        ("负侧仍有梯度", "keeps a gradient on the left"),
        ("斜率要选", "a slope to choose"),
        (
            "语音识别 [@maas2013]；DCGAN 判别器，斜率 0.2 [@radford2016]",
            "speech [@maas2013]; DCGAN's discriminator, slope 0.2 [@radford2016]",
        ),
    ),
    "PReLU": Words(
        ("斜率自己学", "learns its slope"),
        ("多几个参数，不宜加权重衰减", "a few more parameters, without weight decay"),
        ("ImageNet 卷积网络 [@he2015]", "convolutional nets for ImageNet [@he2015]"),
    ),
    "RReLU": Words(
        ("随机斜率带来正则化", "the random slope regularises"),
        ("训练与推理不同", "differs between training and evaluation"),
        ("小数据集上的卷积网络 [@xu2015]", "convolutional nets on small data sets [@xu2015]"),
    ),
    "ELU": Words(
        ("均值更接近 0；α = 1 时没有折点", "mean nearer to 0, no kink at α = 1"),
        ("要算指数，左侧饱和", "needs exp; saturates on the left"),
        ("卷积网络 [@clevert2016]", "convolutional nets [@clevert2016]"),
    ),
    "SELU": Words(
        ("使各层趋向均值 0、方差 1", "draws layers to mean 0 and variance 1"),
        ("要配 LeCun 初始化与 AlphaDropout", "wants LeCun initialisation and AlphaDropout"),
        ("深的全连接网络 [@klambauer2017]", "deep fully connected nets [@klambauer2017]"),
    ),
    "CELU": Words(
        ("α 取何值导数都连续", "continuous slope for every α"),
        ("α = 1 时就是 ELU", "is ELU at α = 1"),
        ("ELU 的替代 [@barron2017]", "in place of ELU [@barron2017]"),
    ),
    "softplus": Words(
        ("光滑，恒为正", "smooth and always positive"),
        ("从不为 0，均值偏大", "never 0; the largest mean here"),
        (
            "要求为正的输出（方差、价格）[@dugas2001]",
            "positive outputs: variances, prices [@dugas2001]",
        ),
    ),
    "GELU": Words(
        ("光滑，负侧留一点梯度", "smooth; some gradient on the left"),
        ("要算 erf，不单调", "needs erf; not monotone"),
        ("BERT [@devlin2019]", "BERT [@devlin2019]"),
    ),
    "GELU (tanh)": Words(
        ("不用 erf", "needs no erf"),
        ("与精确式不等，换权重时要对上", "not equal to the exact form: match it to the weights"),
        ("GPT-2 的代码 [@openai2019]", "the code of GPT-2 [@openai2019]"),
    ),
    "SiLU": Words(
        ("光滑，比 GELU 便宜", "smooth, cheaper than GELU"),
        ("不单调", "not monotone"),
        (
            "强化学习 [@elfwing2018]；EfficientNet [@tan2019]",
            "reinforcement learning [@elfwing2018]; EfficientNet [@tan2019]",
        ),
    ),
    "Mish": Words(
        ("光滑", "smooth"),
        ("三个超越函数，这里最多", "three transcendental functions, the most here"),
        ("YOLOv4 [@bochkovskiy2020]", "YOLOv4 [@bochkovskiy2020]"),
    ),
    "hardswish": Words(
        ("近似 SiLU，不用指数", "close to SiLU without exp"),
        ("有两个折点", "two kinks"),
        ("MobileNetV3 [@howard2019]", "MobileNetV3 [@howard2019]"),
    ),
    "softmax": Words(
        ("输出是概率分布", "a probability distribution"),
        ("接近独热时梯度趋于 0", "near one-hot the gradient tends to 0"),
        (
            "分类输出 [@bridle1990]；注意力 [@vaswani2017]",
            "class output [@bridle1990]; attention [@vaswani2017]",
        ),
    ),
    "log-softmax": Words(
        ("概率下溢时仍有限", "finite where the probability underflows"),
        ("结果是对数，不是概率", "logarithms, not probabilities"),
        ("交叉熵 [@blanchard2021]", "cross-entropy [@blanchard2021]"),
    ),
    "logsumexp": Words(
        ("光滑的最大值", "a smooth maximum"),
        ("直接写会溢出，要先减最大值", "overflows unless the maximum is taken out"),
        ("归一化常数的对数 [@blanchard2021]", "log of a normaliser [@blanchard2021]"),
    ),
    "maxout": Words(
        ("学出自己的凸函数", "learns its own convex function"),
        ("k 段就要 k 倍权重", "k pieces need k times the weights"),
        ("与 dropout 合用 [@goodfellow2013]", "together with dropout [@goodfellow2013]"),
    ),
    "GLU": Words(
        ("线性的一路让梯度直通", "a linear path for the gradient"),
        ("线性层要加倍", "twice the linear layers"),
        ("门控卷积 [@dauphin2017]", "gated convolutions [@dauphin2017]"),
    ),
    "SwiGLU": Words(
        ("对比实验中优于 ReLU、GELU 的前馈层", "beat ReLU and GELU blocks in a comparison"),
        ("前馈层变成三个矩阵", "three matrices in a feed-forward block"),
        (
            "前馈层 [@shazeer2020]；LLaMA [@touvron2023]",
            "feed-forward blocks [@shazeer2020]; LLaMA [@touvron2023]",
        ),
    ),
}


def table_uses(tr: Tr) -> Table:
    return Table(
        [
            tr("名称", "name"),
            tr("优点", "good at"),
            tr("缺点", "costs"),
            tr("用在哪里", "where it is used"),
        ],
        [
            [tr.name(name), tr.pair(words.good), tr.pair(words.bad), tr.pair(words.used)]
            for name, words in WORDS.items()
        ],
        caption=tr("优点、缺点与用处", "Strengths, weaknesses and uses"),
        sortable=True,
    )
