"""Record one scenario: build the network, start everything, let the clients run, write captures and truth."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab import network, truth
from lab.damage import records
from lab.network import DEVICE, INSIDE, OUTSIDE
from lab.numbering import number
from lab.room import LabError, Room

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.damage.records import Form, Record
    from lab.room import Program
    from lab.scenario import Scenario

_FINISHED = {"LISTEN", "TIME-WAIT", "UNCONN"}
_WANTED = "tcp or icmp or (icmp6 and ip6[40] < 128)"
"""TCP, and of ICMPv6 the errors only (RFC 4443 section 2.1): neighbours are nobody's business."""


def record(scenario: Scenario, target: Path) -> Path:
    """Record a scenario into the directory `target`/NAME and return that."""
    with tempfile.TemporaryDirectory(prefix="lab-") as name, network.network() as net:
        scratch = Path(name)
        scratch.chmod(0o755)
        room = Room(net, scratch)
        try:
            journal = _perform(scenario, room)
        finally:
            room.stop_all()
        return _publish(scenario, scratch, journal, target / scenario.name)


def _perform(scenario: Scenario, room: Room) -> list[dict[str, Any]]:
    """Run the scenario between two taps and return the device's journal."""
    with _servers(scenario, room):
        taps = [_tap(scenario, room, side) for side in (OUTSIDE, INSIDE)]
        device = _device(scenario, room)
        for step in scenario.steps:
            step.run(room)
        _settle(scenario, room)
        for tap in taps:
            _stop_tap(room, tap)
        errors = room.stop(device)
        if "Traceback" in errors:
            raise LabError(errors)
    return [json.loads(line) for line in (room.scratch / "journal").read_text().splitlines()]


@contextmanager
def _servers(scenario: Scenario, room: Room) -> Iterator[None]:
    started = []
    try:
        for server in scenario.servers:
            started.append(server)
            server.start(room)
        yield
    finally:
        for server in started:
            server.stop(room)


def _tap(scenario: Scenario, room: Room, side: str) -> Program:
    precision = "--time-stamp-precision=" + ("nano" if scenario.nano else "micro")
    command = ["tcpdump", "-i", network.TAPS[side], "-n", "-U", "-s", "0", "--immediate-mode", "-Z", "root", precision]
    tap = room.start(DEVICE, [*command, "-w", str(room.scratch / f"{side}.pcap"), _WANTED])
    room.await_word(tap, "listening on")
    return tap


def _stop_tap(room: Room, tap: Program) -> None:
    time.sleep(0.1)
    errors = room.stop(tap, signal.SIGINT)
    if "0 packets dropped by kernel" not in errors:
        msg = f"the tap lost packets: {errors}"
        raise LabError(msg)


def _device(scenario: Scenario, room: Room) -> Program:
    macs = {
        side: [mac.replace(":", "") for mac in (network.DEVICE_MAC[side], network.PEER_MAC[side])]
        for side in (OUTSIDE, INSIDE)
    }
    plan = asdict(scenario.device) | {
        "macs": macs,
        "interfaces": network.TAPS,
        "journal": str(room.scratch / "journal"),
        "scratch": str(room.scratch),
        "servers": [server.address for server in scenario.servers],
    }
    path = room.scratch / "plan.json"
    path.write_text(json.dumps(plan))
    if scenario.device.kind != "editor":
        faces = [server.address.replace("10.1.1.", "198.51.100.") for server in scenario.servers]
        network.let_the_kernel_answer(room.net, faces)
    device = room.start(DEVICE, [sys.executable, "-m", "lab.device", str(path)], "firewall.example.com")
    room.await_word(device, "ready")
    return device


def _settle(scenario: Scenario, room: Room) -> None:
    """Wait until no connection is open any more, or as long as the scenario says."""
    deadline = time.monotonic() + scenario.settle
    while time.monotonic() < deadline and _open_connections(room):
        time.sleep(0.1)
    time.sleep(0.2)


def _open_connections(room: Room) -> bool:
    lines = [line for side in (OUTSIDE, INSIDE) for line in room.net.run(side, "ss", "-Htan").splitlines()]
    return any(line.split()[0] not in _FINISHED for line in lines if ":25 " in line)


def _publish(scenario: Scenario, scratch: Path, journal: list[dict[str, Any]], target: Path) -> Path:
    """Damage the captures as the scenario says, number their sessions and write the three files."""
    captures = {side: records.read(scratch / f"{side}.pcap") for side in (OUTSIDE, INSIDE)}
    numbers, files = {}, {}
    target.mkdir(parents=True, exist_ok=True)
    for old in target.iterdir():
        old.unlink()
    for side, frames in captures.items():
        plain, final, form = _damaged(scenario, side, frames)
        numbers[side] = number(plain)
        files[side] = records.write(target / side, final, form).name
    if not numbers[OUTSIDE] and not numbers[INSIDE]:
        msg = f"{scenario.name}: no session was recorded"
        raise LabError(msg)
    expected = _expected(scenario, files) | {
        "sessions": (listed := truth.sessions(journal, numbers[OUTSIDE], numbers[INSIDE])),
        "pairs": [[s["outside"], s["inside"]] for s in listed if None not in (s["outside"], s["inside"])],
        "sessions_outside": len(numbers[OUTSIDE]),
        "sessions_inside": len(numbers[INSIDE]),
    }
    (target / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    return target


def _damaged(scenario: Scenario, side: str, frames: list[Record]) -> tuple[list[Record], list[Record], Form]:
    """Return the frames before and after their link header changes, and the form of the file."""
    form = records.Form(nano=scenario.nano)
    plain = final = frames
    for damage in scenario.damage:
        if damage.side == side:
            final = damage.frames(final)
            form = damage.form(form)
            plain = final if form.link == 1 and not _tagged(final) else plain
    return plain, final, form


def _tagged(frames: list[Record]) -> bool:
    return bool(frames) and frames[0].data[12:14] == b"\x81\x00"


def _expected(scenario: Scenario, files: dict[str, str]) -> dict[str, Any]:
    signs = {OUTSIDE: 1, INSIDE: -1}
    return {
        "description": scenario.description,
        "device": scenario.device.says,
        "recipe": {"files": files, "damage": [damage.recipe() for damage in scenario.damage]},
        "provenance": {
            "server": ", ".join(dict.fromkeys(server.software() for server in scenario.servers)),
            "client": ", ".join(dict.fromkeys(name for step in scenario.steps if (name := step.software()))),
            "recorded_with": f"python -m lab record {scenario.name}",
        },
        "clock_shift_ns": sum(signs[damage.side] * damage.shift() for damage in scenario.damage),
    }
