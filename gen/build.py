"""Makes every artifact of every concept, in parallel, each only when what it depends on has
changed.

The key of a concept is a hash of its source, of every file of this repository that it imports, of
the generator that runs it, and of the versions of what is installed.  What it made is kept in a
folder of that name; the manifest, which is all that later steps read, points into those folders.
"""

from __future__ import annotations

import gc
import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import metadata
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from gen import about, stamp
from gen.concepts import Concept, Imports, discover
from gen.errors import Failure, Problem
from gen.paths import Paths
from gen.progress import Progress

LIBRARIES = ("numpy", "matplotlib", "torch", "mpmath", "fonttools", "justmytype-intl-cjk")
TIMEOUT = float(os.environ.get("YOUJU_TIMEOUT", "120"))
"""Seconds that one artifact may take in one language."""
GRACE = 10.0
"""Seconds beyond that after which a worker that does not answer (a loop in C) is killed."""


def versions() -> dict[str, str]:
    """What ran in this build: Python and the libraries that results depend on."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "none"
    return found


@dataclass
class _Job:
    """One concept that is to be made, and the process that makes it."""

    concept: Concept
    key: str
    folder: Path
    process: BaseProcess | None = None
    started: float = 0.0
    current: str = ""
    since: float = field(default=0.0)


def build(
    paths: Paths,
    progress: Progress,
    *,
    workers: int | None = None,
    meanwhile: Callable[[bool], None] = lambda _: None,
) -> dict[str, Any]:
    """Make what has changed and write the manifest.  Raises Failure with every problem; the
    manifest and all that was made before stay as they were.

    ``meanwhile`` is called once, while the workers work, with whether they leave a core free.
    """
    concepts = discover(paths)
    installed = versions()
    imports = Imports(paths.root)
    keys = keys_of(concepts, paths, installed, imports)
    store = paths.cache / "artifacts"
    store.mkdir(parents=True, exist_ok=True)
    stale = [c for c in concepts if not (store / keys[c.name] / "made.json").is_file()]
    many = workers or os.cpu_count() or 1
    problems = _run(stale, keys, imports, store, paths, progress, many, meanwhile)
    if problems:
        raise Failure(problems)
    manifest = _manifest(concepts, keys, store, paths, installed)
    _forget_old(store, set(keys.values()))
    write_atomically(
        paths.manifest, json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1)
    )
    return manifest


def keys_of(
    concepts: Iterable[Concept], paths: Paths, installed: dict[str, str], imports: Imports
) -> dict[str, str]:
    """The key of each concept; equal keys mean equal artifacts."""
    generator = imports.of(paths.root / "gen/work.py")
    # Whatever is installed, not only what is shown: a snippet may import any of it.
    common = hashlib.sha256(f"{stamp.installed()}\n{sorted(installed.items())}".encode())
    for path in sorted(generator | {paths.root / "snippets/house.mplstyle"}):
        common.update(_content(path, paths))
    contents: dict[Path, bytes] = {}
    result = {}
    for concept in concepts:
        digest = common.copy()
        for path in sorted(imports.of(*concept.files)):
            if path not in contents:
                contents[path] = _content(path, paths)
            digest.update(contents[path])
        result[concept.name] = f"{concept.name}-{digest.hexdigest()[:20]}"
    return result


def _content(path: Path, paths: Paths) -> bytes:
    return f"\0{paths.show(path)}\0".encode() + path.read_bytes()


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader, or a crash, sees the old one or the new one whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


# --------------------------------------------------------------------------- workers


def _run(
    stale: list[Concept],
    keys: dict[str, str],
    imports: Imports,
    store: Path,
    paths: Paths,
    progress: Progress,
    workers: int,
    meanwhile: Callable[[bool], None],
) -> list[Problem]:
    if not stale:
        meanwhile(False)
        return []
    sys.dont_write_bytecode = True
    if len(stale) > 1:
        from gen import warm

        warm.torch("".join(c.source for c in stale))
        if any("def figure_" in c.source for c in stale):
            warm.figures(paths)
    scratch = Path(tempfile.mkdtemp(dir=store, prefix=".making-"))
    waiting = [_Job(c, keys[c.name], scratch / c.name) for c in _longest_first(stale, paths)]
    running: list[_Job] = []
    problems: list[Problem] = []
    called = False
    try:
        progress.start(len(waiting))
        while waiting or running:
            while waiting and len(running) < workers:
                job = waiting.pop(0)
                spare = len(running) + len(waiting) + 1 < workers
                running.append(_start(job, paths, imports, spare))
            if not called:
                meanwhile(len(running) < workers)
                called = True
            wait([j.process.sentinel for j in running if j.process], timeout=0.5)
            for job in list(running):
                found = _finished(job, store, paths)
                if found is not None:
                    running.remove(job)
                    problems += found
                    progress.step(job.concept.name, time.monotonic() - job.started, bool(found))
    finally:
        for job in running:
            if job.process:
                job.process.kill()
                job.process.join()
        shutil.rmtree(scratch, ignore_errors=True)
        progress.stop()
    return problems


def _longest_first(stale: list[Concept], paths: Paths) -> list[Concept]:
    """The order in which two cores finish soonest, judged by the times of the last build."""
    try:
        times = json.loads((paths.cache / "times.json").read_text())
    except (OSError, ValueError):
        times = {}
    return sorted(stale, key=lambda c: (-times.get(c.name, len(c.source) / 1e4), c.name))


def _start(job: _Job, paths: Paths, imports: Imports, spare: bool) -> _Job:
    job.folder.mkdir()
    job.started = job.since = time.monotonic()
    arguments = (job.concept, paths, job.folder, imports, spare)
    job.process = multiprocessing.get_context("fork").Process(target=_worker, args=arguments)
    job.process.start()
    return job


def _worker(concept: Concept, paths: Paths, folder: Path, imports: Imports, spare: bool) -> None:
    from gen.work import main

    # A worker is short-lived, and collecting garbage would copy what it shares with its parent.
    gc.freeze()
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told, and ends its workers
    sys.exit(main(concept, paths, folder, TIMEOUT, imports, spare=spare))


def _finished(job: _Job, store: Path, paths: Paths) -> list[Problem] | None:
    """None while it runs; else its problems, and when there are none its folder is kept."""
    process = job.process
    assert process is not None
    if process.is_alive():
        now = _current(job)
        if now != job.current:
            job.current, job.since = now, time.monotonic()
        if time.monotonic() - job.since < 2 * TIMEOUT + GRACE:
            return None
        process.kill()
        process.join()
        name, line, shown = _running(job.current, job.concept, paths)
        what = f"{name}: it does not end and cannot be interrupted"
        return [Problem(shown, line, what, "make it quicker, or fewer steps")]
    process.join()
    told = job.folder / "problems.json"
    if told.is_file():
        return [Problem(**p) for p in json.loads(told.read_text(encoding="utf-8"))]
    if process.exitcode == 0 and (job.folder / "made.json").is_file():
        _keep(job, store, paths)
        return []
    name, line, shown = _running(_current(job), job.concept, paths)
    code = process.exitcode or 0
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    todo = "run it alone in Python; signal 9 is mostly the lack of memory"
    return [Problem(shown, line, f"{name}: its process ended with {how}", todo)]


def _current(job: _Job) -> str:
    try:
        return (job.folder / "current").read_text()
    except OSError:
        return ""


def _running(current: str, concept: Concept, paths: Paths) -> tuple[str, int, str]:
    """Name, line and file of the artifact that a worker was making."""
    if not current:
        return "import", 1, paths.show(concept.path)
    name, line, shown = current.split(" ", 2)
    return name, int(line), shown


def _keep(job: _Job, store: Path, paths: Paths) -> None:
    final = store / job.key
    shutil.rmtree(final, ignore_errors=True)
    job.folder.rename(final)
    known = paths.cache / "times.json"
    try:
        times = json.loads(known.read_text())
    except (OSError, ValueError):
        times = {}
    times[job.concept.name] = round(time.monotonic() - job.started, 2)
    write_atomically(known, json.dumps(times, sort_keys=True))


# --------------------------------------------------------------------------- manifest


def _manifest(
    concepts: list[Concept],
    keys: dict[str, str],
    store: Path,
    paths: Paths,
    installed: dict[str, str],
) -> dict[str, Any]:
    artifacts: dict[str, Any] = {}
    for concept in concepts:
        folder = store / keys[concept.name]
        made = json.loads((folder / "made.json").read_text(encoding="utf-8"))
        for name, entry in made.items():
            for lang in ("zh", "en"):
                if "svg" in entry[lang]:
                    svg = folder / entry[lang]["svg"]
                    entry[lang]["svg"] = svg.relative_to(paths.build).as_posix()
            artifacts[f"{concept.name}.{name}"] = entry
    manifest = {
        "versions": installed,
        "concepts": {
            c.name: {"path": paths.show(c.path), "page": c.page, "topic": c.topic} for c in concepts
        },
        "artifacts": artifacts,
    }
    artifacts.update(about.facts(manifest))
    recorded = paths.docs / "benchmark.json"
    if recorded.is_file():
        artifacts.update(about.benchmark(json.loads(recorded.read_text(encoding="utf-8"))))
    return manifest


def _forget_old(store: Path, current: set[str], keep: int = 400) -> None:
    """Keep the newest folders that are no longer current: a branch that is left is come back to."""
    old = [p for p in store.iterdir() if p.name not in current]
    old.sort(key=lambda p: p.stat().st_mtime, reverse=True)
    for path in old[keep:]:
        shutil.rmtree(path, ignore_errors=True)
