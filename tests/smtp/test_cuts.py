"""However bytes are cut into segments, the dialogue is the same; whatever is missing, nothing raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcapsleuth.report.session import describe
from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind
from pcapsleuth.smtp.words import capabilities
from pcapsleuth.tcp.connection import Direction, Gap
from tests.smtp.conversations import ALL
from tests.smtp.talk import Turn, bytewise, cut, deliver, essence, holed, turns

GROWING = {Kind.MAIL, Kind.CHUNK, Kind.TLS}
"""Rows that go on behind a gap: their facts tell what is missing."""


def sane(dialogue: Dialogue) -> None:
    for index, row in enumerate(dialogue.rows):
        assert 0 <= row.text_start <= row.text_start + row.text_length <= len(dialogue.blob)
        assert -1 <= row.answers < index
        assert row.length >= 0
        if row.answers >= 0:
            assert dialogue.rows[row.answers].direction != row.direction
    for mail in dialogue.mails:
        assert dialogue.rows[mail.row].kind in (Kind.MAIL, Kind.CHUNK)
        assert mail.length >= 0
        assert mail.complete <= mail.ended
    assert describe(dialogue, "single")["outcome"]
    assert len(capabilities(dialogue)) <= len(dialogue.blob)


@pytest.mark.parametrize("name", ALL)
def test_single_bytes_make_the_same_rows(name: str) -> None:
    whole = turns(ALL[name])

    assert essence(deliver(bytewise(whole))) == essence(deliver(whole))


@pytest.mark.parametrize("name", ALL)
def test_any_cut_makes_the_same_rows(name: str) -> None:
    whole = turns(ALL[name])
    expected = essence(deliver(whole))

    for seed in range(60):
        assert essence(deliver(cut(whole, seed))) == expected, seed


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("direction", list(Direction))
def test_no_row_spans_a_gap(name: str, direction: Direction) -> None:
    whole = turns(ALL[name])
    size = sum(len(piece) for side, piece in whole if side == direction and not isinstance(piece, Gap))

    for length in (1, 7):
        for offset in range(size - length + 1):
            dialogue = deliver(holed(whole, direction, offset, length))
            sane(dialogue)
            assert any(row.kind == Kind.GAP for row in dialogue.rows)
            spanning = [
                row
                for row in dialogue.rows
                if row.direction == direction
                and row.kind not in GROWING | {Kind.GAP}
                and row.offset < offset + length
                and row.offset + row.length > offset
            ]
            assert spanning == [], (offset, length)
            sane(deliver(holed(whole, direction, offset, length, known=False)))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("direction", list(Direction))
def test_one_direction_alone(name: str, direction: Direction) -> None:
    alone = [(side, piece) for side, piece in turns(ALL[name]) if side == direction]
    dialogue = deliver(alone)

    sane(dialogue)
    assert essence(deliver(bytewise(alone))) == essence(dialogue)
    assert not any(row.flags & Flag.EARLY for row in dialogue.rows)


@pytest.mark.parametrize("name", ALL)
def test_a_capture_may_start_and_end_anywhere(name: str) -> None:
    whole = list(cut(turns(ALL[name]), 3))

    for at in range(len(whole)):
        sane(deliver(whole[at:]))
        sane(deliver(whole[:at]))
        late = [(side, Gap(0, None, "before-capture", 0, 0)) for side in Direction]
        sane(deliver([*late, *whole[at:]]))


def _lines(turn: bytes | Gap) -> list[bytes]:
    return [] if isinstance(turn, Gap) else turn.split(b"\n")


CRUMBS = rb"\r\n|.\r\n|\r\n.\r\n|\n|\r|\x16\x03\x01\x00\x05|354 \r\n|334 \r\n|BDAT 3 LAST\r\n"
LINES = {line + b"\n" for text in ALL.values() for _, turn in turns(text) for line in _lines(turn)}
FRAGMENTS = st.sampled_from(sorted(LINES) + CRUMBS.decode("unicode_escape").encode("latin-1").split(b"|"))
PIECES = st.one_of(
    st.binary(min_size=1, max_size=30),
    FRAGMENTS,
    st.builds(
        Gap, st.just(0), st.one_of(st.none(), st.integers(1, 3_000_000)), st.just("lost"), st.just(0), st.just(0)
    ),
)
TALKS = st.lists(st.tuples(st.sampled_from(Direction), PIECES), max_size=30)


@given(TALKS, st.integers(0, 1000))
def test_any_bytes_make_rows_and_cutting_does_not_matter(talk: list[Turn], seed: int) -> None:
    dialogue = deliver(talk)

    sane(dialogue)
    assert essence(deliver(cut(talk, seed))) == essence(dialogue)
    assert essence(deliver(bytewise(talk))) == essence(dialogue)
