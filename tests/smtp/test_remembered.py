"""What is remembered is made once, and not without end."""

from __future__ import annotations

from pcapsleuth.smtp.remembered import Remembered
from pcapsleuth.smtp.script import KEPT


def test_a_thing_is_made_once() -> None:
    made: list[int] = []

    def make(one: int) -> int:
        made.append(one)
        return -one

    remembered = Remembered(make)

    assert [remembered[one] for one in (1, 2, 1, 2)] == [-1, -2, -1, -2]
    assert made == [1, 2]


def test_there_is_a_bound() -> None:
    remembered = Remembered[int, int](lambda one: -one)

    assert [remembered[one] for one in range(3 * KEPT)] == [-one for one in range(3 * KEPT)]
    assert len(remembered) <= KEPT
