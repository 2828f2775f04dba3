"""Mail data: its end over any segmentation, its digests against plain arithmetic on the same bytes."""

from __future__ import annotations

import random
import re

import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from pcapsleuth.smtp.dialogue import Mail
from pcapsleuth.smtp.mail import HEADER_LIMIT, PIECE, MailReader
from pcapsleuth.smtp.message import header_fields, message_id

TERMINATOR = b"\r\n.\r\n"


def read(data: bytes, sizes: list[int]) -> tuple[int, Mail]:
    """Feed data in pieces of these sizes, taken in turn; return the bytes used and the facts."""
    reader = MailReader(0, 0, (0, 0, 2))
    used = at = frame = 0
    while at < len(data) and not reader.ended:
        size = sizes[frame % len(sizes)]
        frame += 1
        used += reader.feed(data[at : at + size], frame, frame)
        at += size
    return used, reader.finish(0, (0,))


def expected(data: bytes) -> tuple[int, bytes]:
    """Find the end by the letter of RFC 5321 section 4.1.1.4: the bytes used, and the mail data."""
    at = (b"\r\n" + data).find(TERMINATOR)
    return (len(data), data) if at < 0 else (at + 3, data[:at])


def check(data: bytes, sizes: list[int]) -> Mail:
    used, mail = read(data, sizes)
    end, content = expected(data)
    plain = re.sub(rb"(?<=\r\n)\.", b"", b"\r\n" + content)[2:]
    assert (used, mail.length) == (end, len(content))
    assert mail.ended == (end != len(content))
    assert mail.digest == xxhash.xxh3_128_digest(content)
    if mail.ended or not (b"\r\n" + content).endswith((b"\r\n.", b"\r\n.\r")):
        # A dot that still waits for its line is counted as it stands.
        assert mail.plain_digest == xxhash.xxh3_128_digest(plain)
    blank = re.search(rb"\n\r?\n", b"\n" + content)
    if blank:
        body = content[blank.end() - 1 :]
        assert (mail.body_offset, mail.body_length) == (blank.end() - 1, len(body))
        assert mail.body_digest == xxhash.xxh3_128_digest(body)
        pieces = [body[i : i + PIECE] for i in range(0, len(body), PIECE)]
        assert mail.chunks == tuple(xxhash.xxh3_64_intdigest(piece) for piece in pieces)
        assert len(mail.chunk_frames) == len(pieces)
    else:
        assert (mail.body_offset, mail.body_length, mail.body_digest, mail.chunks) == (-1, 0, None, ())
    assert sum(part[2] for part in mail.terminator) == (5 if mail.ended else 0)
    return mail


SHARDS = st.sampled_from([b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"..", b"a", b": ", b"\r\n\r\n", TERMINATOR])


@given(st.lists(SHARDS, max_size=14), st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_the_end_and_the_digests_over_any_segmentation(shards: list[bytes], sizes: list[int]) -> None:
    check(b"".join(shards), sizes)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 100])
@pytest.mark.parametrize(
    "data", [b".\r\n", b"..\r\n.\r\n", b".\r.\r\n.\r\n", b"\r\n.\r\n", b"a\r\r\n.\r\nQUIT\r\n", b".\n\r\n.\r\n"]
)
def test_narrow_ends(data: bytes, size: int) -> None:
    check(data, [size])


def test_a_long_body_has_a_digest_for_every_piece() -> None:
    rng = random.Random(7)
    lines = [bytes(rng.choices(b"abc .", k=76)) for _ in range(3_000)]
    data = (
        b"Subject: x\r\n\r\n"
        + b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
        + TERMINATOR
    )

    for sizes in ([1_460], [70_000], [1_460, 1, 7], [200_000, 3]):
        assert len(check(data, sizes).chunks) == 4


def test_a_split_terminator_names_its_segments() -> None:
    reader = MailReader(0, 0, (0, 0, 2))
    for frame, piece in enumerate((b"a: b\r\n\r\nx\r", b"\n", b".\r", b"\n"), 1):
        reader.feed(piece, frame, frame * 10)

    assert reader.finish(0, (0,)).terminator == ((1, 10, 1), (2, 20, 1), (3, 30, 2), (4, 40, 1))


def test_a_dot_that_waits_is_data_if_nothing_follows() -> None:
    _, mail = read(b"a: b\r\n\r\nx\r\n.\r", [4])

    assert (mail.length, mail.ended, mail.complete) == (13, False, False)
    assert mail.digest == xxhash.xxh3_128_digest(b"a: b\r\n\r\nx\r\n.\r")


def test_a_header_is_kept_up_to_a_bound() -> None:
    _, mail = read(b"X: y\r\n" * 20_000 + b"\r\nbody\r\n.\r\n", [1_460])

    assert len(mail.header) == HEADER_LIMIT
    assert (mail.body_offset, mail.body_length) == (120_002, 6)


def test_gaps_spoil_only_the_pieces_that_they_touch() -> None:
    body = bytes(range(256)) * (PIECE // 256) * 4
    reader = MailReader(0, 0, (0, 0, 2))
    reader.feed(b"a: b\r\n\r\n" + body[: PIECE + 10], 1, 1)
    reader.gap(20, 2)
    reader.feed(body[PIECE + 30 :], 3, 3)
    mail = reader.finish(0, (0,))

    whole = xxhash.xxh3_64_intdigest(body[:PIECE])
    assert mail.chunks == (whole, None, whole, whole)
    assert mail.chunk_frames == (1, 1, 3, 3)
    assert (mail.body_length, mail.digest, mail.body_digest) == (len(body), None, None)


def test_behind_a_gap_of_unknown_length_no_piece_is_known() -> None:
    reader = MailReader(0, 0, (0, 0, 2))
    reader.feed(b"a: b\r\n\r\n" + bytes(PIECE + 1), 1, 1)
    reader.gap(None, 2)
    reader.feed(bytes(PIECE * 2), 3, 3)

    assert reader.finish(0, (0,)).chunks == (xxhash.xxh3_64_intdigest(bytes(PIECE)), None)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (b"Message-ID: <a@b>\r\n", b"a@b"),
        (b"message-id:<a@b>\r\n", b"a@b"),
        (b"A: b\r\nMESSAGE-ID :\r\n <a@b>\r\n", b"a@b"),
        (b"Message-Id: a@b \r\n", b"a@b"),
        (b"X-Message-ID: <a@b>\r\n", b""),
        (b"Message-IDs: <a@b>\r\n", b""),
        (b"Message-IDs: <x@y>\r\nMessage-ID: <a@b>\r\n", b"a@b"),
        (b"Subject: x\r\n Message-ID: <a@b>\r\n", b""),
        (b"", b""),
    ],
)
def test_message_id(header: bytes, found: bytes) -> None:
    assert message_id(header) == found


def test_header_fields_are_split_and_digested() -> None:
    header = b"From: a\r\nSubject: one\r\n two\r\njunk\r\nX:y\r\n\r\n"
    fields = header_fields(header)

    assert [(one.name, header[one.offset : one.offset + one.length]) for one in fields] == [
        (b"From", b"From: a\r\n"),
        (b"Subject", b"Subject: one\r\n two\r\n"),
        (b"X", b"X:y\r\n"),
    ]
    assert header_fields(b"Subject: one two\r\n")[0].value_digest == fields[1].value_digest
    assert header_fields(b"Subject: one  twO\r\n")[0].value_digest != fields[1].value_digest
