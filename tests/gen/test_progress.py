"""A bar on a terminal, plain lines elsewhere, nothing when asked to be quiet."""

from __future__ import annotations

import io

import pytest

from gen.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


def run(progress: Progress) -> None:
    progress.start(2)
    progress.step("relu", 1.26, False)
    progress.step("softmax", 0.04, True)
    progress.stop()
    progress.say("news")
    progress.complain("a problem")


LINES = "[1/2] made relu in 1.3 s\n[2/2] FAILED softmax in 0.0 s\nnews\na problem\n"


def test_lines_in_a_file() -> None:
    stream = io.StringIO()
    run(Progress(stream=stream))
    assert stream.getvalue() == LINES


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_quiet(stream: type[io.StringIO]) -> None:
    """Problems are still told."""
    told = stream()
    run(Progress(quiet=True, stream=told))
    assert told.getvalue().replace("\x1b[31m", "").replace("\x1b[0m", "") == "a problem\n"


def test_bar_on_a_terminal_leaves_nothing_behind() -> None:
    stream = Terminal()
    run(Progress(stream=stream))
    half, full = "█" * 12 + "░" * 12, "█" * 24
    assert stream.getvalue() == (
        f"\r\x1b[K{half} 1/2  relu\r\x1b[K{full} 2/2  softmax\r\x1b[K"
        "news\n\x1b[31ma problem\x1b[0m\n"
    )


def test_lines_on_a_terminal_of_continuous_integration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    stream = Terminal()
    run(Progress(stream=stream))
    assert stream.getvalue() == LINES


def test_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    run(Progress(stream=stream))
    assert stream.getvalue().endswith("news\na problem\n")


def test_without_a_task_there_is_no_bar() -> None:
    stream = Terminal()
    progress = Progress(stream=stream)
    progress.stop()
    assert stream.getvalue() == ""
