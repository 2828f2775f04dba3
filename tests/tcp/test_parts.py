"""Sequence numbers, SYN options, histories and endpoints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcapsleuth.tcp import sequence
from pcapsleuth.tcp.connection import SynOptions
from pcapsleuth.tcp.duplicates import Controls, Original
from pcapsleuth.tcp.history import KEPT, History, digest
from pcapsleuth.tcp.options import parse
from pcapsleuth.tcp.segments import FILE_SHIFT, frame_file, frame_number
from tests.building import SYN_OPTIONS, endpoint

SEQ = st.integers(0, 2**32 - 1)


@given(SEQ, st.integers(-(2**31), 2**31 - 1))
def test_distance_undoes_advance(seq: int, count: int) -> None:
    assert sequence.distance(seq, sequence.advance(seq, count)) == count


@given(SEQ, st.integers(0, 2**40), st.integers(-(2**31), 2**31 - 1))
def test_offsets_are_the_nearest(base: int, near: int, away: int) -> None:
    assert sequence.offset(sequence.advance(base, near + away), base, near) == near + away


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (b"", SynOptions()),
        (SYN_OPTIONS, SynOptions(1_460, 7, sack_permitted=True, timestamp=1)),
        (bytes.fromhex("020405b4"), SynOptions(1_460)),
        (bytes.fromhex("01010402"), SynOptions(sack_permitted=True)),
        (bytes.fromhex("00020405b4"), SynOptions()),  # behind the end
        (bytes.fromhex("020405"), SynOptions(whole=False)),  # cut
        (bytes.fromhex("02"), SynOptions(whole=False)),
        (bytes.fromhex("0200"), SynOptions(whole=False)),  # a length that leads nowhere
        (
            bytes.fromhex("0203050303 07".replace(" ", "")),
            SynOptions(window_scale=7, whole=False),
        ),  # MSS of a wrong length
        (bytes.fromhex("fe06000000000103030e00"), SynOptions(window_scale=14)),  # unknown, then known
    ],
)
def test_syn_options(options: bytes, wanted: SynOptions) -> None:
    assert parse(options) == wanted


@given(st.binary(max_size=40))
def test_no_options_raise(options: bytes) -> None:
    parse(options)


def filled(count: int) -> History:
    history = History()
    for n in range(count):
        history.add(n * 10, 10, digest(b"%010d" % n), n, n)
    return history


def test_a_history_compares_what_it_remembers() -> None:
    history = filled(3)
    assert history.compare(0, b"%010d" % 0) is True
    assert history.compare(10, b"%010d%010d" % (1, 2)) is True
    assert history.compare(10, b"%010d%010d" % (1, 3)) is False
    assert history.compare(5, b"00000") is None
    assert history.compare(5, b"00000%010d" % 1) is None
    assert history.compare(5, b"00000%010d" % 7) is False
    assert history.compare(100, b"x") is None


def test_a_history_forgets() -> None:
    history = filled(3 * KEPT)
    assert history.compare(0, b"%010d" % 0) is None
    assert history.find(0) is None
    last = 3 * KEPT - 1
    assert history.compare(last * 10, b"%010d" % last) is True
    found = history.find(last * 10)
    assert found is not None
    assert (found.ip_id, found.time) == (last, last)
    assert KEPT <= len(history.rows) // 5 < 2 * KEPT


def test_controls_forget() -> None:
    controls = Controls()
    for n in range(20):
        controls.add((0, 2, n, 0), n, n)
    assert controls.find((0, 2, 0, 0)) is None
    assert controls.find((0, 2, 19, 0)) == Original(19, 19)


def test_addresses_read_as_text() -> None:
    assert endpoint("192.0.2.1", 25).address == "192.0.2.1"
    assert endpoint("2001:db8::1", 25).address == "2001:db8::1"
    assert endpoint("0.0.0.1", 25).address == "0.0.0.1"
    assert endpoint("::1", 25).address == "::1"


def test_frame_ids_name_file_and_number() -> None:
    assert (frame_file(3 << FILE_SHIFT | 17), frame_number(3 << FILE_SHIFT | 17)) == (3, 17)
