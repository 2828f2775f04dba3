"""What captures is played by a script that has two recordings: no rights are needed, and all else is the real thing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from pcapsleuth.capture.live import advice, bpf, way
from pcapsleuth.errors import OptionError
from tests.fixtures import ROOT as FIXTURES

RECORDED = FIXTURES / "asa-postfix-swaks"
OUTSIDE, INSIDE = RECORDED / "outside.pcap", RECORDED / "inside.pcap"

PLAYER = """#!/bin/sh
while [ "$1" != -i ]; do shift; done
trap 'echo "7 packets dropped by kernel" >&2; exit 0' INT TERM
cat "$2" || exit 1
while :; do sleep 0.1; done
"""
GONE = """#!/bin/sh
echo "tcpdump: eth0: You don't have permission to capture on that device" >&2
exit 1
"""


def environment(folder: Path, script: str) -> dict[str, str]:
    """Have a script in the place of tcpdump."""
    program = folder / "tcpdump"
    program.write_text(script)
    program.chmod(0o755)
    return os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}


def live(folder: Path, *arguments: str, script: str = PLAYER) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [sys.executable, "-m", "pcapsleuth", "live", "--with", "tcpdump", *arguments]
    known = environment(folder, script)
    return subprocess.run(command, env=known, capture_output=True, text=True, check=False, timeout=60)


def both(*more: str) -> list[str]:
    """The arguments for both sides."""
    return ["--outside", str(OUTSIDE), "--inside", str(INSIDE), "--duration", "1", *more]


def report(command: str, *arguments: str) -> dict[str, Any]:
    """What the command says of files."""
    done = subprocess.run(
        [sys.executable, "-m", "pcapsleuth", command, "--format", "json", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def without_account(one: dict[str, Any]) -> dict[str, Any]:
    """A report without what differs between files and interfaces."""
    verdict = {name: value for name, value in one["verdict"].items() if name != "limits"}
    return {name: value for name, value in one.items() if name not in ("captures", "verdict")} | {"verdict": verdict}


def test_both_sides_are_judged_as_their_recordings_are(tmp_path: Path) -> None:
    done = live(tmp_path, *both("--format", "json"))
    found = json.loads(done.stdout)

    assert done.returncode == 1, done.stderr
    assert without_account(found) == without_account(report("compare", str(OUTSIDE), str(INSIDE)))


def test_drops_are_counted_and_shown(tmp_path: Path) -> None:
    done = live(tmp_path, *both("--format", "json"))
    found = json.loads(done.stdout)

    assert [one["dropped"] for one in found["captures"]] == [7, 7]
    assert any("7 frames" in limit for limit in found["verdict"]["limits"])
    assert "lost 7 frames" in done.stderr


def test_sessions_are_told_as_they_close_and_replaced_at_the_end(tmp_path: Path) -> None:
    done = live(tmp_path, *both("--format", "jsonl"))
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    first = [one for one in objects if one.get("provisional")]
    last = [one for one in objects if "supersedes" in one]

    assert objects[0] == objects[0] | {"type": "report", "mode": "live"}
    assert {one["type"] for one in first} == {"pair", "finding"}
    assert {one["id"] for one in first} == {one["supersedes"] for one in last}
    assert len(last) == len([one for one in objects if one["type"] in ("pair", "finding") and one not in first])
    assert objects[-1]["type"] == "verdict"


def test_the_text_tells_sessions_before_the_report(tmp_path: Path) -> None:
    done = live(tmp_path, *both())
    before, _, after = done.stdout.partition("CHANGED")

    assert " #0/0 " in before
    assert "starttls-stripped (proven)" in before
    assert "What was changed" in after


def test_one_interface_is_inspected(tmp_path: Path) -> None:
    done = live(tmp_path, str(OUTSIDE), "--duration", "1", "--format", "json")

    assert without_account(json.loads(done.stdout)) == without_account(report("inspect", str(OUTSIDE)))


def test_one_point_does_not_know_what_came_in(tmp_path: Path) -> None:
    told, _, _ = live(tmp_path, str(OUTSIDE), "--duration", "1").stdout.partition("CHANGED")

    assert "banner-masked (likely) `220 *****************************` seen here" in told
    assert "nothing" not in told


def test_a_selection_holds_for_what_is_told_too(tmp_path: Path) -> None:
    done = live(tmp_path, *both("--client", "203.0.113.13"))

    assert " #1/1 " in done.stdout
    assert " #0/0 " not in done.stdout


def test_the_recordings_stay_where_that_is_wanted(tmp_path: Path) -> None:
    live(tmp_path, *both("--keep", str(tmp_path / "kept")))

    assert (tmp_path / "kept" / "outside.pcap").read_bytes() == OUTSIDE.read_bytes()
    assert (tmp_path / "kept" / "inside.pcap").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_writes_the_report_of_the_whole(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "pcapsleuth", "live", "--with", "tcpdump", str(OUTSIDE)]
    known = environment(tmp_path, PLAYER)
    with subprocess.Popen(command, env=known, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        late = threading.Timer(20, process.kill)
        late.start()
        told = process.stdout.readline()
        process.send_signal(number)
        rest, _ = process.communicate()
        late.cancel()

    assert " #0 " in told
    assert "What looks changed" in rest
    assert process.returncode == 130


def test_missing_rights_say_what_to_do(tmp_path: Path) -> None:
    begun = time.monotonic()
    done = live(tmp_path, "eth0", script=GONE)

    assert done.returncode == 2
    assert "run as root" in done.stderr
    assert "permission" in done.stderr
    assert time.monotonic() - begun < 10


def test_an_interface_that_goes_away_ends_it(tmp_path: Path) -> None:
    done = live(tmp_path, str(OUTSIDE), script='#!/bin/sh\nwhile [ "$1" != -i ]; do shift; done\ncat "$2"\n')

    assert "ended by itself" in done.stderr
    assert "What looks changed" in done.stdout


@pytest.mark.parametrize("arguments", [[], ["--outside", "eth0"], ["eth0", "--inside", "eth1"], ["--", "-w/etc/x"]])
def test_other_interfaces_are_bad_usage(tmp_path: Path, arguments: list[str]) -> None:
    assert live(tmp_path, *arguments).returncode == 2


def test_the_filter_takes_tagged_frames_too() -> None:
    assert bpf((25, 587)) == "(tcp port 25 or tcp port 587) or (vlan and (tcp port 25 or tcp port 587))"


def test_an_unknown_interface_is_not_taken_for_missing_rights() -> None:
    said = advice(b"tcpdump: eth9: No such device exists\n(No such device exists)\n", "eth9", "tcpdump")

    assert said == "eth9: tcpdump cannot capture (No such device exists); check the name of the interface (`ip link`)"


def test_what_is_not_installed_cannot_capture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")

    assert way() == "scapy"
    with pytest.raises(OptionError, match="dumpcap is not installed"):
        way("dumpcap")
