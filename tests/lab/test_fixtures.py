"""What every fixture must be, whatever recorded it: whole, small, well-formed, and together complete."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from lab.scenarios import SCENARIOS
from lab.table import table

ROOT = Path(__file__).parents[2]
PCAPS = ROOT / "fixtures" / "pcaps"
FIXTURES = sorted(path.parent for path in PCAPS.glob("*/expected.json"))
IDS = [path.name for path in FIXTURES]

COVERED = {
    "argument-rewritten",
    "auth-mechanism-removed",
    "banner-masked",
    "banner-rewritten",
    "body-altered",
    "capability-added",
    "capability-changed",
    "capability-masked",
    "capability-removed",
    "char-mode-client",
    "command-injected",
    "command-swallowed",
    "connection-blocked",
    "data-retransmitted",
    "duplicate-message",
    "end-of-data-lost",
    "esmtp-downgraded",
    "header-added",
    "header-changed",
    "header-removed",
    "large-segments-lost",
    "limit-exceeded",
    "proxy-in-path",
    "reply-injected",
    "reply-lost",
    "reply-rewritten",
    "reset-injected",
    "session-cut",
    "starttls-stripped",
    "tls-intercepted",
    "verb-blocked",
    "verb-masked",
    "verb-rewritten",
}


def expected(fixture: Path) -> dict[str, Any]:
    """Return what a fixture says about itself."""
    said: dict[str, Any] = json.loads((fixture / "expected.json").read_text())
    return said


@pytest.mark.parametrize("fixture", FIXTURES, ids=IDS)
def test_a_fixture_is_whole(fixture: Path) -> None:
    said = expected(fixture)

    assert {path.name for path in fixture.iterdir()} == {"expected.json", *said["recipe"]["files"].values()}
    assert set(said) == {
        "clock_shift_ns",
        "description",
        "device",
        "pairs",
        "provenance",
        "recipe",
        "sessions",
        "sessions_inside",
        "sessions_outside",
    }
    assert all(said["provenance"][part] for part in ("server", "client", "recorded_with"))
    assert sum(path.stat().st_size for path in fixture.iterdir()) < 120_000


@pytest.mark.parametrize("fixture", FIXTURES, ids=IDS)
def test_the_sessions_of_a_fixture_add_up(fixture: Path) -> None:
    said = expected(fixture)
    sessions = said["sessions"]

    for side in ("outside", "inside"):
        indices = sorted(session[side] for session in sessions if session[side] is not None)
        assert indices == list(range(said[f"sessions_{side}"]))
    both = [[s["outside"], s["inside"]] for s in sessions if None not in (s["outside"], s["inside"])]
    assert said["pairs"] == both
    assert all(session["clean"] == (not session["expected"]) for session in sessions)
    assert all(not set(session["expected"]) & set(session["also_ok"]) for session in sessions)


@pytest.mark.parametrize("fixture", FIXTURES, ids=IDS)
def test_a_fixture_can_be_recorded_again(fixture: Path) -> None:
    assert fixture.name in SCENARIOS
    assert expected(fixture)["description"] == SCENARIOS[fixture.name].description


def test_every_scenario_has_been_recorded() -> None:
    assert sorted(SCENARIOS) == IDS


def test_half_of_the_fixtures_are_clean() -> None:
    clean = [fixture for fixture in FIXTURES if all(session["clean"] for session in expected(fixture)["sessions"])]

    assert len(FIXTURES) >= 30
    assert 0.5 <= len(clean) / len(FIXTURES) <= 0.65


def test_every_label_is_shown_by_some_fixture() -> None:
    shown = {
        label.split(":")[0]
        for fixture in FIXTURES
        for session in expected(fixture)["sessions"]
        for label in session["expected"]
    }

    assert shown == COVERED


def test_no_label_hangs_on_one_fixture() -> None:
    shown = Counter(
        label
        for fixture in FIXTURES
        for label in {label.split(":")[0] for one in expected(fixture)["sessions"] for label in one["expected"]}
    )

    assert [label for label, count in shown.items() if count < 2] == []


def test_the_fixtures_stay_small() -> None:
    assert sum(path.stat().st_size for path in PCAPS.rglob("*") if path.is_file()) < 4_000_000


def test_the_table_in_the_manual_is_current() -> None:
    assert table(PCAPS) in (ROOT / "docs" / "fixtures.md").read_text()
