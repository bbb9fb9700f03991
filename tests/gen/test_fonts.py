"""The Chinese font: two static weights, complete, the same each time, and used by matplotlib."""

from __future__ import annotations

import io
import resource
import warnings
from importlib import resources
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer
from matplotlib import font_manager
from matplotlib.figure import Figure

from gen import fonts

VARIABLE = Path(str(resources.files("justmytype_intl_cjk"))) / fonts._SOURCE


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> fonts.FontFiles:
    return fonts.font_files(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def machine_fonts(monkeypatch: pytest.MonkeyPatch) -> list[font_manager.FontEntry]:
    """matplotlib's list of fonts, given back after the test, with a font of this machine in it."""
    stranger = font_manager.FontEntry(
        fname="/usr/share/fonts/NotoSansSC-Thin.otf", name=fonts.FAMILY, weight=100
    )
    entries = [stranger, *font_manager.fontManager.ttflist]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", entries)
    return entries


@pytest.mark.parametrize(("style", "weight"), [("regular", 400), ("bold", 700)])
def test_a_weight_is_static_and_named_for_what_it_is(
    made: fonts.FontFiles, style: str, weight: int
) -> None:
    font = TTFont(getattr(made, style))
    assert "fvar" not in font
    assert "gvar" not in font
    assert font["OS/2"].usWeightClass == weight
    assert [font["name"].getDebugName(k) for k in (1, 2)] == ["Noto Sans SC", style.capitalize()]


@pytest.mark.parametrize(("style", "weight"), [("regular", 400), ("bold", 700)])
def test_outlines_are_those_that_fonttools_cuts(
    made: fonts.FontFiles, style: str, weight: int
) -> None:
    text = "有据，激活函数 aβ∑0"
    few = TTFont(VARIABLE)
    cutter = subset.Subsetter(subset.Options(layout_features=[]))
    cutter.populate(text=text)
    cutter.subset(few)
    expected = instancer.instantiateVariableFont(few, {"wght": weight})
    ours = TTFont(getattr(made, style))
    for character in text.replace(" ", ""):
        a, b = (
            font["glyf"][font.getBestCmap()[ord(character)]].getCoordinates(font["glyf"])[0]
            for font in (ours, expected)
        )
        assert len(a) == len(b) > 3
        # Both round to whole thousandths of an em, and a half possibly to either side.
        assert np.abs(np.array(a) - np.array(b)).max() <= 1


def test_no_character_is_lost(made: fonts.FontFiles) -> None:
    everything = set(TTFont(VARIABLE).getBestCmap())
    gb2312 = {
        ord(bytes([row, cell]).decode("gb2312"))
        for row in range(0xB0, 0xF8)
        for cell in range(0xA1, 0xFF)
        if not (row == 0xD7 and cell > 0xF9)
    }
    assert len(gb2312) == 6763  # the characters of the standard's two levels
    for path in (made.regular, made.bold):
        assert set(TTFont(path).getBestCmap()) == everything >= gb2312


def test_the_same_bytes_each_time(made: fonts.FontFiles, tmp_path: Path) -> None:
    again = fonts.font_files(tmp_path)
    assert again.folder.name == made.folder.name
    for path in made.folder.iterdir():
        assert (again.folder / path.name).read_bytes() == path.read_bytes()
    assert TTFont(made.bold)["head"].modified == TTFont(VARIABLE)["head"].modified


def test_the_folder_holds_these_fonts_and_nothing_else(made: fonts.FontFiles) -> None:
    # matplotlib's Last Resort font has a box for each character: Typst would miss no glyph with it.
    names = {path.name for path in made.folder.iterdir()}
    assert names == {
        "NotoSansSC-Regular.ttf",
        "NotoSansSC-Bold.ttf",
        *(f"DejaVuSans{style}.ttf" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    }


def test_a_font_that_is_there_is_not_made_again(
    made: fonts.FontFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, style: str) -> bytes:
        raise AssertionError(f"{style} is made again")

    monkeypatch.setattr(fonts, "_static", refuse)
    assert fonts.font_files(made.folder.parent) == made


def test_another_release_of_the_font_has_its_own_folder(
    made: fonts.FontFiles, tmp_path: Path
) -> None:
    other = tmp_path / "other.ttf"
    other.write_bytes(VARIABLE.read_bytes() + b"\0")
    assert fonts._key(other) not in made.folder.name


def test_without_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def missing(package: str) -> Path:
        raise ModuleNotFoundError(package)

    monkeypatch.setattr(resources, "files", missing)
    with pytest.raises(fonts.FontError) as failure:
        fonts.font_files(tmp_path)
    assert str(failure.value) == (
        "requirements.in:1: the Chinese font is missing: the package justmytype-intl-cjk is not "
        "installed; run make setup"
    )


def test_with_a_package_that_lacks_the_font(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(resources, "files", lambda package: tmp_path)
    with pytest.raises(fonts.FontError, match=r"0\.1\.0 has no fonts/ofl/.*; install the version"):
        fonts.font_files(tmp_path)


def test_a_full_disk_leaves_no_half_of_a_font(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            fonts.font_files(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("machine_fonts")
def test_matplotlib_takes_ours_and_none_of_the_machine(made: fonts.FontFiles) -> None:
    fonts.register(made.folder.parent)
    entries = font_manager.fontManager.ttflist
    own = Path(mpl.get_data_path())
    strangers = [e.fname for e in entries if not Path(e.fname).is_relative_to(own)]
    assert sorted(map(str, strangers)) == sorted(map(str, (made.regular, made.bold)))
    for weight, path in (("normal", made.regular), ("bold", made.bold)):
        wanted = font_manager.FontProperties(family=[fonts.FAMILY], weight=weight)
        assert font_manager.findfont(wanted, fallback_to_default=False) == str(path)


@pytest.mark.usefixtures("machine_fonts")
def test_matplotlib_draws_chinese_without_a_warning(made: fonts.FontFiles) -> None:
    fonts.register(made.folder.parent)

    def draw(family: list[str]) -> None:
        with mpl.rc_context({"font.family": family}):
            canvas = Figure(figsize=(2, 1))
            canvas.text(0.5, 0.5, "激活函数 ReLU ∇")
            canvas.savefig(io.BytesIO(), format="png")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw([fonts.FAMILY, fonts.FALLBACK])
        with pytest.raises(UserWarning, match="Glyph 28608"):
            draw([fonts.FALLBACK])
