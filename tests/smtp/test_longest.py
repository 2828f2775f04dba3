"""The longest line and file name of a body: in any pieces what plain arithmetic on the whole says."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pcapsleuth.smtp import whole
from pcapsleuth.smtp.longest import LINE, PART_LIMIT, Longest
from pcapsleuth.smtp.mail import MailReader
from pcapsleuth.smtp.message import longest_file_name
from tests.smtp.pieces import cut, read

HEADER = b"Subject: x\r\n\r\n"
NAME = b"n" * 300


@given(
    st.lists(st.sampled_from([1, 2, 76, 998, 999, 1_000, 1_001, 1_500, 3_000]), max_size=8),
    st.lists(st.sampled_from([1, 7, 500, 1_000, 1_460, 5_000]), min_size=1, max_size=4),
)
@example([1_001], [1])
@example([1_001, 1_500], [1_460])
def test_the_longest_line_in_any_pieces(lines: list[int], sizes: list[int]) -> None:
    body = b"".join(b"a" * (size - 1) + b"\n" for size in lines)
    begins = [at for at in range(len(body)) if at == 0 or body[at - 1 : at] == b"\n"]
    longest, begin = max(((size, -at) for size, at in zip(lines, begins, strict=True)), default=(0, 0))
    frames: list[range] = []
    measured, at = Longest(50), 0
    while at < len(body):
        size = sizes[len(frames) % len(sizes)]
        frames.append(range(at, at + size))
        measured.take(body[at : at + size], len(frames))
        at += size

    frame = next((n for n, frame in enumerate(frames, 1) if -begin in frame), 0)
    assert measured.line == ((longest, 50 - begin, frame) if longest > LINE else ())


@pytest.mark.parametrize("size", [1, 2, 3, 50, 1_460, 20_000])
def test_the_longest_file_name_in_any_pieces(size: int) -> None:
    part = b'--b\r\nContent-Disposition: attachment;\r\n filename="%s"\r\n\r\n-text-\r\n'
    data = HEADER + part % NAME + part % (b"m" * 256) + part % (NAME + b"n") + part % NAME + b"--b--\r\n.\r\n"
    begin = data.rindex(b"--b\r\n", 0, data.index(NAME + b"n"))

    mail = read(*cut(data, [size]))

    assert mail.long_name == (301, begin, begin // size + 1)


def test_a_whole_mail_is_measured_as_one_that_comes() -> None:
    data = HEADER + b'--b\r\nContent-Type: text/plain; name="%s"\r\n\r\n' % NAME + b"a" * 1_200 + b"\r\n.\r\n"
    pieces = [data[:40], data[40:400], data[400:900], data[900:]]
    found = whole.find([(False, 0, piece, 0, frame, frame) for frame, piece in enumerate(pieces, 1)])
    assert found

    mail = whole.read(found, 0, 0)

    assert mail == read(*pieces)
    assert (mail.long_line, mail.long_name) == ((1_202, data.index(b"aa"), 2), (300, 14, 1))


def test_a_dot_for_transparency_does_not_count() -> None:
    line = b"." + b"a" * 997 + b"\r\n"

    assert read(HEADER + b"." + line + b".\r\n").long_line == ()
    assert read(HEADER + b"." + line[:-2] + b"b\r\n.\r\n").long_line == (1_001, 15, 1)
    assert read(HEADER + b"x\r\n", b"." + line[:-2], b"b\r\n.\r\n").long_line == (1_001, 18, 2)


def test_a_header_line_is_none_of_the_body() -> None:
    assert read(b"X: " + b"y" * 2_000 + b"\r\n\r\nbody\r\n.\r\n").long_line == ()


def test_a_line_is_not_continued_behind_a_gap() -> None:
    for lost in (10, None):
        reader = MailReader(0, 1, (0, 0, 2))
        reader.feed(HEADER + b"a" * 900, 1, 1)
        reader.gap(lost, 2)
        reader.feed(b"a" * 900 + b"\r\n" + b"b" * 999 + b"\r\n.\r\n", 3, 3)

        assert reader.finish(0, (0,)).long_line == (1_001, 14 + 900 + (lost or 0) + 902, 3)


def test_a_part_is_not_continued_behind_a_gap() -> None:
    reader = MailReader(0, 1, (0, 0, 2))
    reader.feed(HEADER + b"--b\r\nContent-Type: text/plain;\r\n", 1, 1)
    reader.gap(9, 2)
    reader.feed(b' name="%s"\r\n\r\ntext\r\n.\r\n' % NAME, 3, 3)

    assert reader.finish(0, (0,)).long_name == ()


def test_the_header_of_a_part_is_waited_for_up_to_a_bound() -> None:
    far = b"--b\r\nX: " + b"y" * PART_LIMIT + b'\r\nContent-Type: text/plain; name="%s"\r\n\r\n' % NAME

    assert read(HEADER, *(far[at : at + 100] for at in range(0, len(far), 100)), b".\r\n").long_name == ()


@pytest.mark.parametrize(
    ("header", "longest"),
    [
        (b'Content-Type: text/plain; name="a b.txt"\r\n', 7),
        (b"Content-Type: text/plain;\r\n\tname=ab.txt; charset=utf-8\r\n", 6),
        (b'content-disposition: attachment; FileName="a;\\"b"\r\n', 5),
        (b"Content-Disposition: attachment; filename*=utf-8''a%20b\r\n", 12),
        (b"Content-Disposition: attachment;\r\n filename*0*=utf-8''aa;\r\n filename*1=\"bb\"; filename*2=c\r\n", 12),
        (b"Content-Disposition: attachment; filename=abc\r\nContent-Type: text/plain; name=abcde\r\n", 5),
        (b"Content-Disposition: attachment; filename=\r\n", 0),
        (b"Subject: attachment; filename=abc\r\n", 0),
        (b"Content-Type: text/plain; surname=abc\r\n", 0),
        (b"", 0),
    ],
)
def test_the_longest_file_name_of_a_header(header: bytes, longest: int) -> None:
    assert longest_file_name(header) == longest


def test_what_only_looks_like_a_part_names_no_file() -> None:
    assert read(HEADER + b"-- \r\nsee name=" + NAME + b"\r\n\r\n.\r\n").long_name == ()
    assert read(HEADER + b'text\r\nContent-Type: text/plain; name="%s"\r\n\r\n.\r\n' % NAME).long_name == ()
