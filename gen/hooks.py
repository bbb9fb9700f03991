"""MkDocs calls these.  An adapter without logic: all it knows comes from gen.state and gen.math."""

from __future__ import annotations

import posixpath
import re
from typing import Any

from gen import state
from gen.math import Math
from gen.search_text import sections

MATERIALS_WORKER = re.compile(r"assets/javascripts/workers/search\.\w+\.min\.js")
UNUSED = ("assets/js/search/", "assets/javascripts/workers/", "assets/javascripts/lunr/")
DRAWING = re.compile(r'<div class="yj-canvas" data-svg="([^"]+)"></div>')


def on_config(config: Any) -> Any:
    """The navigation, made from the pages that exist."""
    config.nav = state.get().nav
    return config


def on_files(files: Any, config: Any) -> Any:
    """Without the search script that ours replaces; only changed pages count as modified."""
    for file in [file for file in files if file.src_uri.startswith(UNUSED)]:
        files.remove(file)
    changed = state.get().changed
    if changed is not None:
        for file in files:
            file.is_modified = lambda file=file: file.src_uri in changed
    return files


def on_env(env: Any, config: Any, files: Any) -> Any:
    """Templates are compiled once, not once a build."""
    from jinja2 import FileSystemBytecodeCache

    folder = state.get().cache / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    env.bytecode_cache = FileSystemBytecodeCache(str(folder))
    return env


def on_page_read_source(page: Any, config: Any) -> str | None:
    """The stitched page instead of the file."""
    return state.get().stitched.get(page.file.src_uri)


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> None:
    """Material's search does not read the page too: its index is replaced by ours."""
    page.meta["search"] = {"exclude": True}


def on_page_context(context: dict[str, Any], page: Any, config: Any, nav: Any) -> dict[str, Any]:
    """The link to the page's twin in the other language: relative, so that it works anywhere.

    The page's content is final here, and still without drawings: this is what the search reads.
    """
    here = state.get()
    here.read[page.file.src_uri] = sections(page.content)
    other = "en" if here.lang == "zh" else "zh"
    twin = page.file.src_uri in here.twins
    target = here.folder[other] + (page.file.url if twin else "index.html")
    start = posixpath.dirname(here.folder[here.lang] + page.file.url)
    context["yj_twin"] = posixpath.relpath(target, start or ".")
    root = config.site_url.removesuffix(here.folder[here.lang])
    context["yj_canonical_twin"] = root + target if twin else ""
    return context


def on_post_page(output: str, page: Any, config: Any) -> str:
    """The drawings, the formulas, and our search instead of Material's."""
    here = state.get()
    output = MATERIALS_WORKER.sub(here.worker, output)
    output = DRAWING.sub(
        lambda match: (
            '<div class="yj-canvas">'
            + (here.build / match[1]).read_text(encoding="utf-8")
            + "</div>"
        ),
        output,
    )
    return Math(here.katex, here.cache / "math").page(output)
