"""From the checkout to the finished site: artifacts, review, MkDocs twice, PDFs, publication by
rename.

Between builds, build/site keeps what MkDocs made (``raw``), the finished files (``tree``) and
what each was made from.  When only the content of some pages has changed, those pages alone are
rendered; when anything that every page shows has (a title, the theme, the configuration, this
generator), all are.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from gen import build as artifacts
from gen import math, nav, pages, review, search, stamp, state
from gen.errors import Failure, Problem
from gen.page import Page
from gen.paths import Paths
from gen.progress import Progress
from gen.publish import alone, publish
from snippets.kit import LANGS, Lang

Paper = Literal["a4", "us-letter"]
PAPERS: tuple[Paper, ...] = ("a4", "us-letter")
PREFIX: Mapping[Lang, str] = {"zh": "", "en": "en/"}

Job = tuple[Callable[..., None], tuple[Any, ...]]


def build(paths: Paths, progress: Progress) -> None:
    """Build the site.  Raises Failure with all problems of the run; the last site then stands as
    it was.
    """
    with alone(paths):
        inputs = stamp.digest(paths.root)
        texts = review.read_pages(paths)

        @cache
        def problems() -> list[Problem]:
            return review.words_of(texts, paths)

        def meanwhile(free: bool) -> None:
            problems()
            search.load()
            if free:
                pages.prepare(paths)

        try:
            manifest = artifacts.build(paths, progress, meanwhile=meanwhile)
            urls = pages.urls(paths)
            reviewed = review.stitched(texts, manifest, paths, *urls)
        except Failure as failure:
            raise Failure([*problems(), *failure.problems]) from None
        if problems():
            raise Failure(problems())
        workshop = _Workshop(paths, texts, reviewed, urls[1])
        workshop.make()
        publish(workshop.tree, paths)
        stamp.write(paths.root, inputs)


@dataclass
class _Made:
    """What the last build made, by the digest of what it was made from."""

    common: str = ""
    files: dict[str, str] = field(default_factory=dict)
    """Digest of the source of each page and PDF, by its path in the site."""
    used: dict[str, list[str]] = field(default_factory=dict)
    """Classes and characters that the formulas of a page need."""


class _Workshop:
    """The folder in which a site is put together, and what lies in it from the last time."""

    def __init__(
        self, paths: Paths, texts: review.Pages, reviewed: review.Reviewed, url: str
    ) -> None:
        self.paths, self.texts, self.reviewed, self.url = paths, texts, reviewed, url
        self.folder = paths.build / "site"
        self.raw, self.tree = self.folder / "raw", self.folder / "tree"
        self.record = self.folder / "made.json"
        self.topics = nav.read(paths)
        self.worker = search.worker(paths.theme, paths.root / "node_modules/minisearch")

    def make(self) -> None:
        """Bring ``tree`` up to date.  While it is worked on there is no record, so a build that
        was cut off is followed by a whole one.
        """
        last = self._last()
        now = _Made(self._common(), self._sources())
        whole = last.common != now.common
        if whole:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.raw.mkdir(parents=True)
            last = _Made()
        changed = {name for name, source in now.files.items() if last.files.get(name) != source}
        if not changed:
            return
        self.record.unlink(missing_ok=True)
        self._render(changed, whole)
        self._finish(changed, last, now, whole)
        text = json.dumps(vars(now), ensure_ascii=False, sort_keys=True)
        artifacts.write_atomically(self.record, text)

    def _last(self) -> _Made:
        try:
            return _Made(**json.loads(self.record.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return _Made()

    # ------------------------------------------------------------------ what has changed

    def _common(self) -> str:
        """Digest of all that every page shows or depends on."""
        digest = hashlib.sha256(stamp.digest(self.paths.root, stamp.COMMON).encode())
        for lang in LANGS:
            for name, page in self.texts[lang].items():
                digest.update(f"{lang}/{name}\0{page.title}\0{page.front.get('title')}\n".encode())
        digest.update(f"{self.url}\0{self.topics}".encode())
        return digest.hexdigest()

    def _sources(self) -> dict[str, str]:
        """Digest of the Markdown of each page and each sheet; drawings are named by content in
        it.
        """
        sources = {}
        for lang in LANGS:
            for name, text in self.reviewed.web[lang].items():
                sources[PREFIX[lang] + _html(name)] = _digest(text)
            for name, text in self.reviewed.print[lang].items():
                for paper in PAPERS:
                    sources[PREFIX[lang] + _pdf(name, paper)] = _digest(text)
        return sources

    # ------------------------------------------------------------------ MkDocs and PDFs

    def _render(self, changed: set[str], whole: bool) -> None:
        """Both languages and every sheet that changed, on all cores."""
        jobs: list[Job] = []
        for lang in LANGS:
            names = [n for n in self.reviewed.web[lang] if PREFIX[lang] + _html(n) in changed]
            if names:
                here = self._state(lang, None if whole else frozenset(names))
                jobs.append((pages.render, (self.paths, here, self.raw / lang)))
            for name, text in self.reviewed.print[lang].items():
                for paper in PAPERS:
                    pdf = PREFIX[lang] + _pdf(name, paper)
                    if pdf in changed:
                        about = (lang, name, text, self.url, paper)
                        jobs.append((sheet, (self.paths, *about, self.raw / "pdf" / pdf)))
        run_all(jobs)

    def _state(self, lang: Lang, changed: frozenset[str] | None) -> state.State:
        web = self.reviewed.web
        titles = {name: page.title for name, page in self.texts[lang].items()}
        return state.State(
            lang,
            web[lang],
            nav.nav(self.topics, titles, lang),
            self.paths.build,
            _katex(self.paths),
            self.paths.cache,
            frozenset(web["zh"]) & frozenset(web["en"]),
            changed,
            search.worker_name(self.worker),
        )

    # ------------------------------------------------------------------ the finished files

    def _finish(self, changed: set[str], last: _Made, now: _Made, whole: bool) -> None:
        """Stylesheet and fonts for exactly the formulas of this site, linked from its pages."""
        now.used = {name: used for name, used in last.used.items() if name in now.files}
        for name in changed:
            if name.endswith(".html"):
                found = math.used(self._raw_file(name).read_text(encoding="utf-8"))
                now.used[name] = ["".join(sorted(found.glyphs)), " ".join(sorted(found.classes))]
        used, before = _union(now.used), _union(last.used)
        if used != before:
            shutil.rmtree(self.raw / "math", ignore_errors=True)
        assets = math.write_assets(
            _katex(self.paths),
            self.paths.cache / "math",
            self.raw / "math",
            used,
        )
        if whole or used != before:
            shutil.rmtree(self.tree, ignore_errors=True)
            changed = set(self._raw_files())
        for name in sorted(changed):
            target = self.tree / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)  # never written into: the published site shares it
            source = self._raw_file(name)
            if name.endswith(".html"):
                base = "../" * name.count("/") + "assets/math/"
                if name == "404.html":
                    base = f"{self._path()}assets/math/"
                text = math.link_assets(source.read_text(encoding="utf-8"), assets, base)
                target.write_text(text, encoding="utf-8")
            else:
                os.link(source, target)
        self._write_search()

    def _write_search(self) -> None:
        """The index of each language anew: a name of one page may be an alias of its twin's."""
        read = {lang: pages.read_sections(self.raw / lang) for lang in LANGS}
        for lang in LANGS:
            made = search.files(lang, self.texts, read, self.worker)
            for name, content in made.items():
                target = self.tree / PREFIX[lang] / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.unlink(missing_ok=True)
                target.write_text(content, encoding="utf-8")

    def _path(self) -> str:
        """The path of the site's root on its host: the 404 page is shown at any address."""
        return "/" + self.url.split("://", 1)[-1].partition("/")[2]

    def _raw_files(self) -> Iterable[str]:
        """Every file that MkDocs, Typst and KaTeX made, by its path in the site."""
        for folder, prefix in (("zh", ""), ("en", "en/"), ("pdf", ""), ("math", "assets/math/")):
            root = self.raw / folder
            for path in root.rglob("*"):
                if path.is_file() and path.parent != root / "search":
                    yield prefix + path.relative_to(root).as_posix()

    def _raw_file(self, name: str) -> Path:
        if name.endswith(".pdf"):
            return self.raw / "pdf" / name
        if name.startswith("assets/math/"):
            return self.raw / "math" / name.removeprefix("assets/math/")
        if name.startswith("en/"):
            return self.raw / name
        return self.raw / "zh" / name


def sheet(
    paths: Paths, lang: Lang, name: str, text: str, url: str, paper: Paper, target: Path
) -> None:
    """One sheet on one paper size.  Its title and its front matter go into the header."""
    from gen import fonts, sheets

    page = Page(name, text)
    front = json.dumps({"subtitle": page.front.get("description", ""), "url": url})
    groups = "\n".join(
        line.text for line in page.lines if not (line.prose and line.text.startswith("# "))
    )
    pdf = sheets.typeset(
        f"---\n{front}\n---\n{groups}",
        lang=lang,
        paper=paper,
        title=page.title,
        root=paths.build,
        fonts=fonts.font_files(paths.cache / "fonts"),
        source=f"docs/{lang}/{name}",
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    target.write_bytes(pdf)


def run_all(jobs: list[Job]) -> None:
    """Run jobs in processes of their own, on all cores.  Raises Failure with the problems of
    all.
    """
    pages.load_mkdocs()  # once, before the fork
    problems = []
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(min(os.cpu_count() or 1, len(jobs)), mp_context=context) as pool:
        for future in [pool.submit(function, *arguments) for function, arguments in jobs]:
            try:
                future.result()
            except Failure as failure:
                problems += failure.problems
            except BrokenProcessPool:
                what = "a process of the build was ended from outside"
                problems.append(Problem("mkdocs.yml", 1, what, "look for a lack of memory"))
    if problems:
        raise Failure(problems)


def _katex(paths: Paths) -> Path:
    return paths.root / "node_modules/katex/dist"


def _html(name: str) -> str:
    return name.removesuffix(".md") + ".html"


def _pdf(name: str, paper: Paper) -> str:
    return f"{name.removesuffix('.md')}-{paper}.pdf"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _union(used: Mapping[str, list[str]]) -> math.Used:
    return math.Used(
        frozenset(name for _, classes in used.values() for name in classes.split()),
        frozenset(ch for glyphs, _ in used.values() for ch in glyphs),
    )
