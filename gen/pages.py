"""Runs MkDocs for one language: for all its pages, or for those alone that have changed."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
import yaml_env_tag

from gen import state
from gen.errors import Failure, Problem
from gen.paths import Paths
from gen.search_text import Section
from snippets.kit import LANGS, Lang

CONFIG: dict[Lang, str] = {"zh": "mkdocs.yml", "en": "mkdocs.en.yml"}
READ = "search/sections.json"
"""What the search has read of the pages; gen.search makes the index of it."""

# MkDocs stamps the compressed sitemap with the time of the build; equal sites are to be equal
# bytes.
FIXED_TIME = "315532800"


def urls(paths: Paths) -> tuple[str, str]:
    """Where the source is shown, and where the site will lie, as mkdocs.yml says."""
    text = (paths.root / CONFIG["zh"]).read_text(encoding="utf-8")
    config = yaml.load(text, _Config)
    return f"{config['repo_url'].rstrip('/')}/blob/main", config.get("site_url") or ""


class _Config(yaml.SafeLoader):
    """Reads mkdocs.yml without loading MkDocs; what names a Python object is left out."""


_Config.add_constructor("!ENV", yaml_env_tag.construct_env_tag)
_Config.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)


# --------------------------------------------------------------------------- MkDocs

_prepared: dict[Lang, Any] = {}
"""MkDocs' configuration of each language, as far as it was loaded ahead of its build."""


def load_mkdocs() -> None:
    """Import what MkDocs imports late."""
    import material.plugins.search.plugin  # noqa: F401
    import mkdocs.commands.build  # noqa: F401


def prepare(paths: Paths) -> None:
    """Load the configuration of both languages, for builds in forks of this process."""
    for lang in LANGS:
        if lang not in _prepared:
            try:
                _prepared[lang] = _config(paths, lang)
            except Exception:  # told by the build, which then loads it itself
                return


def _config(paths: Paths, lang: Lang) -> Any:
    from mkdocs.config import load_config

    # Warnings are judged below; MkDocs' own strictness would count the one on partial builds.
    config = load_config(str(paths.root / CONFIG[lang]), strict=False)
    env = config.theme.get_env()
    names = [name for name in env.list_templates() if not name.startswith(".")]
    # MkDocs asks for a new environment and walks through 14,000 icons at each call.
    env.list_templates = lambda extensions=None, filter_func=None: [  # type: ignore[method-assign]
        name for name in names if filter_func is None or filter_func(name)
    ]
    config.theme.get_env = lambda: env  # type: ignore[method-assign]
    return config


def render(paths: Paths, here: state.State, out: Path) -> None:
    """Write the pages of ``here.lang`` into ``out``; those of ``here.changed`` only, where it is
    given.

    Raises Failure with every warning of MkDocs and every formula that cannot be drawn.
    """
    from mkdocs.commands.build import build
    from mkdocs.exceptions import Abort, ConfigurationError

    from gen.math import MathError

    state.current = here
    os.environ["SOURCE_DATE_EPOCH"] = FIXED_TIME
    partial = here.changed is not None
    before = read_sections(out) if partial else {}
    config_file = CONFIG[here.lang]
    with _log() as told:
        try:
            config = _prepared.pop(here.lang, None) or _config(paths, here.lang)
            config.site_dir = str(out)
            build(config, dirty=partial)
        except MathError as error:
            raise Failure(
                [Problem(config_file, 1, str(bad), "correct it") for bad in error.bad]
            ) from None
        except (Abort, ConfigurationError) as error:
            told.append(str(error))
    if told:
        raise Failure(
            [Problem(config_file, 1, " ".join(t.split()), "see the page it names") for t in told]
        )
    text = json.dumps(
        {
            name: [vars(section) for section in found]
            for name, found in (before | here.read).items()
        },
        ensure_ascii=False,
    )
    (out / READ).write_text(text, encoding="utf-8")


def read_sections(out: Path) -> dict[str, list[Section]]:
    """The sections of each page of one language, as ``render`` left them in ``out``."""
    stored = json.loads((out / READ).read_text(encoding="utf-8"))
    return {name: [Section(**section) for section in found] for name, found in stored.items()}


@contextmanager
def _log() -> Iterator[list[str]]:
    """MkDocs' log without its lines; the warnings are given."""
    told: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            text = record.getMessage()
            if record.levelno >= logging.WARNING and not text.startswith("A 'dirty' build"):
                told.append(text)

    logger = logging.getLogger("mkdocs")
    handler = Collect()
    logger.addHandler(handler)
    before, logger.propagate = logger.propagate, False
    try:
        yield told
    finally:
        logger.propagate = before
        logger.removeHandler(handler)
