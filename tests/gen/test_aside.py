"""Two things at once: the same results, and the same exceptions, as one after the other."""

from __future__ import annotations

import os
import traceback

import pytest

from gen.aside import both


def refuse(word: str) -> str:
    raise ValueError(word)


def test_the_first_is_made_in_another_process() -> None:
    first, second = both(os.getpid, os.getpid)
    assert second == os.getpid() != first


def test_an_exception_of_the_first_is_raised_here_with_its_place() -> None:
    with pytest.raises(ValueError, match=r"^one$") as caught:
        both(lambda: refuse("one"), lambda: "two")
    assert "refuse" in {frame.name for frame in traceback.extract_tb(caught.value.__traceback__)}


def test_the_exception_of_the_first_comes_first() -> None:
    with pytest.raises(ValueError, match=r"^one$"):
        both(lambda: refuse("one"), lambda: refuse("two"))
    with pytest.raises(ValueError, match=r"^two$"):
        both(lambda: "one", lambda: refuse("two"))


def test_a_fork_that_is_ended_costs_time_only() -> None:
    here = os.getpid()
    assert both(lambda: os.getpid() if os.getpid() == here else os._exit(9), lambda: 2) == (here, 2)


def test_large_results_do_not_wait_for_one_another() -> None:
    assert both(lambda: b"x" * 10_000_000, lambda: b"y") == (b"x" * 10_000_000, b"y")
