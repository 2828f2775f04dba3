"""A capture may lose any frame, and nothing may be called proven that was not before.

This is what makes an accusation trustworthy: each frame of each fixture is taken from either side in turn. Clean
traffic must stay quiet, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pcapsleuth.detect.finding import Confidence
from tests.fixtures import Said, altered, fixture, others, said

SOME = (
    "asa-exchange-exim-client",
    "clean-postfix-swaks",
    "clean-server-resets",
    "pix4-goodmorning",
    "starttls-line-removed",
)
"""Fixtures of each family, for the suite that takes minutes."""

LOSSY = "clean-loss-"
"""Captures that have lost frames already: with one more gone, a likely finding may be wrong, a proven one not."""


def _proven(result: Said) -> Counter[str]:
    return Counter(found.name for found in result.findings if found.confidence is Confidence.PROVEN)


def _without_each(_: str, records: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """Take away each frame in turn."""
    return ((f"frame {at + 1}", records[:at] + records[at + 1 :]) for at in range(len(records)))


def _take_away(name: str, folder: Path) -> list[str]:
    """Take away each frame in turn; return what became newly certain, and what clean traffic is accused of."""
    one = fixture(name)
    before = said(one.outside, one.inside)
    known, certain = Counter(found.name for found in before.findings), _proven(before)
    wrong = []
    for what, after in altered(one, folder, _without_each):
        news = [label for label, n in _proven(after).items() if n > max(certain[label], known[label])]
        if not before.warnings and not name.startswith(LOSSY):
            news += [f"warning {label}" for label in after.warnings]
        wrong += [f"{what}: {label}" for label in news]
    return wrong


@pytest.mark.parametrize("name", SOME)
def test_a_lost_frame_proves_nothing_new(name: str, tmp_path: Path) -> None:
    assert _take_away(name, tmp_path) == []


@pytest.mark.heavy
@pytest.mark.parametrize("name", others(SOME))
def test_no_lost_frame_of_any_fixture_proves_anything_new(name: str, tmp_path: Path) -> None:
    assert _take_away(name, tmp_path) == []
