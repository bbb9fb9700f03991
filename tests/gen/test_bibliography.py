"""Entries of the bibliography as they are printed, and what is wrong with one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from gen import bibliography
from gen.bibliography import Reference
from gen.errors import Failure
from gen.paths import here


def read(folder: Path, text: str) -> dict[str, Reference]:
    path = folder / "references.bib"
    path.write_text(text, encoding="utf-8")
    bibliography.read.cache_clear()
    return bibliography.read(path, "docs/references.bib")


def one(folder: Path, fields: str) -> Reference:
    (reference,) = read(folder, f"@misc{{key, title={{T}}, year={{2015}}, {fields}}}\n").values()
    return reference


def test_a_whole_entry(tmp_path: Path) -> None:
    text = """
% a comment
@inproceedings{he2015,
  author    = {He, Kaiming and Zhang, Xiangyu},
  title     = {Delving {Deep} into Rectifiers: {M{\\"u}ller}'s},
  booktitle = {{ICCV}},
  year      = {2015},
  doi       = {10.1/x_y},
}
"""
    assert read(tmp_path, text) == {
        "he2015": Reference(
            key="he2015",
            short="He & Zhang, 2015",
            authors="Kaiming He, Xiangyu Zhang",
            title="Delving Deep into Rectifiers: Müller's",
            where="ICCV",
            year="2015",
            url="https://doi.org/10.1/x_y",
            line=3,
        )
    }


@pytest.mark.parametrize(
    ("authors", "short", "full"),
    [
        ("Knuth, Donald E.", "Knuth, 2015", "Donald E. Knuth"),
        ("Yann LeCun", "LeCun, 2015", "Yann LeCun"),
        ("van der Maaten, Laurens", "van der Maaten, 2015", "Laurens van der Maaten"),
        ("A, X and B, Y", "A & B, 2015", "X A, Y B"),
        ("A, X and B, Y and C, Z", "A et al., 2015", "X A, Y B, Z C"),
        ("{The PyTorch Team}", "The PyTorch Team, 2015", "The PyTorch Team"),
        ('Bj{\\"o}rck, {\\AA}ke', "Björck, 2015", "Åke Björck"),
        (
            " and ".join(f"{c}, X" for c in "ABCDEF"),
            "A et al., 2015",
            "X A, X B, X C, X D, X E, X F",
        ),
        (
            " and ".join(f"{c}, X" for c in "ABCDEFG"),
            "A et al., 2015",
            "X A, X B, X C, X D, X E, et al.",
        ),
    ],
)
def test_authors(tmp_path: Path, authors: str, short: str, full: str) -> None:
    reference = one(tmp_path, f"author={{{authors}}}")
    assert (reference.short, reference.authors) == (short, full)


@pytest.mark.parametrize(
    ("fields", "where", "url"),
    [
        ("", "", ""),
        ("journal={J. of X}", "J. of X", ""),
        ("journal={J}, url={https://u.org}", "J", "https://u.org"),
        ("url={https://u.org}, doi={1/2}, eprint={3}", "arXiv:3", "https://u.org"),
        ("doi={1/2}, eprint={3}", "arXiv:3", "https://doi.org/1/2"),
        ("eprint={1502.01852}", "arXiv:1502.01852", "https://arxiv.org/abs/1502.01852"),
        ("booktitle={ICCV}, eprint={3}", "ICCV, arXiv:3", "https://arxiv.org/abs/3"),
        (
            "journal={arXiv preprint arXiv:3}, eprint={3}",
            "arXiv preprint arXiv:3",
            "https://arxiv.org/abs/3",
        ),
        ("publisher={P}, pages={1--2}", "P", ""),
        ("howpublished={blog, 1--2}", "blog, 1–2", ""),
    ],
)
def test_where(tmp_path: Path, fields: str, where: str, url: str) -> None:
    reference = one(tmp_path, f"author={{A, B}}, {fields}")
    assert (reference.where, reference.url) == (where, url)


GOOD = "@misc{good, author={A, B}, title={T}, year={2015}}\n"
BROKEN = [
    ("@misc{a, title={T}, year={2015}}", "1: 'a' has no author; complete the entry"),
    ("@misc{a, author={A, B}}", "1: 'a' has no title, year; complete the entry"),
    (GOOD + "\n@misc{b, year={2015}}", "3: 'b' has no title, author; complete the entry"),
    (
        GOOD + GOOD,
        "2: 'good' stands in line 1 already; keep one of them",
    ),
    (
        GOOD + "@misc{b, author={A, B, C, D}, title={T}, year={2015}}",
        "2: this is not BibTeX: Too many commas in 'A, B, C, D'; mend the entry",
    ),
]


@pytest.mark.parametrize(("text", "told"), BROKEN)
def test_broken(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(Failure) as failure:
        read(tmp_path, text)
    assert str(failure.value) == f"docs/references.bib:{told}"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (GOOD + "@misc{b, author={A, B}, title={T}, year=never}", 2),
        (GOOD + "@misc{b, author={A, B}, title={T, year={2015}}\n", 3),
        (GOOD + "\n@misc b\n", 3),
    ],
)
def test_not_bibtex(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(Failure) as failure:
        read(tmp_path, text)
    assert str(failure.value).startswith(f"docs/references.bib:{line}: this is not BibTeX: ")


def test_no_two_references_of_the_project_are_cited_alike() -> None:
    """A reader could not tell which of the two stands behind the sentence."""
    paths = here()
    bibliography.read.cache_clear()
    references = bibliography.read(paths.bibliography, "docs/references.bib").values()
    shorts = Counter(reference.short for reference in references)
    assert [short for short, count in shorts.items() if count > 1] == []


def test_works_of_the_same_authors_and_year_get_letters(tmp_path: Path) -> None:
    text = "".join(
        f"@misc{{{key}, author={{He, K and Sun, J}}, title={{{key}}}, year={{{year}}}}}\n"
        for key, year in (("he2016b", 2016), ("he2015", 2015), ("he2016", 2016))
    )
    shorts = {key: (one.short, one.year) for key, one in read(tmp_path, text).items()}
    assert shorts == {
        "he2015": ("He & Sun, 2015", "2015"),
        "he2016": ("He & Sun, 2016a", "2016a"),
        "he2016b": ("He & Sun, 2016b", "2016b"),
    }
