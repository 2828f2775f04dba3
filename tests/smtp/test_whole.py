"""A mail that is there as a whole has the facts of one that is read as it comes."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pcapsleuth.smtp import whole
from pcapsleuth.smtp.dialogue import Mail
from pcapsleuth.smtp.mail import PIECE, MailReader
from pcapsleuth.tcp.connection import Payload
from tests.smtp.pieces import cut

LINE_END = (0, 0, 2)

NAMED = b'\r\n--b\r\ncontent-type: a/b; name="%s"\r\n\r\n' % (b"n" * 300)
SHARDS = st.sampled_from(
    [b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"..", b"a", b": ", b"\r\n\r\n", b"\r\n.\r\n", b"x" * 1_000, NAMED]
)
SIZES = st.lists(st.sampled_from([1, 2, 3, 5, 40, 1_460]), min_size=1, max_size=4)


def payloads(pieces: list[bytes]) -> list[Payload]:
    """Put pieces into segments; each is a frame."""
    ends = [7]
    for piece in pieces:
        ends.append(ends[-1] + len(piece))
    return [(False, at, piece, 0, frame, frame) for frame, (at, piece) in enumerate(zip(ends, pieces, strict=False), 1)]


def read(pieces: list[bytes]) -> tuple[int, Mail] | None:
    """Read the pieces as they come; return how many bytes were taken, and the facts, if the mail data ends."""
    reader = MailReader(7, 1, LINE_END)
    taken = 0
    for frame, piece in enumerate(pieces, 1):
        taken += reader.feed(piece, frame, frame)
        if reader.ended:
            return taken, reader.finish(3, (3,))
    return None


@settings(max_examples=300)
@given(st.lists(SHARDS, min_size=1, max_size=14), SIZES)
@example([b".", b"a", b"\r\n.\r\n"], [1_460])
@example([b"a", b"\r\n\r\n", b"..", b"\r\n", b".\r\n"], [1_460])
@example([b"a", b"\r\n", b".\r\nQUIT\r\n"], [3, 40])
@example([b"a", b"\r\n\r\n", b".", b"x" * 1_000, b"\r\n.\r\n"], [1_460])
@example([b"\n", b"..", b"x" * 1_000, b"\r\n", b".\r\n"], [3])
@example([b"a", b"\r\n", b".", b"\r\n"], [1])
@example([b"\r\n.", b"\r", b"\r\n.\r\n"], [1])
@example([b"\r\n\r\n", b"a", b"\r\n.\r\n"], [1])
def test_read_at_once_or_as_it_comes(shards: list[bytes], sizes: list[int]) -> None:
    data = b"".join(shards)
    pieces = cut(data, sizes)
    slowly = read(pieces)

    mail = whole.find(payloads(pieces))

    if mail is None:
        assert slowly is None or data.startswith(b".\r\n")
    else:
        assert (mail.end, whole.read(mail, 3, 7)) == slowly


def test_no_more_segments_are_taken_than_needed() -> None:
    mail = whole.find(payloads([b"a: b\r\n\r\n..x\r\n", b"y\r\n.\r\nQUIT\r\n", b"more"]))

    assert mail is not None
    assert (mail.frames, mail.ends[-1] - mail.end) == ([1, 2], len(b"QUIT\r\n"))


def test_what_is_long_is_left_to_the_reader() -> None:
    assert whole.find(payloads([b"x" * (PIECE - 5) + b"\r\n.\r\n"]))
    assert not whole.find(payloads([b"x" * (PIECE - 4) + b"\r\n.\r\n"]))
