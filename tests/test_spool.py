"""What is spooled comes back as it was, and nobody else can read it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind, Mail, Row
from pcapsleuth.spool.packing import pack, unpack
from pcapsleuth.spool.store import PENDING, Spool
from pcapsleuth.tcp.connection import Anomaly, Connection, Endpoint, Gap, Mark, Retransmission, SynOptions


def test_records_come_back_in_key_order_however_they_were_written() -> None:
    spool = Spool()
    for key in (5, 0, 2):
        spool.put(key, b"%d" % key * (key + 1))

    assert list(spool) == [0, 2, 5]
    assert len(spool) == 3
    assert spool.get(5) == b"555555"
    assert 1 not in spool
    with pytest.raises(KeyError):
        spool.get(1)


def test_records_larger_than_the_buffer_are_whole() -> None:
    spool = Spool()
    for key in range(5):
        spool.put(key, bytes([key]) * PENDING)
        spool.put(key + 5, bytes([key]))

    assert all(spool.get(key) == bytes([key]) * PENDING for key in range(5))
    assert spool.get(9) == b"\4"


def test_records_are_read_while_more_are_written() -> None:
    spool = Spool()
    for key in range(300):
        spool.put(key, bytes([key % 251]) * (key * 31))
        assert spool.get(key // 2) == bytes([key // 2 % 251]) * (key // 2 * 31)

    spool.flush()
    assert [spool.get(key) for key in range(300)] == [bytes([key % 251]) * (key * 31) for key in range(300)]


def test_a_record_can_be_replaced() -> None:
    spool = Spool()
    spool.put(0, b"first")
    spool.put(0, b"then")

    assert spool.get(0) == b"then"


def test_the_file_is_private_and_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    spool = Spool()
    spool.put(0, b"private")

    status = os.fstat(spool._file)
    assert list(tmp_path.iterdir()) == []
    assert stat.S_IMODE(status.st_mode) == 0o600
    assert status.st_nlink == 0


def test_a_dialogue_comes_back_as_it_was() -> None:
    connection = Connection(3, 1, Endpoint(0, 0xFFFF01020304, 2525), Endpoint(1 << 63, 1, 25), 10, 11, 12, 13)
    connection.anomalies.append(Anomaly("conflicting-overlap", 0, 4, 5, "7 bytes"))
    stream = connection.streams[0]
    stream.isn, stream.syn, stream.options = 7, Mark(0, 1, 2), SynOptions(1460, 7, sack_permitted=True)
    stream.lack(Gap(5, None, "lost", 6, 7))
    stream.retransmissions.append(Retransmission(1, 2, 3, 4, same=None))
    row = Row(Kind.COMMAND, 0, b"NOOP", 0, 6, 1, 1, 2, 0, 6, -1, Flag.BARE_LF, 1)
    known = b"d", None, 3, 4, None, (5, None), (6,), b"h", (7, 8), ((9, 10, 11),)
    mail = Mail(0, (0,), 1, 2, *known, True, True, False, b"", (12, 13, 14), (), b"X")
    dialogue = Dialogue(connection, [row], b"NOOP\r\n", [mail], tls=True, client_hello=b"c", server_hello=b"s")
    dialogue.frames[0] = ((0, 1), (40, 2))

    again = unpack(pack(dialogue))

    assert again == dialogue
    assert isinstance(again.rows[0], Row)
    assert isinstance(again.connection.streams[0].gaps[0], Gap)
    assert again.connection.server.address == "8000::1"


def test_stores_are_joined_under_new_keys() -> None:
    whole, parts = Spool(), [Spool(), Spool()]
    for number, part in enumerate(parts):
        part.put(0, b"first of %d" % number)
        part.put(2, b"last of %d" % number)
    whole.join(parts[0], [4, 9, 0])
    whole.join(parts[1], [1, 9, 2])
    del parts

    assert {key: whole.get(key) for key in whole} == {
        0: b"last of 0",
        1: b"first of 1",
        2: b"last of 1",
        4: b"first of 0",
    }
