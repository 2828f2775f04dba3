"""Whatever a capture does to segments: the bytes that come out are the bytes that were sent, in order."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pcapsleuth.tcp.segments import ACK, RST
from tests.building import (
    START,
    Seg,
    cut,
    drop,
    duplicate,
    endpoint,
    interleave,
    recut,
    shift,
    shuffled,
    swap,
    transcript,
    truth,
)
from tests.tcp.recording import Data, Hole, Recorder, record, text_of

LINES = st.lists(
    st.tuples(st.sampled_from("CS"), st.binary(min_size=1, max_size=60)),
    min_size=1,
    max_size=12,
)
ISNS = st.tuples(*[st.one_of(st.integers(0, 2**32 - 1), st.integers(2**32 - 300, 2**32 - 1))] * 2)
SIZES = st.lists(st.integers(1, 20), min_size=1, max_size=4)


def contiguous(recorder: Recorder) -> bool:
    """Every offset is delivered or declared a gap, in order and once."""
    at = [0, 0]
    for call in recorder.calls:
        if isinstance(call, Hole) and call.length is None:
            continue
        if call.offset != at[call.direction]:
            return False
        at[call.direction] += len(call.payload) if isinstance(call, Data) else call.length or 0
    return True


def causal(recorder: Recorder, segments: list[Seg]) -> bool:
    """No bytes come before those that their segment acknowledges."""
    isns = {s.source: s.seq for s in segments if s.flags & 2}
    at = [0, 0]
    for call in recorder.calls:
        if isinstance(call, Data):
            segment = segments[call.frame - 1]
            fins = [s for s in segments[: call.frame] if s.source == segment.destination and s.flags & 1]
            needed = (segment.ack - isns[segment.destination] - 1) % 2**32 - bool(fins)
            if needed > at[1 - call.direction]:
                return False
        at[call.direction] = call.offset + (len(call.payload) if isinstance(call, Data) else call.length or 0)
    return True


@given(LINES, ISNS, SIZES, st.integers(0, 10_000), SIZES)
def test_any_order_and_cut_gives_the_bytes(
    lines: list[tuple[str, bytes]], isns: tuple[int, int], sizes: list[int], seed: int, blocks: list[int]
) -> None:
    whole = recut(transcript(*lines, isns=isns), sizes)
    segments = whole[:3] + shuffled(whole[3:], seed)
    [recorder] = record(segments, blocks)
    assert (text_of(recorder, 0), text_of(recorder, 1)) == truth(*lines)
    assert not recorder.connection.anomalies
    assert not any(isinstance(c, Hole) for c in recorder.calls)
    assert causal(recorder, segments)


@given(LINES, ISNS, st.data())
def test_copies_and_retransmissions_change_nothing(
    lines: list[tuple[str, bytes]], isns: tuple[int, int], data: st.DataObject
) -> None:
    segments = transcript(*lines, isns=isns, mss=20)
    for number in range(data.draw(st.integers(1, 6))):
        index = data.draw(st.integers(1, len(segments) - 1))
        place = data.draw(st.integers(index + 1, len(segments)))
        again = replace(segments[index], time=segments[place - 1].time, ip_id=30_000 + number)
        segments = [*segments[:place], again, *segments[place:]]
    [recorder] = record(segments)
    assert (text_of(recorder, 0), text_of(recorder, 1)) == truth(*lines)
    assert not recorder.connection.anomalies


@given(LINES, ISNS, SIZES, st.integers(0, 10_000), st.data())
def test_loss_makes_gaps_and_invents_nothing(
    lines: list[tuple[str, bytes]], isns: tuple[int, int], sizes: list[int], seed: int, data: st.DataObject
) -> None:
    whole = recut(transcript(*lines, isns=isns), sizes)
    lost = data.draw(st.sets(st.integers(0, len(whole) - 1), max_size=len(whole) - 1))
    segments = drop(whole, *lost)
    segments = shuffled(segments, seed, reach=data.draw(st.integers(0, 3)))
    for recorder in record(segments):
        sent = truth(*lines) if recorder.connection.client == whole[0].source else truth(*lines)[::-1]
        assert contiguous(recorder)
        for direction in (0, 1):
            bases = [
                sent[direction].find(c.payload)
                for c in recorder.calls
                if isinstance(c, Data) and c.direction == direction
            ]
            assert -1 not in bases
        for stream, text in zip(recorder.connection.streams, sent, strict=True):
            if stream.isn is not None and len(stream.gaps) == sum(g.length is not None for g in stream.gaps):
                number = recorder.connection.streams.index(stream)
                for call in recorder.calls:
                    if isinstance(call, Data) and call.direction == number:
                        assert text[call.offset : call.offset + len(call.payload)] == call.payload


@given(LINES, ISNS, SIZES, st.integers(0, 10_000), SIZES, st.data())
def test_the_size_of_blocks_never_matters(
    lines: list[tuple[str, bytes]],
    isns: tuple[int, int],
    sizes: list[int],
    seed: int,
    blocks: list[int],
    data: st.DataObject,
) -> None:
    whole = recut(transcript(*lines, isns=isns), sizes)
    segments = shuffled(drop(whole, *data.draw(st.sets(st.integers(0, len(whole) - 1), max_size=3))), seed)
    if not segments:
        return
    first, second = record(segments), record(segments, blocks)
    assert [r.calls for r in first] == [r.calls for r in second]
    assert [r.connection for r in first] == [r.connection for r in second]


TROUBLE = st.sampled_from(["drop", "swap", "copy", "again", "other bytes", "cut", "reset", "pause"])


def troubled(segments: list[Seg], data: st.DataObject) -> list[Seg]:
    """Let some things go wrong."""
    for trouble in data.draw(st.lists(TROUBLE, max_size=4)):
        if len(segments) < 2:
            break
        at = data.draw(st.integers(0, len(segments) - 2))
        chosen = segments[at]
        if trouble == "drop":
            segments = drop(segments, at)
        elif trouble == "swap":
            segments = swap(segments, at, at + 1)
        elif trouble == "copy":
            segments = duplicate(segments, at, after=data.draw(st.integers(1, 3)))
        elif trouble == "again":
            segments = duplicate(segments, at, after=data.draw(st.integers(1, 9)), ip_id=data.draw(st.integers(1, 9)))
        elif trouble == "other bytes":
            segments = duplicate(segments, at, after=2, ip_id=7)
            segments[at] = replace(chosen, payload=chosen.payload[::-1])
        elif trouble == "cut":
            segments = [*segments[:at], *cut([chosen], 3), *segments[at + 1 :]]
        elif trouble == "reset":
            segments = [*segments[:at], replace(chosen, payload=b"", flags=RST | ACK), *segments[at:]]
        else:
            segments = [
                *segments[:at],
                *shift(segments[at:], data.draw(st.sampled_from([1, 2, 9, 40, 70])) * 1_000_000_000),
            ]
    return segments


@given(
    st.lists(st.tuples(LINES, ISNS, SIZES, st.integers(0, 3), st.integers(0, 1), st.integers(0, 60)), max_size=5),
    SIZES,
    st.data(),
)
def test_both_paths_and_all_blocks_agree(
    talks: list[tuple[list[tuple[str, bytes]], tuple[int, int], list[int], int, int, int]],
    blocks: list[int],
    data: st.DataObject,
) -> None:
    conversations = []
    for lines, isns, sizes, host, point, later in talks:
        client = endpoint(f"192.0.2.{host}", 40_000)
        whole = transcript(*lines, isns=isns, client=client, point=point, start=START + later * 1_000_000_000)
        conversations.append(troubled(recut(whole, sizes), data))
    segments = troubled(interleave(*conversations), data)
    wanted = record(segments, _careful=True)
    for size, careful in ((1_000, False), (blocks, False), (blocks, True)):
        got = record(segments, size, _careful=careful)
        assert [r.connection for r in got] == [r.connection for r in wanted]
        assert [r.calls for r in got] == [r.calls for r in wanted]
