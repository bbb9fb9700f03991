"""Names of pages: from front matter to what is searched, and what is wrong there by line."""

from __future__ import annotations

import pytest

from gen.errors import Problem
from gen.page import Page
from gen.search_names import check, is_concept, names, reading
from snippets.kit import Lang


def page(front: str, title: str = "T", path: str = "docs/zh/a/t.md") -> Page:
    return Page(path, f"---\n{front}\n---\n# {title}\n")


def told(pages: dict[Lang, dict[str, Page]]) -> list[str]:
    return [str(problem) for problem in sorted(check(pages))]


def test_names_are_title_terms_aliases_and_those_of_the_twin() -> None:
    zh = page(
        "aliases: [梯度, ReLU 函数]\nterm: {zh: 线性整流函数, en: rectified linear unit}", "ReLU"
    )
    en = page("aliases: [ramp, 梯度]", "ReLU", "docs/en/a/t.md")
    found = {name.text: name for name in names(zh, en)}
    assert found.keys() == {
        "ReLU", "线性整流函数", "rectified linear unit", "梯度", "ReLU 函数", "ramp",
    }  # fmt: skip
    assert found["ReLU"].weight > found["梯度"].weight > found["ramp"].weight
    assert found["梯度"].pinyin == "ti du"
    assert found["ReLU 函数"].pinyin == "han shu"
    assert found["ramp"].pinyin == ""


def test_a_title_of_several_things_names_each() -> None:
    assert [name.text for name in names(page("", "sigmoid 与 tanh"), None)] == [
        "sigmoid 与 tanh", "sigmoid", "tanh",
    ]  # fmt: skip


def test_the_parts_of_a_title_that_name_nothing() -> None:
    sheet = page("", "输出、损失速查", "docs/zh/cheatsheets/t.md")
    assert [name.text for name in names(sheet, None)] == ["输出、损失速查"]
    assert "0-1" not in {name.text for name in names(page("", "0-1、合页"), None)}


def test_a_page_may_have_several_terms() -> None:
    several = page("term: [{zh: 甲, en: a}, {zh: 乙, en: b, abbr: B2}]")
    assert {name.text for name in names(several, None)} == {"T", "甲", "a", "乙", "b", "B2"}


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("卷积核权重", "juan ji he quan zhong"),
        ("重参数化", "chong can shu hua"),
        ("残差连接", "can cha lian jie"),
        ("方差", "fang cha"),
        ("行列式", "hang lie shi"),
        ("微调", "wei tiao"),
        ("学习率", "xue xi lu"),
        ("长短期记忆", "chang duan qi ji yi"),
    ],
)
def test_polyphones_of_the_field_are_read_right(word: str, syllables: str) -> None:
    """Readings from the dictionaries of the language (新华字典): 重 chóng again, zhòng weight."""
    assert reading(word, {}) == syllables.split()


def test_the_front_matter_settles_a_reading() -> None:
    own = page("aliases: [某行]\npinyin: {某行: mou hang}")
    assert {n.text: n.pinyin for n in names(own, None)}["某行"] == "mou hang"
    assert told({"zh": {"a/t.md": own}, "en": {}}) == []


def test_an_unknown_reading_is_told() -> None:
    own = page("description: x\naliases: [某行]")
    assert told({"zh": {"a/t.md": own}, "en": {}}) == [
        "docs/zh/a/t.md:3: whether 行 in 某行 is read hang or heng or xing is not known; "
        "say it in the front matter: pinyin: {某行: mou xing}"
    ]


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (
            "mou gang",
            "'gang' is no reading of 行 in 某行; write hang or heng or xing, without tones",
        ),
        (
            "hang",
            "某行 has 2 characters and 1 syllables of pinyin; write one a character, without tones",
        ),
    ],
)
def test_a_wrong_reading_is_told(given: str, what: str) -> None:
    own = page(f"aliases: [某行]\npinyin: {{某行: {given}}}")
    assert told({"zh": {"a/t.md": own}, "en": {}}) == [f"docs/zh/a/t.md:3: {what}"]


def test_a_name_that_two_pages_claim_is_told_with_both() -> None:
    one = page("aliases: [F.relu]", "One", "docs/zh/a/one.md")
    two = page("description: x\naliases: [F.ReLU]", "Two", "docs/zh/a/two.md")
    assert told({"zh": {"a/one.md": one, "a/two.md": two}, "en": {}}) == [
        "docs/zh/a/two.md:3: 'F.ReLU' is a name of docs/zh/a/one.md too; "
        "a name leads to one page: take it out of one of them"
    ]


def test_an_alias_that_is_the_title_of_another_page_is_told() -> None:
    one = page("aliases: [Two]", "One", "docs/zh/a/one.md")
    two = page("aliases: [second]", "Two", "docs/zh/a/two.md")
    found = told({"zh": {"a/one.md": one, "a/two.md": two}, "en": {}})
    assert [line.split(";")[0] for line in found] == [
        "docs/zh/a/one.md:2: 'Two' is a name of docs/zh/a/two.md too"
    ]


def test_twins_share_their_names() -> None:
    zh, en = page("aliases: [F.relu]"), page("aliases: [F.relu]", path="docs/en/a/t.md")
    assert check({"zh": {"a/t.md": zh}, "en": {"a/t.md": en}}) == []


def test_a_concept_without_alias_is_told() -> None:
    bare = page("description: x\naliases: []")
    assert check({"zh": {"a/t.md": bare}, "en": {}}) == [
        Problem(
            "docs/zh/a/t.md",
            3,
            "the page has no alias",
            "write in `aliases` what else people call it",
        )
    ]
    for name in ("about.md", "cheatsheets/t.md"):
        assert check({"zh": {name: bare}, "en": {}}) == []


def test_what_is_a_concept() -> None:
    assert is_concept("activations/relu.md")
    assert not any(map(is_concept, ("index.md", "cheatsheets/a.md", "activations/index.md")))
