"""Captures that others published, read beside Wireshark's tools.

The folder of them is named by an environment variable; they are not part of the repository.
"""

import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from pcapsleuth.errors import CaptureError
from tests import needs
from tests.capture.columns import read

FILES = sorted(path for path in needs.CAPTURES.rglob("*") if path.is_file() and path.suffix != ".tsv")

FIELDS = {
    "frame": "frame.number",
    "time": "frame.time_epoch",
    "source_port": "tcp.srcport",
    "destination_port": "tcp.dstport",
    "seq": "tcp.seq_raw",
    "ack": "tcp.ack_raw",
    "flags": "tcp.flags",
    "length": "tcp.len",
    "window": "tcp.window_size_value",
}

REVIEWED = {
    # A fraction of a second of more than a second, and one below zero: Wireshark reads a sign into it.
    ("timestamp_invalid_nano.pcap", "time"),
    # The padding of a short frame: we go by the IP length, Wireshark by that of PPPoE, which is shorter.
    ("pppoe-over-qinq.pcap", "length"),
    # The record is shorter than the IP packet although it claims to be whole: we say by how much.
    ("reassembly.pcap", "length"),
}
"""Where we differ, and why."""

TUNNELLED = ("not-tcp", "not-ip", "ip-fragment", "icmp-error", "link-type")
"""Why a segment that Wireshark finds may not be one for us: it is inside another packet, or only part of one."""


@needs.captures
@needs.program("capinfos")
def test_packets_are_counted_as_wireshark_counts_them() -> None:
    """What is no packet has a number all the same, as it has in Wireshark's list, and is counted apart."""
    command = ["capinfos", "-c", "-M", "-T", "-r", *map(str, FILES)]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    theirs = dict(line.rsplit("\t", 1) for line in lines)

    ours = {}
    for path in FILES:
        try:
            account = read(path)[1]
            ours[str(path)] = str(account.frames - account.skipped["not-a-packet"])
        except CaptureError:
            assert str(path) not in theirs

    assert len(ours) > 1
    assert ours == theirs


@needs.captures
@needs.program("tshark")
@pytest.mark.heavy
def test_segments_are_those_of_wireshark() -> None:
    assert [difference for path in FILES for difference in differences(path)] == []


def differences(path: Path) -> Iterator[tuple[str, str]]:
    """Yield what differs beyond what was reviewed: the file, and the column and frame."""
    found, account = read(path, ports=None)
    theirs = {row["frame"]: row for row in tshark(path)}
    for ours in found:
        other = theirs.pop(ours["frame"])
        for name in FIELDS:
            if ours[name] != other[name] and (path.name, name) not in REVIEWED:
                yield path.name, f"{name} of frame {ours['frame']}"
    excused = sum(count for reason, count in account.skipped.items() if reason.startswith(TUNNELLED))
    if len(theirs) > excused:
        yield path.name, f"frames {sorted(theirs)}"


def tshark(path: Path) -> list[dict[str, int]]:
    """The outermost TCP segment of each frame that has one; 0 stands for what is not shown."""
    options = ["ip.defragment:FALSE", "ipv6.defragment:FALSE"]
    command = ["tshark", "-r", str(path), "-Y", "tcp", "-T", "fields", "-E", "occurrence=f"]
    command += [word for option in options for word in ("-o", option)]
    command += [word for field in FIELDS.values() for word in ("-e", field)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [dict(zip(FIELDS, map(integer, FIELDS, line.split("\t")), strict=True)) for line in lines]


def integer(name: str, text: str) -> int:
    if name == "time":
        return int(Decimal(text) * 10**9)
    value = int(text or "0", 0)
    # Wireshark shows the reserved bits with the flags.
    return value & 0x1FF if name == "flags" else value
