"""Masks that one capture alone shows, and what only looks like one."""

from __future__ import annotations

import pytest

from pcapsleuth.detect.finding import Confidence, Finding, Severity, Where
from pcapsleuth.detect.run import detect_session
from pcapsleuth.detect.scope import Session
from tests.building import transcript
from tests.detect.script import dialogue, sides

QUIT = "\nC: QUIT\nS: 221 bye"
FIREBOX = "214-Commands: / 214-\tDATA\tRCPT\tMAIL\tQUIT\tRSET / 214 \tHELO\tVRFY\tEXPN\tHELP\tNOOP"


def said(script: str) -> list[Finding]:
    """The findings of one side."""
    client, _ = sides(script + QUIT)
    return detect_session(Session(0, dialogue(transcript(*client)))).findings


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("S: 220 **************", ["banner-masked"]),
        ("S: 220 ****2*0**0****200*", ["banner-masked"]),
        ("S: 220-**** / 220 mx ****", []),
        ("S: 220 mx ESMTP ***", []),
        (
            "S: 220 mx\nC: EHLO a\nS: 250-mx / 250-SIZE / 250-XXXXXXXA / 250 XXXB",
            ["STARTTLS", "HELP", "starttls-stripped"],
        ),
        ("S: 220 mx\nC: EHLO a\nS: 250-mx / 250-BINARYMIME / 250-XXXXXXXA / 250 XB", ["CHUNKING"]),
        ("S: 220 mx\nC: EHLO a\nS: 250-mx / 250-STARTTLS / 250 XXXXXXXA", ["SMTPUTF8"]),
        ("S: 220 mx\nC: EHLO a\nS: 250-mx / 250-SIZE / 250 XXXXXA", ["MASKED-1"]),
        ("S: 220 mx\nC: EHLO a\nS: 250-XXXXXXXX.com Hello / 250 SIZE", []),
        ("S: 220 mx\nC: EHLO a\nS: 250-mx / 250-XEXCH50 / 250-XB / 250 SIZE", []),
        ("S: 220 mx\nC: XXXX a\nS: 500 what?\nC: HELO a\nS: 250 mx", ["esmtp-downgraded", "EHLO"]),
        ("S: 220 mx\nC: HELO a\nS: 250 mx\nC: XXXX a\nS: 500 what?", ["MASKED-1"]),
        ("S: 220 mx\nC: HELO a\nS: 250 mx\nC: XXXX 40 LAST\nS: 500 what?", ["BDAT"]),
        ("S: 220 mx\nC: HELO a\nS: 250 mx\nC: XXXXXXXX\nS: 502 what?", ["starttls-stripped", "STARTTLS"]),
        ("S: 220 mx\nC: XXXX a\nS: 250 mx", []),
        ('S: 220 mx\nC: XTRA a\nS: 500 what is "XTRA a"?', []),
    ],
)
def test_masks(script: str, names: list[str]) -> None:
    found = said(script)

    assert [one.subject or one.label for one in found] == names
    assert {one.confidence for one in found if one.label != "starttls-stripped"} <= {Confidence.LIKELY}
    assert not any(one.where is Where.BETWEEN for one in found)


def grades(script: str) -> dict[str, str]:
    """The names of what one side shows, with how sure it is."""
    return {one.name: str(one.confidence) for one in said(script)}


def test_a_keyword_of_the_length_of_starttls_is_a_hint_and_a_dead_command_is_more() -> None:
    offered = "S: 220 mx\nC: EHLO a\nS: 250-mx / 250-SIZE / 250 XXXXXXXA\n"

    assert grades(offered)["starttls-stripped"] == "possible"
    assert grades(offered + 'C: STARTTLS\nS: 500 what is "XXXXXXXX"?')["starttls-stripped"] == "likely"
    assert "starttls-stripped" not in grades(offered.replace("SIZE", "STARTTLS"))


@pytest.mark.parametrize("answer", ["500 5.3.3 Unrecognized command", "502 unimplemented (#5.5.1)"])
def test_a_server_behind_stars_that_does_not_know_ehlo_may_have_received_another_verb(answer: str) -> None:
    talk = f"C: EHLO a\nS: {answer}\nC: HELO a\nS: 250 mx"

    assert grades(f"S: 220 *****\n{talk}") == {
        "banner-masked": "likely",
        "verb-masked:EHLO": "possible",
        "esmtp-downgraded": "possible",
    }
    assert grades(f"S: 220 mx ESMTP\n{talk}") == {}


@pytest.mark.parametrize("command", ["EHLO a b", "VRFY a", "MAIL FROM:<a@example.org>"])
def test_other_refusals_behind_stars_say_nothing(command: str) -> None:
    assert grades(f"S: 220 *****\nC: {command}\nS: 501 5.5.4 what?") == {"banner-masked": "likely"}


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("S: 220 SMTP/cmap ready______________", ["banner-rewritten"]),
        ("S: 220 SMTP/cmap____________________ read", ["banner-rewritten"]),
        ("S: 220 mx ESMTP (cmap compatible)", []),
        ("S: 220 CheckPoint FireWall-1 secure SMTP server", ["banner-rewritten", "proxy-in-path"]),
        ("S: 220 gw.example.com Generic SMTP handler", ["banner-rewritten", "proxy-in-path"]),
        ("S: 220-InterScan Version 3.8 Ready / 220 mx ESMTP", ["banner-rewritten", "proxy-in-path"]),
        ("S: 220 mx ESMTP, scanned with InterScan", []),
        ("S: 220 mx ESMTP behind a FireWall-1", []),
        ("S: 220 SMTP service ready", []),
        ("S: 220 mx.example.com SMTP Service Ready", []),
        (f"S: 220 mx.example.com ESMTP ({'0123456789abcdef' * 2})", ["proxy-in-path"]),
        (
            "S: 421 Cannot connect to SMTP server 192.0.2.1 (192.0.2.1:25), connect error 10060",
            ["reply-injected:GREETING"],
        ),
        ("S: 451 Request action aborted on MFE proxy, SMTP server is not available.", ["reply-injected:GREETING"]),
        ("S: 554 Please check your SMTP server is set to smtp.example.net. Help: ...", ["reply-injected:GREETING"]),
        (
            "S: 554 Please check that your outgoing mail server settings are correct. Contact your provider.",
            ["reply-injected:GREETING"],
        ),
        ("S: 421 concurrent connection limit in Avast exceeded (processes: a.exe[100])", ["reply-injected:GREETING"]),
        ("S: 421 4.7.0 mx.example.com concurrent connection limit exceeded", []),
        ("S: 220 gw.example.com F-Secure/fsigk_smtp/550/gw.example.com", ["banner-rewritten", "proxy-in-path"]),
        ("S: 220 mx.example.com ESMTP BitDefender Proxy", ["banner-rewritten", "proxy-in-path"]),
        ("S: 220 OutgoingFilter SMTP", ["banner-rewritten", "proxy-in-path"]),
        ("S: 220 mx\nC: VRFY a\nS: 502 OutgoingFilter Command not implemented", ["reply-injected:VRFY"]),
        (
            "S: 220 gw PGP Universal service ready (proxied server greeted us with: mx ESMTP)",
            ["banner-rewritten", "proxy-in-path"],
        ),
        ("S: 220-TrendMicro IMSS SMTP proxy / 220 mx ESMTP", ["banner-rewritten", "proxy-in-path"]),
        ("S: 220 mx ESMTP, scanned by BitDefender", []),
        ("S: 220 mx.example.com ESMTP Service ready", []),
        ("S: 421 4.7.0 mx.example.com too many connections from 192.0.2.1", []),
        ("S: 451 4.3.0 Requested action aborted: local error in processing", []),
        ("S: 554 mx.example.com Please check your settings", []),
        (
            "S: 220 mx\nC: EHLO c\nS: 250-Requested mail action okay, completed / 250-SIZE 20000000 / 250 OK",
            ["reply-rewritten:EHLO"],
        ),
        ("S: 220 mx\nC: EHLO c\nS: 250-mx Requested mail action okay, completed / 250-SIZE 20000000 / 250 OK", []),
        ("S: 220 mx\nC: EHLO c\nS: 250 Requested mail action okay, completed", []),
        ("S: 220 mx\nC: HELO c\nS: 250 Requested mail action okay, completed", []),
        ("S: 220 mx Ready\nC: EHLO c\nS: 250-Requested mail action okay, completed. / 250 STARTTLS", []),
        (f"S: 220 SMTP service ready\nC: HELP\nS: {FIREBOX}", ["reply-rewritten:HELP"]),
        (f"S: 220 mx\nC: NOOP\nS: {FIREBOX}", []),
        ("S: 220 mx\nC: HELP\nS: 214-Commands: / 214 HELO EHLO MAIL RCPT DATA RSET NOOP QUIT HELP VRFY", []),
        ("S: 220 mx\nC: GOODMORNING\nS: OK", ["reply-injected:GOODMORNING"]),
        ("S: 220 mx\nC: NOOP\nS: 250 OK", []),
    ],
)
def test_words_that_are_no_mail_servers(script: str, names: list[str]) -> None:
    found = said(script)

    assert [one.name for one in found] == names
    assert {one.confidence for one in found} <= {Confidence.LIKELY}
    assert not any(one.severity is Severity.WARNING for one in found if one.label == "proxy-in-path")


def test_a_refusal_that_names_a_firewall_is_not_the_servers() -> None:
    mail = "C: HELO a\nS: 250 mx\nC: MAIL FROM:<a@example.org>\nS: 250 ok\nC: RCPT TO:<b@example.com>\nS: 250 ok\n"
    mail = f"S: 220 mx\n{mail}C: DATA\nS: 354 go\nC: Subject: x // y / .\nS: "

    assert list(grades(f"{mail}541 5.4.1 Content blocked by Palo Alto Networks Firewall")) == [
        "reply-injected:END-OF-DATA"
    ]
    assert grades(f"{mail}554 5.7.1 Content blocked by policy") == {}


@pytest.mark.parametrize(
    ("verb", "argument", "answer"),
    [
        ("RCPT", "TO:<b@example.com>", "550 Relaying denied."),
        ("AUTH", "PLAIN AGEAYg==", "535 authorization failed"),
        ("MAIL", "FROM:me", "501 Syntax error (MAIL FROM:)"),
    ],
)
def test_a_refusal_that_ends_with_the_name_of_a_proxy_is_not_the_servers(verb: str, argument: str, answer: str) -> None:
    talk = f"S: 220 mx\nC: HELO a\nS: 250 mx\nC: {verb} {argument}\nS: {answer}"

    assert list(grades(f"{talk} (F-Secure Internet Gatekeeper)")) == [f"reply-injected:{verb}"]
    assert grades(talk) == {}
    assert grades(f"{talk} by our F-Secure policy".replace("501", "550")) == {}


@pytest.mark.parametrize(
    "why", ["is from a FortiGuard - AntiSpam black IP address.(connection black ip 192.0.2.1)", "looks like spam"]
)
def test_a_refusal_in_the_words_of_a_filter_is_not_the_servers(why: str) -> None:
    talk = "S: 220 mx\nC: HELO a\nS: 250 mx\nC: MAIL FROM:<a@example.org>\nS: 250 ok\nC: RCPT TO:<b@example.com>\n"

    found = grades(f"{talk}S: 554 5.7.1 This message has been blocked because it {why}")

    assert list(found) == (["reply-injected:RCPT"] if "FortiGuard" in why else [])
    assert grades(f"{talk}S: 554 5.7.1 rejected, see FortiGuard for why") == {}


@pytest.mark.parametrize("quote", ['"XXXX a"', "<XXXX>", "XXXX", "XXXX.", "'XXXX'", "[XXXX a]", ": XXXX"])
def test_a_server_quotes_what_it_received_in_many_ways(quote: str) -> None:
    assert grades(f"S: 220 mx\nC: EHLO a\nS: 500 5.5.1 no such command {quote}") == {
        "verb-masked:EHLO": "proven" if "XXXX a" in quote else "likely"
    }


def test_what_a_server_quotes_of_a_verb_that_left_whole_is_proven_by_both() -> None:
    (found,) = [
        one for one in said('S: 220 mx\nC: XEXCH50 4 2\nS: 500 what is "XXXXXXX"?') if one.label == "verb-masked"
    ]

    assert found.confidence is Confidence.PROVEN
    assert not found.doubts
    assert [one.text for one in found.evidence] == [b'500 what is "XXXXXXX"?', b"XEXCH50 4 2"]
    assert [one.frame for one in found.evidence] == sorted((one.frame for one in found.evidence), reverse=True)


@pytest.mark.parametrize(
    "answer",
    [
        "500 5.5.1 mail for XXXX@example.com",
        "500 5.5.1 ask XXXX.example.com",
        "500 5.5.1 ask XXXXXXXX",
        "550 5.7.1 XXXX is not welcome",
        "550 5.1.1 <XXXX>: no such user",
    ],
)
def test_what_somebody_redacted_is_no_mask(answer: str) -> None:
    assert grades(f"S: 220 mx\nC: EHLO a\nS: {answer}") == {}


def test_a_line_before_the_servers_greeting_may_end_in_a_bare_lf() -> None:
    lines = [("S", b"220-InterScan Version 3.8 Ready\n220 mx ESMTP\n"), ("C", b"QUIT\n"), ("S", b"221 bye\n")]
    found = detect_session(Session(0, dialogue(transcript(*lines)))).findings

    assert [one.name for one in found] == ["banner-rewritten", "proxy-in-path"]


@pytest.mark.parametrize("mask", ["XXXX", "xxxx"])
def test_a_mask_that_came_in_may_be_quoted_late(mask: str) -> None:
    talk = 'S: 220 mx\nC: HELO a\nS: 250 mx\nC: {} a\nS: 500 no\nC: RSET\nS: 500 what is "{} a"?'

    assert "verb-masked:RSET" not in grades(talk.format(mask, mask))
    assert "verb-masked:RSET" in grades(talk.format("ATRN", mask))


def test_few_stars_are_no_greeting_that_was_masked() -> None:
    assert grades("S: 220 ***") == {}
    assert grades("S: 220 ****") == {"banner-masked": "likely"}


def test_each_masked_command_is_told_once() -> None:
    talk = "S: 220 mx\nC: XXXX a\nS: 500 no\nC: HELO a\nS: 250 mx\n" + "C: XXXX root\nS: 500 no\n" * 2

    assert grades(talk) == {
        "verb-masked:EHLO": "likely",
        "esmtp-downgraded": "likely",
        "verb-masked:MASKED-2": "likely",
    }


OFFERED = "S: 220 mx ESMTP Postfix\nC: EHLO a\nS: 250-mx / 250-STARTTLS / 250 8BITMIME\nC: STARTTLS\nS: {}"


@pytest.mark.parametrize(
    "answer",
    ["500 Unsupported command.", "502 5.5.2 Error: command not recognized", "500 5.5.1 STARTTLS not supported"],
)
def test_what_is_offered_and_then_no_command_is_a_hint_and_no_more(answer: str) -> None:
    (found,) = said(OFFERED.format(answer))

    assert (found.name, found.severity, found.confidence) == (
        "reply-injected:STARTTLS",
        Severity.INFO,
        Confidence.POSSIBLE,
    )
    assert "not set up for" in found.doubts[0]


@pytest.mark.parametrize(
    ("script", "names"),
    [
        (OFFERED.format("454 4.7.0 TLS not available due to local problem"), []),
        (OFFERED.format("501 5.5.4 Syntax: STARTTLS"), []),
        (OFFERED.format("503 5.5.1 Error: unsupported now"), []),
        (OFFERED.format("502 unknown").replace("250-STARTTLS / ", ""), []),
        ("S: 220 mx\nC: STARTTLS\nS: 502 unknown\nC: EHLO a\nS: 250-mx / 250 STARTTLS", []),
        (OFFERED.format('500 what is "XXXXXXXX"?'), ["starttls-stripped", "verb-masked:STARTTLS"]),
        (OFFERED.format("500 Unsupported command.").replace("STARTTLS", "XCLIENT"), []),
    ],
)
def test_other_refusals_of_starttls_are_the_servers_or_are_told_by_what_they_quote(
    script: str, names: list[str]
) -> None:
    assert sorted(grades(script)) == names


def test_a_keyword_with_a_star_in_it_was_overwritten() -> None:
    script = "S: 220 mx\nC: EHLO me\nS: 250-mx / 250-{} / 250 SIZE 10*00"
    (found,) = said(script.format("CHU*KING"))

    assert (found.name, found.confidence) == ("capability-masked:CHUNKING", Confidence.LIKELY)
    assert "the letters that are left" in found.summary
    for plain in ("CHUNKING", "X-VENDOR*S", "AUTH PL*IN"):
        assert said(script.format(plain)) == []
