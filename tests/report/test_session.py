"""A dialogue becomes the session object of the contract."""

from __future__ import annotations

import pytest

from pcapsleuth.report.session import describe, facts, path
from pcapsleuth.spool.shelf import Facts
from pcapsleuth.tcp.connection import Connection
from tests.building import CLIENT, SERVER
from tests.smtp import conversations
from tests.smtp.talk import read

PLAIN = """
S: 220 mx1.example.com ESMTP
C: EHLO out.example.org
S: 250-mx1.example.com
S: 250-PIPELINING
S: 250-SIZE 10240000
S: 250 OK
C: MAIL FROM:<a@example.org> SIZE=30
C: RCPT TO:<b@example.com>
C: RCPT TO:<"c>d"@example.com>
C: DATA
S: 250 2.1.0 Ok
S: 250 2.1.5 Ok
S: 550 5.1.1 Unknown
S: 354 go ahead
C: Message-ID: <1@example.org>
C:
C: hello
C: .
S: 250 2.0.0 queued
C: QUIT
S: 221 bye
"""


def test_an_ordinary_session() -> None:
    found = describe(read(PLAIN, Connection(4, 0, CLIENT, SERVER, 10, 1)), "outside", "inbound")

    assert found["side"] == "outside"
    assert found["index"] == 4
    assert found["direction"] == "inbound"
    assert found["client"] == {"address": "192.0.2.10", "port": 40_000}
    assert found["banner"] == found["greeting"]["text"] == "mx1.example.com ESMTP"
    assert found["greeting"]["code"] == 220
    assert found["ehlo"] == "out.example.org"
    assert found["capabilities"] == ["PIPELINING", "SIZE 10240000"]
    assert found["outcome"] == "delivered"
    assert [(one["verb"], one["argument"], one["reply"]["code"]) for one in found["commands"]] == [
        ("EHLO", "out.example.org", 250),
        ("MAIL", "FROM:<a@example.org> SIZE=30", 250),
        ("RCPT", "TO:<b@example.com>", 250),
        ("RCPT", 'TO:<"c>d"@example.com>', 550),
        ("DATA", "", 354),
        ("QUIT", "", 221),
    ]
    assert found["commands"][0]["reply"]["text"] == "mx1.example.com\nPIPELINING\nSIZE 10240000\nOK"
    (transaction,) = found["transactions"]
    assert transaction["from"] == "a@example.org"
    assert transaction["to"] == ["b@example.com", '"c>d"@example.com']
    assert transaction["message_id"] == "1@example.org"
    assert transaction["bytes"] == len("Message-ID: <1@example.org>\r\n\r\nhello\r\n")
    assert transaction["body_bytes"] == len("hello\r\n")
    assert transaction["complete"] is True
    assert transaction["reply"]["text"] == "2.0.0 queued"
    assert found["unasked"] == []


def test_the_keys_stand_in_the_order_of_the_contract() -> None:
    assert list(describe(read(PLAIN), "single")) == [
        "side",
        "index",
        "direction",
        "client",
        "server",
        "start",
        "end",
        "file",
        "first_frame",
        "last_frame",
        "complete",
        "gaps",
        "tls",
        "banner",
        "ehlo",
        "capabilities",
        "outcome",
        "commands",
        "transactions",
        "last_file",
        "greeting",
        "unasked",
        "icmp",
    ]


CHUNKED = """
S: 220 x
C: EHLO y
S: 250-x
S: 250 CHUNKING
C: MAIL FROM:<a@b>
S: 250 ok
C: RCPT TO:<c@d>
S: 250 ok
C: BDAT 4
C| ab\\r\\n
S: 250 more
C: BDAT 4 LAST
C| cd\\r\\n
S: 250 done
C: QUIT
S: 221 x
"""


def test_chunks_and_their_last_reply() -> None:
    found = describe(read(CHUNKED), "single")

    assert [one["reply"]["text"] for one in found["commands"] if one["verb"] == "BDAT"] == ["more", "done"]
    assert found["transactions"][0]["reply"]["text"] == "done"
    assert found["transactions"][0]["bytes"] == 8


READY = "S: 220 mx\nC: HELO c\nS: 250 mx\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n"


def envelopes(talk: str) -> list[tuple[str | None, list[str], int | None]]:
    """The transactions of a session: their envelopes and the codes of the replies to their mail data."""
    mails = describe(read(talk), "single")["transactions"]
    return [(one["from"], one["to"], one["reply"] and one["reply"]["code"]) for one in mails]


def test_mails_of_one_connection_are_kept_apart() -> None:
    assert envelopes(conversations.PIPELINED) == [("a@b", ["c@d", "nobody@d"], 250), ("", [], None)]


@pytest.mark.parametrize("reset", ["RSET", "EHLO c", "HELO c"])
def test_a_reset_ends_a_transaction(reset: str) -> None:
    late = f"C: {reset}\nS: 250 ok\nC: RCPT TO:<late@d>\nS: 503 no\nC: MAIL FROM:<x@y>\nS: 250 ok"

    assert envelopes(READY + late) == [("a@b", ["c@d"], None), ("x@y", [], None)]


def test_a_refused_second_mail_leaves_the_first_open() -> None:
    nested = "C: MAIL FROM:<x@y>\nS: 503 nested\nC: RCPT TO:<e@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: a\nC: .\nS: 250 ok"

    assert envelopes(READY + nested) == [("a@b", ["c@d", "e@d"], 250), ("x@y", [], None)]


LOGIN = """
S: 220 x
C: EHLO y
S: 250 x
C: AUTH LOGIN
S: 334 VXNlcg==
C: c2VjcmV0
S: 334 UGFz
C: aHVudGVyMg==
S: 235 ok
"""


def test_credentials_stay_out() -> None:
    found = describe(read(LOGIN), "single")

    assert "c2VjcmV0" not in str(found)
    assert "aHVudGVyMg" not in str(found)
    assert found["commands"][1]["verb"] == "AUTH"
    assert found["commands"][1]["reply"]["code"] == 235


def test_replies_without_a_code_or_without_a_question() -> None:
    found = describe(read("S: 220 x\nC: goodmorning\nS: OK\nC: QUIT\nS: 221 bye\nS: 421 too late"), "single")

    assert found["commands"][0]["verb"] == "GOODMORNING"
    assert found["commands"][0]["reply"] | {"frame": 0, "time": 0} == {
        "code": None,
        "text": "OK",
        "file": 0,
        "frame": 0,
        "time": 0,
    }
    assert [one["code"] for one in found["unasked"]] == [421]


def test_only_the_code_that_begins_a_line_is_left_out() -> None:
    found = describe(read("S| 220-x\\xff\\r\\n*** 550 x\\xff\\r\\n220 y\\r\\n\n"), "single")

    assert found["banner"] == "x\\xff\n*** 550 x\\xff\ny"


def test_hostile_bytes_are_escaped() -> None:
    found = describe(
        read(
            "S| 220 \\x1b[2Jmx \\xe2\\x80\\xae\\r\\n\nC| EHLO a\\x00\\\\b\\r\\n\nS| 250-x\\xff\\r\\n250 y\\x9b\\r\\n\n"
        ),
        "single",
    )

    assert found["banner"] == r"\x1b[2Jmx \u{202e}"
    assert found["ehlo"] == r"a\x00\x5cb"
    assert found["commands"][0]["reply"]["text"] == "x\\xff\ny\\x9b"


@pytest.mark.parametrize(
    ("talk", "expected"),
    [
        ("S: 220 x\nC: EHLO y\nS: 250 x", True),
        ("S: 220 x\nC: XXXX y\nS: 500 what", True),
        ("C: EHLO y\nS: 250 x\nC: QUIT\nS: 221 x", False),
        ("S: 220 x\nC: QUIT", False),
        ("S: 220 x", False),
        ("C: EHLO y\nC: MAIL FROM:<a@b>", False),
    ],
)
def test_what_can_be_compared(talk: str, expected: bool) -> None:
    assert facts(read(talk)).comparable is expected


def test_a_client_that_only_looks_is_idle() -> None:
    looked = read("S: 220 x\nC: EHLO y\nS: 250 x\nC: QUIT\nS: 221 bye")

    assert facts(looked).idle is True
    assert facts(read(PLAIN)).idle is False


@pytest.mark.parametrize(
    ("more", "refused"),
    [
        ("", False),
        ("C: VRFY root\nS: 252 perhaps\nC: STARTTLS\nS: 454 no\n", False),
        ("C: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<x@y>\nS: 550 5.1.1 unknown\nC: RSET\nS: 250 ok\n", True),
        (
            "C: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\nC: DATA\nS: 354 go\nC: x\nC: .\nS: 554 spam\n",
            True,
        ),
    ],
)
def test_what_was_refused_beside_a_delivery_is_known(more: str, refused: bool) -> None:
    begun = "S: 220 x\nC: HELO y\nS: 250 x\nC: MAIL FROM:<a@b>\nS: 250 ok\nC: RCPT TO:<c@d>\nS: 250 ok\n"
    known = facts(read(begun + "C: DATA\nS: 354 go\nC: hi\nC: .\nS: 250 queued\n" + more + "C: QUIT\nS: 221 bye"))

    assert (known.outcome, known.refused, known.idle) == ("delivered", refused, False)
    kept = Facts()
    kept.put(3, known)
    assert kept.get(3) == known


@pytest.mark.parametrize(
    ("said", "idle"),
    [
        ("S: 220 mx\nC: HELO c\nS: 250 mx\nC: VRFY root\nS: 550 no\nC: QUIT\nS: 221 bye", True),
        ("S: 220 mx\nC: EHLO c\nS: 250 mx\nC: STARTTLS\nS: 454 no\nC: QUIT\nS: 221 bye", False),
        ("S: 220 mx\nC: HELO c\nS: 550 go away\nC: QUIT\nS: 221 bye", False),
        ("S: 554 no\nC: QUIT\nS: 221 bye", False),
    ],
)
def test_who_is_refused_what_no_mail_needs_only_looked(said: str, idle: bool) -> None:
    known = facts(read(said))

    assert (known.outcome, known.idle) == ("refused", idle)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        (b"FROM:<a@b> SIZE=3", "a@b"),
        (b"FROM:<>", ""),
        (b"FROM: a@b SIZE=3", "a@b"),
        (b'TO:<"x>y"@b> NOTIFY=NEVER', '"x>y"@b'),
        (b"TO:<a@b", "a@b"),
        (b"", ""),
    ],
)
def test_paths(argument: bytes, expected: str) -> None:
    assert path(argument) == expected
