"""What is met first stays, in whatever order it is told."""

from __future__ import annotations

import random

import pytest

from pcapsleuth.devices.first import First, Place

THINGS = [(random.Random(7).choices("abcdefgh", k=40)[n], (n // 3, n % 3)) for n in range(40)]


def told(things: list[tuple[str, Place]]) -> First[str]:
    first: First[str] = First(4)
    for thing, place in things:
        first.add(thing, place)
    return first


@pytest.mark.parametrize("seed", range(20))
def test_the_order_does_not_matter(seed: int) -> None:
    shuffled = random.Random(seed).sample(THINGS, len(THINGS))

    assert list(told(shuffled)) == list(told(THINGS)) == list(dict.fromkeys(thing for thing, _ in THINGS))[:4]


def test_two_that_met_half_of_it_each_know_as_much_together() -> None:
    halves = [[(thing, place) for thing, place in THINGS if place[0] % 2 == half] for half in (0, 1)]
    parts = [told([(thing, (session // 2, at)) for thing, (session, at) in half]) for half in halves]
    whole: First[str] = First(4)
    for half, part in enumerate(parts):
        whole.join(part, [2 * number + half for number in range(20)])

    assert list(whole) == list(told(THINGS))
