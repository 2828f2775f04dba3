import os
from pathlib import Path

import pytest

from pcapsleuth.capture.reread import RawFrame, reread
from pcapsleuth.errors import CaptureError
from tests.capture.craft import Record, interface, packet, pcap, section


def test_frames_by_number(tmp_path: Path) -> None:
    file = tmp_path / "a.pcap"
    file.write_bytes(pcap([Record(bytes((n,)) * n, 10**9 * n, n + 1) for n in range(1, 100)], link_type=101))

    found = reread(str(file), {7, 99, 1000, 0})

    assert found == {
        7: RawFrame(7, 7 * 10**9, b"\7" * 7, 8, 101, ""),
        99: RawFrame(99, 99 * 10**9, b"c" * 99, 100, 101, ""),
    }
    assert reread(str(file), set()) == {}


def test_frames_know_their_interface(tmp_path: Path) -> None:
    file = tmp_path / "a.pcapng"
    frames = b"".join(packet(Record(b"x", interface=index)) for index in (1, 7))
    file.write_bytes(section() + interface() + interface(link_type=113, options=[(2, b"inside")]) + frames)

    found = reread(str(file), [1, 2])

    assert (found[1].link_type, found[1].interface) == (113, "inside")
    assert (found[2].link_type, found[2].interface) == (-1, "")


def test_a_pipe_is_not_read_twice(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in ("-", str(tmp_path / "pipe")):
        with pytest.raises(CaptureError, match="save it to a file first"):
            reread(path, [1])
