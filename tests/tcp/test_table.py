"""Which segments make a connection, who is who in it, when it ends, and what the table counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pcapsleuth.tcp import grouping
from pcapsleuth.tcp.segments import ACK, FIN, PSH, RST, SYN
from pcapsleuth.tcp.table import CHECK_EVERY, ConnectionTable
from tests.building import (
    CLIENT,
    SERVER,
    START,
    Seg,
    Talk,
    batches,
    drop,
    duplicate,
    endpoint,
    interleave,
    recut,
    shift,
    transcript,
)
from tests.tcp.recording import Recorder, record, record_with

SECOND = 1_000_000_000
LINES = (("S", b"220 mx\r\n"), ("C", b"QUIT\r\n"), ("S", b"221 bye\r\n"))
TALK = transcript(*LINES)
BOTH = pytest.mark.parametrize("careful", [False, True])


def talks(segments: list[Seg], **options: Any) -> list[tuple[int, int, int]]:  # noqa: ANN401
    """Index, first and last frame of every connection, in order of completion."""
    connections = [r.connection for r in record(segments, **options)]
    return [(c.index, c.first_frame, c.last_frame) for c in connections]


@BOTH
def test_connections_are_numbered_by_their_first_frame_at_each_point(careful: bool) -> None:
    first = transcript(*LINES)
    second = transcript(*LINES, client=endpoint("192.0.2.11", 40_000), start=START + 500_000)
    elsewhere = transcript(*LINES, start=START + 700_000, point=1)
    nowhere = transcript(*LINES, start=START + 800_000, point=-1)
    recorders = record(interleave(first, second, elsewhere, nowhere), _careful=careful)
    found = sorted((r.connection.point, r.connection.index, r.connection.start - START) for r in recorders)
    assert found == [(0, 0, 0), (0, 1, 500_000), (1, 0, 700_000)]


@BOTH
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_a_port_is_used_again_within_seconds(careful: bool, size: int) -> None:
    again = transcript(*LINES, isns=(900_000, 800_000), start=START + 2 * SECOND)
    once_more = transcript(*LINES, isns=(70_000, 90_000_000), start=START + 3 * SECOND)
    recorders = record([*TALK, *again, *once_more], size, _careful=careful)
    assert [r.connection.index for r in recorders] == [0, 1, 2]
    assert all(r.story == list(LINES) for r in recorders)


@BOTH
def test_connections_complete_in_order(careful: bool) -> None:
    long = transcript(*LINES, client=endpoint("192.0.2.11", 1), step=SECOND)
    short = transcript(*LINES, client=endpoint("192.0.2.12", 1), start=START + SECOND)
    later = transcript(*LINES, client=endpoint("192.0.2.13", 1), start=START + 60 * SECOND)
    for size in (1, 10, 100):
        found = [r.connection.index for r in record(interleave(long, short, later), size, _careful=careful)]
        assert found == [1, 0, 2]


def test_a_connection_lingers_and_takes_what_comes_late() -> None:
    reset = replace(TALK[-1], flags=RST, time=TALK[-1].time + 6 * SECOND)
    again = replace(TALK[5], ip_id=9, time=reset.time + 7 * SECOND)
    assert talks([*TALK, reset, again]) == [(0, 1, 11)]
    assert talks([*TALK, reset, again], linger_ns=SECOND) == [(0, 1, 9)]


@BOTH
@pytest.mark.parametrize("size", [1, 100])
def test_what_comes_later_still_is_no_connection(careful: bool, size: int) -> None:
    pauses = (20, 75, 130, 300)  # each within a minute of the last, but for the end
    repeated = [replace(TALK[5], ip_id=n, time=START + n * SECOND) for n in pauses]
    table = ConnectionTable(Recorder, _careful=careful)
    recorders = record_with(table, [*TALK, *repeated], size)
    assert [(r.connection.first_frame, r.connection.last_frame) for r in recorders] == [(1, 9), (13, 13)]
    assert table.late == 3


@BOTH
@pytest.mark.parametrize("size", [1, 4, 100])
def test_a_port_is_used_again_after_the_linger(careful: bool, size: int) -> None:
    stray = replace(TALK[-1], time=START + 15 * SECOND)
    again = transcript(*LINES, start=START + 16 * SECOND)
    assert talks([*TALK, stray, *again], size=size, _careful=careful) == [(0, 1, 9), (1, 11, 19)]


def test_results_come_when_the_linger_is_over() -> None:
    table = ConnectionTable(Recorder)
    later = transcript(*LINES, client=endpoint("192.0.2.13", 1), start=START + 9 * SECOND)
    results = [len(table.feed(batch)) for batch in batches([*TALK, *later], [len(TALK), len(later)])]
    assert results == [0, 1]
    assert len(table.close()) == 1
    assert table.close() == []


@BOTH
def test_time_passes_without_segments(careful: bool) -> None:
    table = ConnectionTable(Recorder, linger_ns=SECOND, _careful=careful)
    end = TALK[-1].time
    (batch,) = batches([*TALK, *transcript(*LINES, client=endpoint("192.0.2.11", 40_000))[:-2]], 1_000)

    assert table.feed(batch) == []
    assert table.pass_time(end + SECOND // 2) == []
    assert [one.connection.index for one in table.pass_time(end + 2 * SECOND)] == [0]  # type: ignore[attr-defined]
    assert table.pass_time(end) == []
    assert len(table.close()) == 1


@pytest.mark.parametrize(
    ("change", "frames"),
    [
        ({"time": START + 60 * SECOND}, [(0, 1, 3), (1, 4, 4)]),
        ({"seq": 2_000_000_000}, [(0, 1, 3), (1, 4, 4)]),
        ({"seq": 2_000, "time": TALK[3].time}, [(0, 1, 4)]),
        ({"seq": 1_000, "time": START + 60 * SECOND}, [(0, 1, 4)]),
    ],
)
def test_a_syn_within_a_connection(change: dict[str, Any], frames: list[tuple[int, int, int]]) -> None:
    syn = replace(Seg(CLIENT, SERVER, 2_000, 0, SYN, time=TALK[3].time), **change)
    assert talks([*TALK[:3], syn]) == frames


def test_a_syn_ack_of_another_connection_begins_one() -> None:
    answer = Seg(SERVER, CLIENT, 77_000, 123_456, SYN | ACK, time=TALK[-1].time + SECOND)
    assert talks([*TALK, answer]) == [(0, 1, 9), (1, 10, 10)]


def test_a_syn_after_a_connection_without_one() -> None:
    again = transcript(*LINES, isns=(5_000_000, 6_000_000), start=START + 5 * SECOND)
    assert talks([*TALK[3:], *again]) == [(0, 1, 6), (1, 7, 15)]


@pytest.mark.parametrize(
    ("first", "client", "role_by"),
    [
        (Seg(CLIENT, SERVER, flags=SYN), CLIENT, "syn"),
        (Seg(SERVER, CLIENT, flags=SYN), SERVER, "syn"),
        (Seg(SERVER, CLIENT, flags=SYN | ACK), CLIENT, "syn"),
        (Seg(SERVER, CLIENT, payload=b"220"), CLIENT, "port"),
        (Seg(CLIENT, SERVER, payload=b"QUIT"), CLIENT, "port"),
        (Seg(CLIENT, SERVER._replace(port=2_525), payload=b"QUIT"), CLIENT, "content"),
        (Seg(SERVER, CLIENT._replace(port=25), payload=b"220"), SERVER, "content"),
    ],
)
def test_roles(first: Seg, client: object, role_by: str) -> None:
    [recorder] = record([first])
    assert (recorder.connection.client, recorder.connection.role_by) == (client, role_by)


@BOTH
@pytest.mark.parametrize("size", [100, CHECK_EVERY, 1_000_000])
def test_of_too_many_connections_the_longest_silent_end(careful: bool, size: int) -> None:
    syns = [Seg(endpoint("192.0.2.10", n + 1), SERVER, 1_000, flags=SYN, time=START + n) for n in range(10_000)]
    syns += [replace(syns[0], time=START + 10_000)]
    recorders = record(syns, size, max_open=2_000, _careful=careful)
    assert len(recorders) == 10_001
    assert sorted(r.connection.index for r in recorders) == list(range(10_001))
    evicted = [r for r in recorders if r.connection.anomalies]
    assert {a.kind for r in evicted for a in r.connection.anomalies} == {"bound"}
    assert [r.connection.index for r in evicted] == list(range(len(evicted)))
    assert len(evicted) == 8_192 - 1_750


def test_copies_by_a_mirror_port_are_counted_and_not_seen() -> None:
    doubled = [replace(s, time=s.time + late) for s in TALK for late in (0, 20_000)]
    table = ConnectionTable(Recorder)
    [recorder] = record_with(table, doubled)
    assert recorder.story == list(LINES)
    assert table.duplicates == 7  # all but the two pure acknowledgments
    assert [s.retransmitted for s in recorder.connection.streams] == [0, 0]
    kept = ConnectionTable(Recorder, keep_duplicates=True)
    [recorder] = record_with(kept, doubled)
    assert kept.duplicates == 0
    assert [s.retransmitted for s in recorder.connection.streams] == [1, 2]
    assert recorder.connection.streams[0].syn_count == 2


@pytest.mark.parametrize(
    ("ip_id", "delay", "dropped"),
    [
        (None, 0, 1),
        (None, 90_000_000, 1),
        (None, 300_000_000, 0),
        (7, 1_000, 0),
    ],
)
def test_a_retransmission_is_not_taken_for_a_copy(ip_id: int | None, delay: int, dropped: int) -> None:
    table = ConnectionTable(Recorder)
    segments = duplicate(TALK[:5], 4, delay=delay, ip_id=ip_id)
    [recorder] = record_with(table, segments)
    assert table.duplicates == dropped
    assert recorder.connection.streams[0].retransmitted == 1 - dropped


@pytest.mark.parametrize(("delay", "peer", "dropped"), [(1_000, False, 1), (3_000_000, False, 0), (1_000, True, 0)])
def test_without_identification_only_the_clock_tells_a_copy(delay: int, peer: bool, dropped: int) -> None:
    silent = [replace(s, ip_id=0) for s in TALK[:5]]
    acknowledgment = Seg(SERVER, CLIENT, silent[4].ack, silent[4].seq, ACK, time=silent[4].time)
    table = ConnectionTable(Recorder)
    again = replace(silent[4], time=silent[4].time + delay)
    record_with(table, [*silent, *[acknowledgment] * peer, again])
    assert table.duplicates == dropped


def test_two_copies_with_other_bytes_are_no_copies() -> None:
    edited = replace(TALK[4], payload=b"XXXX\r\n")
    table = ConnectionTable(Recorder)
    [recorder] = record_with(table, [*TALK[:5], edited, *TALK[5:]])
    assert table.duplicates == 0
    assert [a.kind for a in recorder.connection.anomalies] == ["conflicting-overlap"]


@pytest.mark.parametrize("size", [1, 100])
def test_padding_that_was_counted_as_payload(size: int) -> None:
    talk = Talk()
    talk.handshake()
    padded = replace(talk.segments[2], payload=b"\0" * 6)
    fin = Seg(CLIENT, SERVER, 1_001, 5_009, FIN | ACK, b"\0\0", talk.time + SECOND)
    talk.send("S", b"220 mx\r\n", PSH | ACK)
    table = ConnectionTable(Recorder)
    [recorder] = record_with(table, [*talk.segments[:2], padded, talk.segments[3], fin], size)
    assert recorder.story == [("S", b"220 mx\r\n")]
    assert table.padded == 2
    assert recorder.connection.streams[0].fin is not None
    assert recorder.connection.streams[0].fin.offset == 0


@pytest.mark.parametrize(
    "change",
    [
        {"payload": b"\0\0\0\0x\0"},
        {"payload": b"\0" * 7},
        {"flags": PSH | ACK},
        {"options": b"\1\1\x08\x0a12345678"},
        {"payload": b"\0\0", "length": 6},
    ],
)
def test_other_short_segments_are_no_padding(change: dict[str, Any]) -> None:
    table = ConnectionTable(Recorder)
    segment = replace(Seg(CLIENT, SERVER, 1_001, 5_001, ACK, b"\0" * 6), **change)
    record_with(table, [*TALK[:3], segment])
    assert table.padded == 0


def test_hashes_that_collide_do_not_mix_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    others = [transcript(*LINES, client=endpoint("192.0.2.11", n), start=START + n) for n in range(1, 5)]
    six = transcript(*LINES, client=endpoint("2001:db8::1", 9), server=endpoint("2001:db8::2", 25))
    segments = interleave(*others, six, shift(TALK, 2))
    wanted = record(segments)
    monkeypatch.setattr(grouping, "_mix", lambda high, low, port: high * 0 + low * 0 + port.astype("u8") * 0)
    got = record(segments)
    assert [r.connection for r in got] == [r.connection for r in wanted]
    assert [r.calls for r in got] == [r.calls for r in wanted]


def test_the_two_ends_of_a_connection_may_be_one() -> None:
    itself = [replace(s, source=CLIENT, destination=CLIENT) for s in TALK]
    assert record(itself)
    assert [r.calls for r in record(itself)] == [r.calls for r in record(itself, _careful=True)]


def test_clean_connections_never_take_the_careful_path(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a clean segment took the careful path")

    monkeypatch.setattr("pcapsleuth.tcp.table.ConnectionTable._take", refuse)
    many = [transcript(*LINES, client=endpoint("192.0.2.11", n), start=START + n * 1_000) for n in range(1, 50)]
    for size in (1, 13, 10_000):
        assert len(record(recut(interleave(*many), 3), size)) == 49


def test_a_connection_goes_back_to_the_fast_path(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    take = ConnectionTable._take

    def count(table: ConnectionTable, flow: object, row: object, batch: object) -> None:
        taken.append(row)
        take(table, flow, row, batch)  # type: ignore[arg-type]

    monkeypatch.setattr("pcapsleuth.tcp.table.ConnectionTable._take", count)
    talk = Talk(mss=10)
    talk.handshake()
    talk.say("C", b"x" * 1_000)
    segments = duplicate(talk.segments, 10, ip_id=1)
    [recorder] = record(segments, 5)
    assert len(recorder.calls) == 100
    assert 0 < len(taken) <= 5


def test_a_silent_connection_lets_go_of_old_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pcapsleuth.tcp.table.FORGET_EVERY", 50)
    busy = transcript(*[("S", b"250 ok\r\n")] * 300, client=endpoint("192.0.2.11", 1), start=START + SECOND)
    again = replace(TALK[4], ip_id=1, time=busy[-1].time)
    [silent] = [r for r in record([*TALK[:7], *busy, again], 10) if r.connection.client == CLIENT]
    assert [r.same for r in silent.connection.streams[0].retransmissions] == [True]


def test_an_empty_capture() -> None:
    table = ConnectionTable(Recorder)
    assert table.feed(next(batches(TALK, 3))) == []
    assert table.feed(next(batches(drop([replace(TALK[0], point=-1)]), 3))) == []
    assert len(table.close()) == 1
    assert ConnectionTable(Recorder).close() == []
