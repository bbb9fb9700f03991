"""The script of the search, run as the browser's worker would run it, on a small site made here."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from py_mini_racer import MiniRacer

from gen import search
from gen.errors import Failure
from gen.page import Page
from gen.search_text import Section
from snippets.kit import Lang

ROOT = Path(__file__).resolve().parents[2]
Search = Callable[[str], list[list[dict[str, Any]]]]


def page(title: str, aliases: str) -> Page:
    return Page(f"docs/{title}.md", f"---\naliases: [{aliases}]\n---\n# {title}\n")


ZH = {
    "norm/batch.md": page("批归一化", "批量归一化, batch normalization, BN, nn.BatchNorm2d"),
    "norm/layer.md": page("层归一化", "layer normalization, LN"),
    "loss/entropy.md": page("交叉熵", "cross entropy, F.cross_entropy"),
    "conv/up.md": page("转置卷积", "反卷积, transposed convolution"),
    "glossary.md": page("术语表", "术语"),
}
EN = {
    "norm/batch.md": page("Batch normalization", "batchnorm"),
    "norm/layer.md": page("Layer normalization", "layernorm"),
    "loss/entropy.md": page("Cross entropy", "log loss"),
    "conv/up.md": page("Transposed convolution", "deconvolution"),
    "glossary.md": page("Glossary", "terms"),
}
READ = {
    "norm/batch.md": [
        Section("", "批归一化", "按批计算均值与方差。"),
        Section("train", "训练与推理的差别", "推理时用滑动平均，滑动平均在训练时更新。"),
    ],
    "norm/layer.md": [Section("", "层归一化", "按样本计算均值与方差，与批大小无关。")],
    "loss/entropy.md": [
        Section("", "交叉熵", "两个分布的差异。"),
        Section("logits", "为什么传入 logits", "避免溢出。", ["L = -log p", "σ(x) = 1/(1 + e^-x)"]),
    ],
    "conv/up.md": [Section("", "转置卷积", "把特征图放大。")],
    "glossary.md": [Section("", "术语表", "全部概念：批归一化、层归一化、交叉熵、转置卷积。")],
}


@pytest.fixture(scope="module")
def script() -> str:
    return search.worker(ROOT / "theme", ROOT / "node_modules/minisearch")


@pytest.fixture(scope="module")
def ask(script: str) -> Iterator[Search]:
    """Asks the worker; results as Material gets them: pages, each a list of links."""
    yield from asking(script, search.index("zh", {"zh": ZH, "en": EN}, {"zh": READ, "en": {}}))


@pytest.fixture(scope="module")
def ask_typed(script: str) -> Iterator[Search]:
    """Asks of pages that are found only by how their names are typed."""
    aliases = {
        "a/api.md": "nn.MultiMarginLoss",
        "a/short.md": "IN",
        "a/order.md": "hidden distribution shift",
        "a/formula.md": "y = F(x) + x",
        "cheatsheets/index.md": "速查表",
        "cheatsheets/one.md": "卷积速查表, 什么是卷积",
        # What would be found instead.
        "b/layer.md": "层",
        "b/hidden.md": "hidden layers",
        "b/letters.md": "F u",
    }
    zh = {path: page(f"第{i}页", alias) for i, (path, alias) in enumerate(aliases.items())}
    read = {path: [Section("", one.title)] for path, one in zh.items()}
    yield from asking(script, search.index("zh", {"zh": zh, "en": {}}, {"zh": read, "en": {}}))


def asking(script: str, index: str) -> Iterator[Search]:
    context = MiniRacer()
    context.eval(script)
    assert context.eval(f"youjuSearch({{type: 0, data: {index}}}).type") == 1

    def search_for(query: str) -> list[list[dict[str, Any]]]:
        message = json.dumps({"type": 2, "data": query})
        answer = json.loads(str(context.eval(f"JSON.stringify(youjuSearch({message}))")))
        assert answer["type"] == 3
        items: list[list[dict[str, Any]]] = answer["data"]["items"]
        return items

    yield search_for
    context.close()


@pytest.mark.parametrize(
    ("query", "location"),
    [
        ("批归一化", "norm/batch.html"),
        ("BN", "norm/batch.html"),
        ("反卷积", "conv/up.html"),
        ("nn.BatchNorm2d", "norm/batch.html"),
        ("torch.nn.BatchNorm2d(64)", "norm/batch.html"),
        ("f cross_entropy", "loss/entropy.html"),
        ("deconvolution", "conv/up.html"),
        ("pi gui yi hua", "norm/batch.html"),
        ("jiaochashang", "loss/entropy.html"),
        ("zzjj", "conv/up.html"),
        ("corss entropy", "loss/entropy.html"),
        ("batch normalisation", "norm/batch.html"),
        ("trasposed convolution", "conv/up.html"),
        ("交差熵", "loss/entropy.html"),
        ("皮归一化", "norm/batch.html"),
        ("轉置卷積", "conv/up.html"),
        ("ＢＮ", "norm/batch.html"),
        ("什么是批归一化", "norm/batch.html"),
        ("how does BN work", "norm/batch.html"),
        ("特征图", "conv/up.html"),
    ],
)
def test_the_page_is_first(ask: Search, query: str, location: str) -> None:
    assert ask(query)[0][0]["location"] == location


@pytest.mark.parametrize(
    ("query", "location"),
    [
        ("MultiMarginLoss p 取多少", "a/api.html"),
        ("IN层", "a/short.html"),
        ("shift of the distribution in hidden layers", "a/order.html"),
        ("z = F(u) + u", "a/formula.html"),
        ("什么是速查表", "cheatsheets/index.html"),
        ("扩散模型速查表", "cheatsheets/index.html"),
        ("卷积速查表", "cheatsheets/one.html"),
    ],
)
def test_a_name_is_found_as_it_is_typed(ask_typed: Search, query: str, location: str) -> None:
    assert ask_typed(query)[0][0]["location"] == location


@pytest.mark.parametrize(
    ("query", "location"),
    [
        ("BN 推理", "norm/batch.html#train"),
        ("批归一化训练与推理的差别", "norm/batch.html#train"),
        ("1/(1+exp(-x))", "loss/entropy.html#logits"),
        ("σ", "loss/entropy.html#logits"),
    ],
)
def test_the_best_section_is_first_and_the_page_is_with_it(
    ask: Search, query: str, location: str
) -> None:
    first = ask(query)[0]
    assert first[0]["location"] == location
    assert first[0]["score"] == max(item["score"] for item in first)
    assert location.split("#")[0] in [item["location"] for item in first]


def test_a_word_inside_compounds_finds_all_of_them(ask: Search) -> None:
    assert {items[0]["location"] for items in ask("归一化")} >= {
        "norm/batch.html",
        "norm/layer.html",
    }


def test_the_glossary_stands_below_the_concept(ask: Search) -> None:
    pages = [items[0]["location"] for items in ask("交叉熵")]
    assert pages.index("loss/entropy.html") < pages.index("glossary.html")


def test_the_words_are_marked_as_the_page_has_them(ask: Search) -> None:
    item = ask("推理時的滑動平均")[0][0]
    assert item["location"] == "norm/batch.html#train"
    assert "<mark data-md-highlight>滑动平均</mark>" in item["text"]
    assert item["terms"]["滑动平均"] is True


def test_markup_is_escaped(ask: Search) -> None:
    for items in ask("<b>BN</b>"):
        for item in items:
            assert "<b>" not in item["title"] + item["text"]


@pytest.mark.parametrize("query", ["红烧肉", "basketball schedule", "qqqq"])
def test_what_the_site_lacks_is_said(ask: Search, query: str) -> None:
    assert "没有找到" in ask(query)[0][0]["title"]


@pytest.mark.parametrize("query", ["", "   ", "？！", "()"])
def test_no_query_has_no_answer(ask: Search, query: str) -> None:
    assert ask(query) == []


def test_nearest_concepts_follow_when_nothing_is_found(ask: Search) -> None:
    locations = [items[0]["location"] for items in ask("归一层熵")]
    assert locations[0] == "glossary.html"
    assert "norm/layer.html" in locations[1:]


# --------------------------------------------------------------------------- the files


def test_the_script_leaves_one_name_in_a_page_and_asks_for_nothing(script: str) -> None:
    context = MiniRacer()
    before = set(json.loads(str(context.eval("JSON.stringify(Object.keys(globalThis))"))))
    context.eval(script)
    after = set(json.loads(str(context.eval("JSON.stringify(Object.keys(globalThis))"))))
    context.close()
    assert after - before == {"youjuSearch"}
    assert "sourceMappingURL" not in script


def test_another_script_has_another_name(script: str) -> None:
    assert search.worker_name(script) == search.worker_name(script)
    assert search.worker_name(script) != search.worker_name(script + " ")


def test_rare_words_are_kept_as_the_size_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(0)
    words = ["".join(rng.choices("abcdefghij", k=12)) for _ in range(400)]
    both, first = " ".join(words[:200]), " ".join(words[200:])
    read = {
        "norm/batch.md": [Section("", "批归一化"), Section("a", "一", f"BatchNorm {both} {first}")],
        "norm/layer.md": [Section("", "层归一化"), Section("a", "一", both)],
    }
    pages: dict[Lang, dict[str, Page]] = {"zh": ZH, "en": EN}

    def kept() -> set[str]:
        docs = json.loads(search.index("zh", pages, {"zh": read, "en": {}}))["docs"]
        return {word for texts in docs["texts"] for text in texts for word in text.split()}

    assert kept() == set(words)  # a name of the page need not be kept again
    monkeypatch.setattr(search, "LARGEST", 2_500)
    assert kept() == set(words[200:])  # those that stand on one page
    monkeypatch.setattr(search, "LARGEST", 1_200)
    assert not kept()
    monkeypatch.setattr(search, "LARGEST", 100)
    with pytest.raises(Failure, match="has more than 100 bytes compressed"):
        kept()


def test_a_pair_of_characters_is_a_word_where_it_is_repeated() -> None:
    text = "循环矩阵把卷积写成乘法；循环矩阵的特征向量"
    pages: dict[Lang, dict[str, Page]] = {"zh": ZH, "en": EN}
    read = {"conv/up.md": [Section("", "转置卷积"), Section("a", "一", text)]}
    docs = json.loads(search.index("zh", pages, {"zh": read, "en": {}}))["docs"]
    assert docs["texts"] == [["", "循环矩阵"]]
