"""The lab's real servers, clients and device, watched on both sides while they run."""

from __future__ import annotations

import json
import signal
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from lab import needs as lab_needs
from lab.network import DEVICE, TAPS
from lab.record import record
from lab.room import Program, Room
from lab.scenarios import SCENARIOS
from pcapsleuth.case import compare
from tests import needs

LACKING = lab_needs.missing()
possible = pytest.mark.skipif(bool(LACKING), reason=f"capability: recording lab ({'; '.join(LACKING)})")


@dataclass
class Begin:
    """A step that begins to watch."""

    how: str
    program: Program | None = None

    def software(self) -> str:
        return ""

    def run(self, room: Room) -> None:
        sides = ["--outside", TAPS["outside"], "--inside", TAPS["inside"]]
        command = [sys.executable, "-m", "pcapsleuth", "live", *sides, "--with", self.how, "--format", "jsonl"]
        self.program = room.start(DEVICE, command)
        room.await_word(self.program, "Ctrl-C", 40)


@dataclass
class End:
    """A step that looks at what was said within two seconds, and ends it."""

    begun: Begin
    early: list[dict[str, Any]] = field(default_factory=list)
    all: list[dict[str, Any]] = field(default_factory=list)

    def software(self) -> str:
        return ""

    def run(self, room: Room) -> None:
        assert self.begun.program is not None
        time.sleep(2)
        self.early = objects(self.begun.program.said.read_text())
        self.all = objects(room.stop(self.begun.program, signal.SIGINT))


def objects(said: str) -> list[dict[str, Any]]:
    """The JSON lines among what was said."""
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def findings(some: list[dict[str, Any]], *, provisional: bool) -> set[tuple[str, str | None, int, int]]:
    """What was found, where."""
    return {
        (one["label"], one["subject"], one["outside"], one["inside"])
        for one in some
        if one["type"] == "finding" and one.get("provisional", False) is provisional
    }


@possible
@pytest.mark.root
@pytest.mark.parametrize("how", [pytest.param("tcpdump"), pytest.param("dumpcap", marks=needs.program("dumpcap"))])
def test_live_finds_what_the_recorded_files_hold(tmp_path: Path, how: str) -> None:
    begin = Begin(how)
    end = End(begin)
    scenario = SCENARIOS["asa-exchange-verbs"]
    folder = record(replace(scenario, steps=(begin, *scenario.steps, end), damage=()), tmp_path)
    recorded = compare(folder / "outside.pcap", folder / "inside.pcap")
    expected = {(one.label, one.subject, one.outside, one.inside) for one in recorded.findings}

    assert {"banner-masked", "verb-masked"} <= {label for label, *_ in expected}
    assert findings(end.all, provisional=False) == expected
    assert findings(end.early, provisional=True) >= {
        one for one in expected if one[0] in ("banner-masked", "verb-masked")
    }
