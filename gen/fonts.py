"""The fonts of figures and PDFs, the same ones on every machine.

Chinese is Noto Sans SC, which comes as one variable font.  matplotlib draws a variable font at its
thinnest, so HarfBuzz cuts two static ones from it.  The whole character set is kept: it costs a
fifth of a second a weight, and no text can then meet a character that a subset forgot.
"""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import tempfile
from dataclasses import dataclass
from functools import cache as remember
from importlib import metadata, resources
from multiprocessing.process import BaseProcess
from pathlib import Path

from gen.errors import Failure, Problem

FAMILY = "Noto Sans SC"
FALLBACK = "DejaVu Sans"
"""What draws the characters that Noto Sans SC lacks; it comes with matplotlib."""

_PACKAGE = "justmytype-intl-cjk"
_SOURCE = "fonts/ofl/notosanssc/NotoSansSC[wght].ttf"
_WEIGHTS = {"Regular": 400, "Bold": 700}
_COPIED = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique")
_FORM = "1"  # counted up when the files are made in another way
_FAMILY_ID, _STYLE_ID, _FULL_ID, _POSTSCRIPT_ID = 1, 2, 4, 6


class FontError(Failure):
    """A font is not there; told of the file that names the package that brings it."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__([Problem("requirements.in", 1, what, todo)])


@dataclass(frozen=True)
class FontFiles:
    """Noto Sans SC in two weights, in one folder with DejaVu Sans and with nothing else."""

    regular: Path
    bold: Path

    @property
    def folder(self) -> Path:
        return self.regular.parent


def begin(cache: Path) -> list[BaseProcess]:
    """Start to make the fonts that are not there yet, one process for each, beside other work."""
    folder = cache / f"noto-sans-sc-{_key(_source())}"
    missing = [s for s in _WEIGHTS if not (folder / f"NotoSansSC-{s}.ttf").exists()]
    context = multiprocessing.get_context("fork")
    makers: list[BaseProcess] = [
        context.Process(target=_make, args=(folder, style)) for style in missing
    ]
    for maker in makers:
        maker.start()
    return makers


def _make(folder: Path, style: str) -> None:
    _write(folder / f"NotoSansSC-{style}.ttf", _static(_source(), style))


def font_files(cache: Path) -> FontFiles:
    """The fonts in a folder of ``cache``, made there the first time (a second; later, nothing).

    The folder is named by the content of the variable font and by what is done to it, so that a
    new release of either makes a new one.  The files are the same bytes each time.  Raises
    FontError when the variable font is not installed.
    """
    source = _source()
    folder = cache / f"noto-sans-sc-{_key(source)}"
    made = {style: folder / f"NotoSansSC-{style}.ttf" for style in _WEIGHTS}
    for style, path in made.items():
        if not path.exists():
            _write(path, _static(source, style))
    data = _matplotlib_fonts()
    for name in _COPIED:
        if not (folder / f"{name}.ttf").exists():
            _write(folder / f"{name}.ttf", (data / "ttf" / f"{name}.ttf").read_bytes())
    return FontFiles(made["Regular"], made["Bold"])


def register(cache: Path) -> FontFiles:
    """Let matplotlib draw with ``FAMILY`` and its own fonts, and with no font of the machine.

    A font of the machine would make a figure that another machine draws otherwise.  Set
    ``font.family`` to ``[FAMILY, FALLBACK]`` afterwards.
    """
    from matplotlib import font_manager

    files = font_files(cache)
    own, manager = _matplotlib_fonts(), font_manager.fontManager
    manager.ttflist = [font for font in manager.ttflist if Path(font.fname).is_relative_to(own)]
    for path in (files.regular, files.bold):
        manager.addfont(path)
    return files


def _source() -> Path:
    try:
        path = Path(str(resources.files("justmytype_intl_cjk"))) / _SOURCE
    except ModuleNotFoundError:
        raise FontError(
            f"the Chinese font is missing: the package {_PACKAGE} is not installed",
            "run make setup",
        ) from None
    if not path.is_file():
        version = metadata.version(_PACKAGE)
        raise FontError(
            f"the Chinese font is missing: {_PACKAGE} {version} has no {_SOURCE}",
            "install the version that requirements.txt names",
        )
    return path


@remember
def _key(source: Path) -> str:
    import uharfbuzz

    parts = [_FORM, uharfbuzz.version_string(), metadata.version("fonttools")]
    parts.append(metadata.version("matplotlib"))  # the DejaVu fonts are of this release
    with source.open("rb") as file:
        parts.append(hashlib.file_digest(file, "sha256").hexdigest())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _static(source: Path, style: str) -> bytes:
    """The variable font at one weight, under a name of its own."""
    import uharfbuzz
    from fontTools.ttLib import TTFont

    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(source))
    plan = uharfbuzz.SubsetInput()
    plan.keep_everything()
    plan.pin_axis_location(face, "wght", _WEIGHTS[style])
    blob = uharfbuzz.subset(face, plan).blob

    # Not the time of this run: the same font must be the same bytes.
    font = TTFont(io.BytesIO(blob.data), recalcTimestamp=False)
    names = {
        _FAMILY_ID: FAMILY,
        _STYLE_ID: style,
        _FULL_ID: f"{FAMILY} {style}",
        _POSTSCRIPT_ID: f"NotoSansSC-{style}",
    }
    for name_id, text in names.items():
        font["name"].setName(text, name_id, 3, 1, 0x409)
    del font["STAT"]  # the axes of the variable font, which this one no longer has
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def _matplotlib_fonts() -> Path:
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts"


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: another build may be making the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        unfinished = Path(file.name)
        try:
            file.write(content)
        except OSError:  # a full disk: leave no half of a font behind
            unfinished.unlink()
            raise
    unfinished.replace(path)
