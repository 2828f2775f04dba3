"""What surrounds the places of an alignment."""

from __future__ import annotations

from pcapsleuth.compare.alignment import Match, surroundings


def test_what_surrounds_each_place() -> None:
    matches = [Match(0, None), Match(1, 0), Match(None, 1), Match(2, None)]

    around = surroundings(matches)

    assert around.ingress == ([-1, 0, 1, 1], [1, 3, 3, -1])
    assert around.egress == ([-1, -1, 1, 2], [1, 2, -1, -1])
    assert around.both == ([-1, -1, 1, 1], [1, -1, -1, -1])
    assert surroundings([]).both == ([], [])
