"""A dialogue to read, alone and side by side."""

from __future__ import annotations

from pcapsleuth.report.columns import width
from pcapsleuth.report.dialogue_text import both_sides, one_side
from pcapsleuth.report.look import Look
from tests.building import transcript
from tests.detect.script import compare_segments, compared, dialogue

SCRIPT = """
S: 220 mx1.example.com ESMTP => 220 *********************
C: EHLO out.example.org
S: 250-mx1.example.com / 250-STARTTLS / 250 CHUNKING => 250-mx1.example.com / 250-XXXXXXXA / 250 CHUNKING
C: KILL => -
S: - => OK
C: MAIL FROM:<somebody-with-a-long-name@mail.example.org> SIZE=12345
S: 250 ok
C: QUIT
S: 221 bye
"""


def test_side_by_side() -> None:
    assert list(both_sides(compared(SCRIPT), Look())) == [
        "Session 0: 192.0.2.10:40000 to 198.51.100.25:25",
        "2023-11-14 22:13:20.000 UTC, 14 ms, gave-up",
        "",
        "         client side (outside)             server side (inside)",
        "+0.003   S 220 *********************    ≠  S 220 mx1.example.com ESMTP      4/4",
        "+0.004   C EHLO out.example.org         =  C EHLO out.example.org           5/5",
        "+0.005   S 250-mx1.example.com          =  S 250-mx1.example.com            6/6",
        "         S 250-XXXXXXXA                 ≠  S 250-STARTTLS",
        "         S 250 CHUNKING                 =  S 250 CHUNKING",
        "+0.006   C KILL                         ≠                                   7/-",
        "+0.007   S OK                           ≠                                   8/-",
        "+0.008   C MAIL FROM:<somebody-with-a…  =  C MAIL FROM:<somebody-with-a…    9/7",
        "+0.009   S 250 ok                       =  S 250 ok                        10/8",
        "+0.010   C QUIT                         =  C QUIT                          11/9",
        "+0.011   S 221 bye                      =  S 221 bye                      12/10",
    ]


def test_a_changed_line_is_shown_whole() -> None:
    long = "x" * 100
    lines = list(both_sides(compared(f"S: 220 {long} => 220 {'*' * 100}\nC: QUIT\nS: 221 bye"), Look()))

    assert sum(line.count("x") for line in lines[4:]) == 100
    assert all(width(line) <= 80 for line in lines)


def test_a_wider_terminal_shows_more() -> None:
    lines = list(both_sides(compared(SCRIPT), Look(width=120)))

    assert any("MAIL FROM:<somebody-with-a-long-name@mail.exam…" in line for line in lines)


def test_mail_data_is_never_shown() -> None:
    text = [
        ("S", b"220 x\r\n"),
        ("C", b"MAIL FROM:<a@b>\r\n"),
        ("S", b"250 ok\r\n"),
        ("C", b"RCPT TO:<c@d>\r\n"),
        ("S", b"250 ok\r\n"),
        ("C", b"DATA\r\n"),
        ("S", b"354 go\r\n"),
        ("C", b"Subject: private\r\n\r\nprivate\r\n.\r\n"),
        ("S", b"250 ok\r\n"),
    ]
    shown = "\n".join(one_side(dialogue(transcript(*text)), Look()))

    assert "private" not in shown
    assert "C <29 bytes, digest " in shown


def test_hostile_lines_stay_in_their_column() -> None:
    attack = b"220 \x1b[2J\xe2\x80\xae" + "漢字".encode() * 40 + b"\x00\r\n"
    segments = transcript(("S", attack), ("C", b"QUIT\r\n"), ("S", b"221 bye\r\n"))
    for lines in (one_side(dialogue(segments), Look()), both_sides(compare_segments(segments, segments), Look())):
        found = list(lines)

        assert all(line.isprintable() for line in found)
        assert all(width(line) <= 80 for line in found)
