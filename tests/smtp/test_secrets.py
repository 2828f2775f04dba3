"""No secret survives in a dialogue, in whatever disguise it crossed the wire."""

from __future__ import annotations

import base64
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind
from pcapsleuth.smtp.secrets import Secrets, looks_secret
from tests.smtp.talk import bytewise, cut, deliver, holed, read, show, turns

READY = "S: 220 mx ESMTP\nC: EHLO c\nS: 250 AUTH LOGIN PLAIN\n"
SECRET = "AGJvYgBodW50ZXIy"  # base64 of NUL bob NUL hunter2


def holds(dialogue: Dialogue, secret: str) -> bool:
    """Whether any part of a dialogue, its connection included, has the secret in it."""
    state = pickle.dumps((list(dialogue.rows), dialogue.blob, dialogue.mails, dialogue.connection.anomalies), 0)
    return secret.lower().encode() in state.lower() or secret.lower().encode() in dialogue.blob.lower()


@pytest.mark.parametrize(
    "talk",
    [
        f"C: AUTH PLAIN {SECRET}\nS: 235 ok",
        f"C: auth plain {SECRET}\nS: 235 ok",
        f"C: AUTH  PLAIN  {SECRET}  \nS: 235 ok",
        f"C: AUTH PLAIN\nS: 334\nC: {SECRET}\nS: 235 ok",
        f"C: AUTH PLAIN\nC: {SECRET}\nS: 334\nS: 235 ok",
        f"C: AUTH PLAIN\nC: {SECRET}\nS: 500 what\nS: 500 what",
        f"C: AUTH PLAIN {SECRET}\nS: 500 what is AUTH PLAIN {SECRET}",
        f'C: AUTH PLAIN {SECRET}\nS: 500-what\nS: 500 is "{SECRET}"',
        f"C: AUTH PLAIN {SECRET}\nS: 500 cut short: {SECRET[:11]}",
        f"C: AUTH PLAIN {SECRET}\nS: 500 {SECRET.upper()}",
        f"C: AUTH PLAIN\nS: 334\nC: {SECRET}\nS: 334 {SECRET}",
        f"C: AUTH {SECRET}\nS: 504 no",
        f"C: AUTH\nC: {SECRET}\nS: 501 no\nS: 500 no",
        f"C: X-EXPS GSSAPI {SECRET}\nS: 235 ok",
        f"C: X-EXPS LOGIN\nS: 334 VXNlcm5hbWU6\nC: {SECRET}\nS: 235 ok",
        f"C: XXXX PLAIN {SECRET}\nS: 500 what is XXXX PLAIN {SECRET}",
        f"C: xxxx {SECRET}\nS: 500 what",
        f"C: **** PLAIN {SECRET}\nS: 500 what",
        f"C: NOOP PLAIN {SECRET}\nS: 250 ok",
        f"C: {SECRET}\nS: 500 what is {SECRET}",
        f"C: XXXX LOGIN\nS: 334 VXNlcm5hbWU6\nC: {SECRET}\nS: 235 ok",
        f"S: 334 VXNlcm5hbWU6\nC: {SECRET}\nS: 235 ok",
        f"C: AUTH PLAIN {SECRET}",
        f"C| AUTH PLAIN {SECRET}",
        f"C| XXXX PLAIN {SECRET}",
        f"! C 9 lost\nC: {SECRET}\nS: 235 ok",
        f"C: AUTH LOGIN\n! S 18 lost\nC: {SECRET}\nS: 235 ok",
        f"C: AUTH PLAIN\nS: 334\n! C 4 lost\nC: {SECRET}\nS: 235 ok",
    ],
)
def test_no_part_of_a_dialogue_has_the_secret(talk: str) -> None:
    for pieces in (turns(READY + talk), bytewise(turns(READY + talk)), cut(turns(READY + talk), 5)):
        dialogue = deliver(pieces)
        assert not holds(dialogue, SECRET[:11])
        assert any(row.flags & Flag.REDACTED or row.kind in (Kind.STRAY, Kind.SECRET) for row in dialogue.rows)


@pytest.mark.parametrize("offset", range(len(READY)))
def test_no_gap_lets_a_secret_through(offset: int) -> None:
    whole = turns(
        READY + f"C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: {SECRET}\nS: 334 UGFzc3dvcmQ6\nC: {SECRET}\nS: 235 ok"
    )

    for direction in (whole[0][0], whole[1][0]):
        assert not holds(deliver(holed(whole, direction, offset, 6)), SECRET[-11:])


def test_what_is_not_secret_stays() -> None:
    assert show(read(READY + f"C: AUTH PLAIN {SECRET}\nS: 235 ok"))[-2:] == [
        "C COMMAND AUTH PLAIN <redacted> [REDACTED]",
        "S REPLY 235 ok -> 3",
    ]
    assert show(read(READY + f"C: XXXX PLAIN {SECRET}\nS: 500 PLAIN {SECRET}?"))[-2:] == [
        "C COMMAND XXXX PLAIN <redacted> [REDACTED]",
        "S REPLY 500 PLAIN <redacted>? -> 3 [REDACTED]",
    ]
    assert read(READY + f"C: AUTH PLAIN {SECRET}").rows[3].length == len(f"AUTH PLAIN {SECRET}\r\n")


@pytest.mark.parametrize(
    "line",
    [
        "AUTH LOGIN",
        "AUTH PLAIN =",
        "AUTH SCRAM-SHA-256-PLUS",
        "auth cram-md5",
        "Auth Login",
        "XXXX client.example.org",
        "XXXX exchange01",
        "XXXX MAILSERVER01",
        "XXXX MailServer",
        "XXXX localhost",
        "XXXX 12345678",
        "XXXX FROM:<somebody@example.org>",
        "XXXX [192.0.2.1]",
        "XXXXXXXXXXXX LAST CHUNK={000000ea} MULTI (5) ({00000000})",
        "XXXX GSSAPI",
        "goodmorning",
        "EHLO dGVzdHVzZXI=",
        "MAIL FROM:<dGVzdHVzZXI@example.org>",
        "HELP ANONYMOUS",
    ],
)
def test_what_only_resembles_a_secret_stays(line: str) -> None:
    dialogue = read(READY + f"C: {line}\nS: 500 {line}")

    assert dialogue.text(dialogue.rows[3]).decode() == line + "\r\n"
    assert not any(row.flags & Flag.REDACTED for row in dialogue.rows)


def test_a_challenge_is_no_secret() -> None:
    dialogue = read(READY + "C: AUTH NTLM TlRMTVNTUAABAAAAB4IIogAAAAA=\nS: 334 TlRMTVNTUAACAAAACAAIADgAAAA=")

    assert show(dialogue)[-1] == "S REPLY 334 TlRMTVNTUAACAAAACAAIADgAAAA= -> 3 ..."


def test_a_cancelled_exchange_shows_its_star() -> None:
    assert show(read(READY + "C: AUTH LOGIN\nS: 334\nC: *\nS: 501 ok"))[-2:] == ["C SECRET 3 *", "S REPLY 501 ok -> 3"]


def test_a_line_of_an_exchange_may_be_long() -> None:
    dialogue = read(READY + f"C: AUTH GSSAPI {'A1b+' * 3_000}\nS: 334\nC: {'B2c/' * 3_000}\nS: 235 ok")

    assert show(dialogue)[3:] == [
        "C COMMAND AUTH GSSAPI <redacted> [REDACTED]",
        "S REPLY 334 -> 3 ...",
        "C SECRET 12002 <redacted> [REDACTED]",
        "S REPLY 235 ok -> 3",
    ]


@pytest.mark.parametrize(
    ("word", "secret"),
    [
        (b"dGVzdHVzZXI=", True),
        (b"AGJvYgBodW50ZXIy", True),
        (b"c2VjcmV0", True),
        (b"dGVzdA==", True),
        (b"dGVzdA", False),
        (b"c2VjcmV0M", False),
        (b"localhost", False),
        (b"exchange", False),
        (b"EXCHANGE", False),
        (b"12345678", False),
        (b"a" * 32, True),
        (b"X" * 32, False),
        (b"a.b.c.de", False),
    ],
)
def test_the_look_of_a_secret(word: bytes, secret: bool) -> None:
    assert looks_secret(word) is secret


@given(st.from_regex(rb"[!-~]{3,30}", fullmatch=True))
def test_credentials_in_disguise_are_found(credentials: bytes) -> None:
    secret = base64.b64encode(b"\0" + credentials + b"\0" + credentials).decode()

    assert not holds(read(READY + f"C: XXXX PLAIN {secret}\nS: 500 {secret}\nC: {secret}\nS: 500 what"), secret[:16])


@pytest.mark.parametrize("repeat", [SECRET, SECRET.lower(), SECRET.lower() + "zz", SECRET[:9], SECRET[:9].lower()])
def test_a_server_may_repeat_a_secret_in_other_letters_or_with_more_behind_it(repeat: str) -> None:
    secrets = Secrets()
    secrets.response(SECRET.encode() + b"\r\n")

    assert secrets.repeated(f"500 what is {repeat}?".encode()) == b"500 what is <redacted>?"
