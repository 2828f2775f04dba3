"""The lab records what its scenarios say: two of them from end to end, where that is possible."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lab import needs
from lab.record import record
from lab.scenarios import SCENARIOS

LACKING = needs.missing()
possible = pytest.mark.skipif(bool(LACKING), reason=f"capability: recording lab ({'; '.join(LACKING)})")


@possible
@pytest.mark.root
def test_a_mask_is_recorded_with_what_the_device_did(tmp_path: Path) -> None:
    said = json.loads((record(SCENARIOS["asa-exchange-verbs"], tmp_path) / "expected.json").read_text())
    (session,) = said["sessions"]

    assert {"banner-masked", "capability-masked:X-LINK2STATE", "verb-masked:X-EXPS"} <= set(session["expected"])
    assert said["pairs"] == [[0, 0]]


@possible
@pytest.mark.root
def test_plain_mail_is_recorded_as_clean(tmp_path: Path) -> None:
    fixture = record(SCENARIOS["clean-helo-only-server"], tmp_path)
    said = json.loads((fixture / "expected.json").read_text())

    assert [session["clean"] for session in said["sessions"]] == [True, True]
    assert (fixture / "outside.pcap").stat().st_size > 1000


def test_what_is_missing_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", "/nonexistent")
    said = needs.missing()

    assert "the Debian package postfix" in said
    assert any("root" in what for what in said)
