"""Captures that others published, read beside Wireshark's tools.

`PCAPSLEUTH_CAPTURES` names a folder of captures; they are not part of the repository.
"""

import os
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from pcapsleuth.errors import CaptureError
from tests.capture.columns import read

_FOLDER = os.environ.get("PCAPSLEUTH_CAPTURES")
FILES = sorted(path for path in Path(_FOLDER).rglob("*") if path.is_file() and path.suffix != ".tsv") if _FOLDER else []

needs_captures = pytest.mark.skipif(not _FOLDER, reason="capability: PCAPSLEUTH_CAPTURES is not set")
needs_wireshark = pytest.mark.skipif(
    not (shutil.which("capinfos") and shutil.which("tshark")),
    reason="capability: tshark and capinfos are not installed",
)

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

TUNNELLED = {"not-tcp", "not-ip", "ip-fragment", "icmp-error", "link-type"}
"""Why a segment that Wireshark finds may not be one for us: it is inside another packet, or only part of one."""


@needs_captures
@needs_wireshark
def test_frames_are_counted_as_wireshark_counts_them() -> None:
    command = ["capinfos", "-c", "-M", "-T", "-r", *map(str, FILES)]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    theirs = dict(line.rsplit("\t", 1) for line in lines)

    ours = {}
    for path in FILES:
        try:
            ours[str(path)] = str(read(path)[1].frames)
        except CaptureError:
            assert str(path) not in theirs

    assert len(ours) > 1
    assert ours == theirs


@needs_captures
@needs_wireshark
@pytest.mark.heavy
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_segments_are_those_of_wireshark(path: Path) -> None:
    found, account = read(path, ports=None)
    theirs = {row["frame"]: row for row in tshark(path)}

    for ours in found:
        other = theirs.pop(ours["frame"])
        assert {name for name in FIELDS if ours[name] != other[name] and (path.name, name) not in REVIEWED} == set()
    excused = sum(count for reason, count in account.skipped.items() if reason.startswith(tuple(TUNNELLED)))
    assert len(theirs) <= excused


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
