"""A short mail that waits for its end has the facts of one that is read as it comes."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pcapsleuth.smtp.dialogue import Mail
from pcapsleuth.smtp.mail import MailReader
from pcapsleuth.smtp.short import SHORT, ShortMail
from tests.smtp.pieces import cut

LINE_END = (0, 0, 2)

NAMED = b'\r\n--b\r\ncontent-type: a/b; name="%s"\r\n\r\n' % (b"n" * 300)
SHARDS = st.sampled_from(
    [b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"..", b"a", b": ", b"\r\n\r\n", b"\r\n.\r\n", b"x" * 1_000, NAMED]
)
SIZES = st.lists(st.sampled_from([1, 2, 3, 5, 40, 1_460]), min_size=1, max_size=4)


def read(pieces: list[bytes], *, short: bool) -> tuple[list[int], Mail]:
    """Read the pieces until the end of the mail data; each is a frame."""
    mail: ShortMail | MailReader = ShortMail(7) if short else MailReader(7, 1, LINE_END)
    taken: list[int] = []
    for frame, piece in enumerate(pieces, 1):
        used = mail.take(piece, frame, frame) if isinstance(mail, ShortMail) else mail.feed(piece, frame, frame)
        if isinstance(mail, ShortMail) and used < 0:
            mail = mail.lengthen(1, LINE_END)
            used = mail.feed(piece, frame, frame)
        taken.append(used)
        if mail.ended:
            break
    if isinstance(mail, ShortMail) and not mail.ended:
        mail = mail.lengthen(1, LINE_END)
    return taken, mail.finish(3, (3,))


@settings(max_examples=300)
@given(st.lists(SHARDS, min_size=1, max_size=14), SIZES)
@example([b".", b"a", b"\r\n.\r\n"], [1_460])
@example([b"a", b"\r\n\r\n", b"..", b"\r\n", b".\r\n"], [1_460])
@example([b"a", b"\r\n", b".\r\nQUIT\r\n"], [3, 40])
@example([b"a", b"\r\n\r\n", b".", b"x" * 1_000, b"\r\n.\r\n"], [1_460])
@example([b"\n", b"..", b"x" * 1_000, b"\r\n", b".\r\n"], [3])
def test_read_at_once_or_as_it_comes(shards: list[bytes], sizes: list[int]) -> None:
    pieces = cut(b"".join(shards), sizes)

    assert read(pieces, short=True) == read(pieces, short=False)


def test_the_common_ends_need_no_second_reading() -> None:
    for pieces in ([b"a: b\r\n\r\n..x\r\n", b"y\r\n.\r\nQUIT\r\n"], [b"a: b\r\n\r\nx\r\n", b".\r\n"]):
        mail = ShortMail(0)
        used = [mail.take(piece, frame, frame) for frame, piece in enumerate(pieces)]
        assert mail.ended
        assert sum(used) == sum(map(len, pieces)) - (6 if pieces[-1].endswith(b"QUIT\r\n") else 0)


def test_what_grows_is_left_to_the_reader() -> None:
    mail = ShortMail(0)

    assert mail.take(b"x" * SHORT, 1, 1) == SHORT
    assert mail.take(b"x", 2, 2) == -1
