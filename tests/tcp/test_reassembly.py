"""Segments in, deliveries wanted: what the capture did to a dialogue, and what the consumer is told of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pcapsleuth.tcp.connection import MOST_GAPS, Connection, Mark
from pcapsleuth.tcp.segments import ACK, FIN, PSH, RST, SYN
from tests.building import CLIENT, SERVER, START, Seg, Talk, cut, drop, duplicate, recut, reorder, swap, transcript
from tests.tcp.recording import Story, record, text_of

LINES = (
    ("S", b"220 mx ESMTP\r\n"),
    ("C", b"EHLO a.example\r\n"),
    ("S", b"250 mx\r\n"),
    ("C", b"QUIT\r\n"),
    ("S", b"221 bye\r\n"),
)
TALK = transcript(*LINES)
"""Frames from 0: SYN, SYN-ACK, ACK, greeting, EHLO, 250, QUIT, 221, FIN, FIN, ACK."""
WHOLE = list(LINES)
SECOND = 1_000_000_000


def later(segments: list[Seg], index: int, nanoseconds: int) -> list[Seg]:
    """A pause before a segment."""
    return [replace(s, time=s.time + nanoseconds * (i >= index)) for i, s in enumerate(segments)]


def keep_alive(garbage: bytes) -> list[Seg]:
    """The client asks whether the server is there, after its greeting: with or without an octet."""
    probe = Seg(CLIENT, SERVER, TALK[4].seq - 1, TALK[4].ack, ACK, garbage, TALK[4].time)
    return [*TALK[:4], probe, *TALK[4:]]


CASES: dict[str, tuple[list[Seg], Story]] = {
    "as sent": (TALK, WHOLE),
    "retransmitted": (duplicate(TALK, 4, after=3, ip_id=9_999), WHOLE),
    "a copy by the mirror port": (duplicate(TALK, 4, after=2), WHOLE),
    "a command behind its reply": (swap(TALK, 4, 5), WHOLE),
    "the greeting behind the command": (swap(TALK, 3, 4), WHOLE),
    "everything after the handshake backwards": (reorder(TALK, [0, 1, 2, *range(10, 2, -1)]), WHOLE),
    "the SYN-ACK before the SYN": (swap(TALK, 0, 1), WHOLE),
    "a lost greeting": (drop(TALK, 3), ["S 0+14 lost", *LINES[1:]]),
    "a lost command": (drop(TALK, 4), [LINES[0], "C 0+16 lost", *LINES[2:]]),
    "a lost last reply": (drop(TALK, 7), [*LINES[:4], "S 22+9 lost"]),
    "a lost last reply and FIN": (drop(TALK, 7, 9), [*LINES[:4], "S 22+10 lost"]),
    "a lost FIN is not a lost byte": (drop(TALK, 8), WHOLE),
    "a lost SYN": (drop(TALK, 0), WHOLE),
    "a lost SYN-ACK": (drop(TALK, 1), ["S 0+None before-capture", *WHOLE]),
    "joined late": (TALK[4:], ["C 0+None before-capture", "S 0+None before-capture", *LINES[1:]]),
    "joined late, out of order": (
        swap(TALK[6:], 0, 1),
        ["C 0+None before-capture", "S 0+None before-capture", *LINES[3:]],
    ),
    "only the client's side": (
        [s for s in TALK if s.source == CLIENT],
        [
            "S 0+None before-capture",
            "S 0+14 lost",
            LINES[1],
            "S 14+8 lost",
            LINES[3],
            "S 22+10 lost",
        ],
    ),
    "cut by the snaplen": (
        cut(TALK, 4),
        [
            ("S", b"220 "),
            "S 4+10 snaplen",
            ("C", b"EHLO"),
            "C 4+12 snaplen",
            ("S", b"250 "),
            "S 18+4 snaplen",
            ("C", b"QUIT"),
            "C 20+2 snaplen",
            ("S", b"221 "),
            "S 26+5 snaplen",
        ],
    ),
    "headers only": (
        cut(TALK, 0),
        ["S 0+14 snaplen", "C 0+16 snaplen", "S 14+8 snaplen", "C 16+6 snaplen", "S 22+9 snaplen"],
    ),
    "kept alive": (keep_alive(b""), WHOLE),
    "kept alive by an octet": (keep_alive(b"\0"), WHOLE),
    "acknowledged, unseen, and a second later": (
        later(drop(TALK, 4), 6, 2 * SECOND),
        [LINES[0], "C 0+16 lost", *LINES[2:]],
    ),
}


@pytest.mark.parametrize("careful", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_case(name: str, careful: bool) -> None:
    segments, wanted = CASES[name]
    [recorder] = record(segments, _careful=careful)
    assert recorder.story == wanted
    assert recorder.closed == 1


@pytest.mark.parametrize("isns", [(2**32 - 1, 2**32 - 17), (2**32 - 20, 0), (2**31 - 5, 2**31 + 5)])
def test_sequence_numbers_wrap(isns: tuple[int, int]) -> None:
    segments = recut(transcript(*LINES, isns=isns), 3)
    [fast], [careful] = record(segments), record(segments, _careful=True)
    assert text_of(fast, 0) == b"EHLO a.example\r\nQUIT\r\n"
    assert fast.calls == careful.calls
    assert fast.connection == careful.connection


@pytest.mark.parametrize("careful", [False, True])
def test_offsets_go_on_where_sequence_numbers_wrap_often(careful: bool) -> None:
    # Three 4 GiB rounds in giants of 1 GiB of which a snaplen kept one octet.
    talk = Talk()
    talk.handshake()
    for _ in range(12):
        talk.send("C", b"x")
        talk.segments[-1] = replace(talk.segments[-1], length=1 << 30)
        talk._next[0] = (talk._next[0] + (1 << 30) - 1) % 2**32
        talk.send("S")
    [recorder] = record(talk.segments, _careful=careful)
    assert recorder.connection.streams[0].length == recorder.connection.streams[0].acked == 12 << 30
    assert recorder.story[-1] == f"C {(11 << 30) + 1}+{(1 << 30) - 1} snaplen"


@pytest.mark.parametrize("careful", [False, True])
def test_the_gaps_that_are_kept_are_bounded_and_all_are_counted(careful: bool) -> None:
    octets = transcript(("C", b"x" * (2 * MOST_GAPS)))
    [recorder] = record(cut(recut(octets, 1), 0), _careful=careful)
    stream = recorder.connection.streams[0]
    assert (len(stream.gaps), stream.gap_count) == (MOST_GAPS, 2 * MOST_GAPS)
    assert stream.gaps[0].offset == 0
    assert stream.gaps[-1][:2] == (MOST_GAPS - 1, MOST_GAPS + 1)


def stream_of(segments: list[Seg], direction: int = 0) -> tuple[Connection, list[tuple[int, int, bool | None]]]:
    """The connection, and what came again in a direction."""
    [recorder] = record(segments)
    connection = recorder.connection
    return connection, [(r.offset, r.length, r.same) for r in connection.streams[direction].retransmissions]


def test_a_retransmission_is_compared() -> None:
    connection, again = stream_of(duplicate(TALK, 4, after=4, ip_id=1))
    assert again == [(0, 16, True)]
    assert not connection.anomalies


def test_other_bytes_are_evidence_and_the_first_copy_is_delivered() -> None:
    segments = duplicate(TALK, 4, after=1, ip_id=1)
    segments[5] = replace(segments[5], payload=b"XXXX a.example\r\n")
    connection, again = stream_of(segments)
    assert again == [(0, 16, False)]
    [anomaly] = connection.anomalies
    assert (anomaly.kind, anomaly.frame, anomaly.direction) == ("conflicting-overlap", 6, 0)
    assert anomaly.detail == "offset 0, length 16"
    assert record(segments)[0].story == WHOLE


def test_other_bytes_are_seen_while_they_wait() -> None:
    segments = duplicate(drop(TALK, 3), 3, after=1, ip_id=1)  # the EHLO waits for the greeting
    segments[4] = replace(segments[4], payload=b"XXXX a.example\r\n")
    connection, again = stream_of(segments)
    assert again == [(0, 16, False)]
    assert [a.kind for a in connection.anomalies] == ["conflicting-overlap"]


def test_a_retransmission_cut_otherwise_is_compared_piece_by_piece() -> None:
    typed = recut(TALK, 1)
    whole = replace(TALK[4], ip_id=1, time=typed[40].time)
    _, again = stream_of([*typed[:40], whole, *typed[40:]])
    assert again == [(0, 16, True)]
    other = replace(whole, payload=b"EHLO b.example\r\n")
    _, again = stream_of([*typed[:40], other, *typed[40:]])
    assert again == [(0, 16, False)]


def test_a_retransmission_of_a_part_cannot_be_judged() -> None:
    part = replace(TALK[4], payload=b"EHLO", ip_id=1)
    _, again = stream_of([*TALK[:6], part, *TALK[6:]])
    assert again == [(0, 4, None)]


def test_an_overlap_delivers_what_is_new() -> None:
    longer = replace(TALK[6], seq=TALK[4].seq, payload=b"EHLO a.example\r\nQUIT\r\n")
    segments = [*TALK[:6], longer, *TALK[7:]]
    assert record(segments)[0].story == WHOLE
    assert stream_of(segments)[1] == [(0, 16, True)]


def test_pieces_fill_a_hole_from_both_sides() -> None:
    typed = recut(TALK[:5], 4)
    order = [*range(len(typed) - 4), len(typed) - 1, len(typed) - 3, len(typed) - 4, len(typed) - 2]
    whole = replace(TALK[4], ip_id=3)
    [recorder] = record([*reorder(typed, order)[:-2], whole])
    assert text_of(recorder, 0) == LINES[1][1]


def test_a_hole_that_nobody_acknowledged_waits_for_the_retransmission() -> None:
    talk = Talk()
    talk.handshake()
    talk.say("C", b"MAIL FROM:<a@example.org>\r\n")
    lost = talk.segments.pop()
    for _ in range(200):
        talk.send("C", b"x", PSH | ACK)
    for at in range(4, 203):
        talk.segments[at] = replace(talk.segments[at], time=talk.time + at * SECOND)
    server = Seg(SERVER, CLIENT, 5_001, 1_001, ACK, time=talk.time)
    again = replace(lost, time=talk.time + 300 * SECOND)
    [recorder] = record([*talk.segments, server, again])
    assert recorder.story[0] == ("C", b"MAIL FROM:<a@example.org>\r\n")
    assert len(recorder.story) == 201


def test_a_hole_is_not_kept_open_for_an_answer_that_is_not_captured() -> None:
    talk = Talk()
    talk.handshake()
    for number in range(600):
        talk.send("C", b"%03d\n" % number, PSH | ACK)
    alone = [s for s in talk.segments if s.source == CLIENT]
    table_of = record(drop(alone, 10))[0]
    assert "C 32+4 lost" in table_of.story
    assert not table_of.connection.anomalies


def test_facts_of_the_connection() -> None:
    [recorder] = record(TALK)
    connection = recorder.connection
    to_server, to_client = connection.streams
    assert (connection.client, connection.server, connection.role_by) == (CLIENT, SERVER, "syn")
    assert (connection.start, connection.end) == (START, TALK[-1].time)
    assert (connection.first_frame, connection.last_frame) == (1, 11)
    assert connection.handshake
    assert (to_server.isn, to_server.length, to_server.acked, to_server.segments) == (1_000, 22, 22, 6)
    assert (to_client.isn, to_client.length, to_client.acked, to_client.segments) == (5_000, 31, 31, 5)
    assert to_server.syn == Mark(-1, 1, START)
    assert to_server.fin == Mark(22, 9, TALK[8].time)
    assert to_client.fin == Mark(31, 10, TALK[9].time)
    assert to_server.options is not None
    assert (to_server.options.mss, to_server.options.window_scale) == (1_460, 7)
    assert (to_server.last_time, to_client.last_time) == (TALK[10].time, TALK[9].time)


def test_bytes_that_the_receiver_has_and_the_capture_lost() -> None:
    end = Seg(SERVER, CLIENT, TALK[6].ack, TALK[6].seq + 6 + 100, ACK, time=TALK[6].time)
    [recorder] = record([*TALK[:7], end])
    assert recorder.story[-1] == "C 22+100 lost"
    assert recorder.connection.streams[0].acked == recorder.connection.streams[0].length == 122


@pytest.mark.parametrize(("ahead", "outside"), [(0, False), (60_000, False), (20_000_000, True), (-3, True)])
def test_a_reset_counts_within_the_window_only(ahead: int, outside: bool) -> None:
    reset = Seg(SERVER, CLIENT, (TALK[5].seq + ahead) % 2**32, 0, RST, time=TALK[5].time)
    segments = [*TALK[:5], Seg(CLIENT, SERVER, TALK[4].seq + 16, TALK[4].ack, ACK, time=TALK[4].time), reset]
    [recorder] = record(segments)
    connection = recorder.connection
    assert [a.kind for a in connection.anomalies] == ["reset-outside-window"] * outside
    assert (connection.streams[1].rst is None) == outside
    if not outside:
        assert connection.streams[1].rst == Mark(14 + ahead, 7, reset.time)


def test_a_refused_connection() -> None:
    syn = TALK[0]
    refusal = Seg(SERVER, CLIENT, 0, syn.seq + 1, RST | ACK, time=syn.time + 1)
    [recorder] = record([syn, refusal])
    assert recorder.calls == []
    assert recorder.connection.streams[1].rst == Mark(0, 2, refusal.time)
    assert not recorder.connection.handshake


def test_a_repeated_syn_is_counted() -> None:
    syns = [replace(TALK[0], time=START + n * SECOND, ip_id=50 + n) for n in (0, 1, 3)]
    [recorder] = record(syns)
    assert recorder.connection.streams[0].syn_count == 3
    assert recorder.connection.streams[0].syn == Mark(-1, 1, START)


def test_data_in_a_syn() -> None:
    syn = replace(TALK[0], payload=b"EHLO a.example\r\n")
    [recorder] = record([syn, *TALK[1:4], TALK[5], *TALK[6:]])
    assert recorder.story[0] == ("C", b"EHLO a.example\r\n")


def test_a_simultaneous_open() -> None:
    syns = [Seg(CLIENT, SERVER, 10, 0, SYN), Seg(SERVER, CLIENT, 20, 0, SYN)]
    both = [Seg(CLIENT, SERVER, 10, 21, SYN | ACK), Seg(SERVER, CLIENT, 20, 11, SYN | ACK)]
    [recorder] = record([*syns, *both, Seg(SERVER, CLIENT, 21, 11, ACK, b"220 x\r\n")])
    assert recorder.story == [("S", b"220 x\r\n")]
    assert [s.syn_count for s in recorder.connection.streams] == [2, 2]
    assert not recorder.connection.anomalies


def test_data_after_a_fin() -> None:
    segments = transcript(*LINES)
    late = Seg(CLIENT, SERVER, segments[8].seq, segments[8].ack, PSH | ACK, b"more", segments[8].time)
    connection, _ = stream_of([*segments[:9], late, *segments[9:]])
    assert [a.kind for a in connection.anomalies] == ["data-after-fin"]


def test_a_second_fin_elsewhere() -> None:
    moved = replace(TALK[8], seq=TALK[8].seq - 2, flags=FIN | ACK, ip_id=5)
    connection, _ = stream_of([*TALK[:9], moved, *TALK[9:]])
    assert [a.kind for a in connection.anomalies] == ["other-fin"]


def test_the_client_chooses_between_two_answers_to_its_syn() -> None:
    other = replace(TALK[1], seq=77_000, ip_id=1)
    [recorder] = record([TALK[0], other, *TALK[1:]])
    assert recorder.story == WHOLE
    assert recorder.connection.streams[1].isn == 5_000
    assert [a.kind for a in recorder.connection.anomalies] == ["other-syn"]


def test_what_lies_beyond_any_window_is_not_waited_for() -> None:
    wild = replace(TALK[4], seq=(TALK[4].seq + (1 << 31) - 1_000) % 2**32, ip_id=1)
    acknowledgment = Seg(SERVER, CLIENT, TALK[5].seq, (TALK[5].ack + (1 << 31) - 2_000) % 2**32, ACK, time=wild.time)
    [recorder] = record([*TALK[:5], wild, acknowledgment, *TALK[5:]])
    assert recorder.story == WHOLE
    assert [a.kind for a in recorder.connection.anomalies] == ["outside-window", "acknowledgment-outside-window"]


def test_what_waits_is_bounded() -> None:
    talk = Talk(mss=60_000)
    talk.handshake()
    talk.say("C", b"x" * 60_000 * 80)
    missing = talk.segments.pop(3)
    [recorder] = record(talk.segments)
    assert recorder.calls[0][:3] == (0, 0, len(missing.payload))
    assert recorder.calls[0][3] == "bound"
    assert "buffer-bound" in {a.kind for a in recorder.connection.anomalies}
    assert recorder.connection.streams[0].gaps[0].why == "bound"


def test_anomalies_are_bounded() -> None:
    wild = [replace(TALK[4], seq=(TALK[4].seq + (1 << 31) - n) % 2**32, ip_id=n) for n in range(1, 300)]
    [recorder] = record([*TALK[:5], *wild])
    assert len(recorder.connection.anomalies) == 100
