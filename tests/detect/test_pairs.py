"""What each detector of pairs says, and what it must not say: every case has its near miss."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pcapsleuth.detect.run import detect_pair
from tests.building import MILLISECOND, transcript
from tests.detect.script import compare_segments, compared, names, said, sides

LIST = "S: 250-mx.example.com / 250-SIZE 1000 / 250-STARTTLS / 250-AUTH PLAIN LOGIN / 250 8BITMIME"
START = "S: 220 mx.example.com ESMTP\nC: EHLO out.example.org\n"
MAIL = """
C: MAIL FROM:<a@example.org>
S: 250 2.1.0 Ok
C: RCPT TO:<b@example.com>
S: 250 2.1.5 Ok
C: DATA
S: 354 go ahead
"""
BODY = "C: Message-ID: <1@example.org> / Subject: x // one line of text / ."
END = "\nS: 250 2.0.0 Ok: queued as 4ABC\nC: QUIT\nS: 221 2.0.0 Bye"

CASES = {
    # the greeting
    "all stars": (START.replace("ESMTP\n", "ESMTP => 220 **********************\n", 1) + LIST, {"banner-masked"}),
    "2 and 0 survive": ("S: 220 mx 2020 ready => 220 ***2020******\nC: QUIT\nS: 221 bye", {"banner-masked"}),
    "underscores": ("S: 220 mx ready => 220 ________\nC: QUIT\nS: 221 bye", {"banner-masked"}),
    "another host": (
        "S: 220 mx.example.com ESMTP => 220 fw.example.net SMTP\nC: QUIT\nS: 221 bye",
        {"banner-rewritten"},
    ),
    "cmap": ("S: 220 mx ESMTP => 220 SMTP/cmap ready____\nC: QUIT\nS: 221 bye", {"banner-rewritten"}),
    "one of two equal commands, which the device answered": (
        START
        + LIST
        + "\nC: MAIL FROM:<a@example.org> => -\nS: - => 550 5.7.1 Rejected\nC: MAIL FROM:<a@example.org>\nS: 250 ok"
        + "\nC: QUIT\nS: 221 bye",
        {"verb-blocked:MAIL", "reply-injected:MAIL"},
    ),
    "an answer more, and a greeting shorter by as many bytes": (
        "S: 220 mx.example.com ESMTP => 220 SMTP/cmap_ ready\nC: GOODMORNING => -\nS: - => OK\nC: QUIT\nS: 221 bye",
        {"banner-rewritten", "verb-blocked:GOODMORNING", "reply-injected:GOODMORNING"},
    ),
    "a line more": ("S: 220 mx ESMTP => 220-Scanner ready / 220 mx ESMTP\nC: QUIT\nS: 221 bye", {"banner-rewritten"}),
    "the server's own stars": ("S: 220 *****************\nC: QUIT\nS: 221 bye", set()),
    # keywords
    "lettered mask": (
        START + LIST + " => 250-mx.example.com / 250-SIZE 1000 / 250-XXXXXXXA / 250-AUTH PLAIN LOGIN / 250 8BITMIME",
        {"capability-masked:STARTTLS", "starttls-stripped"},
    ),
    "two masked lines": (
        START + LIST + " => 250-mx.example.com / 250-SIZE 1000 / 250-XXXXXXXA / 250-AUTH PLAIN LOGIN / 250 XXXXXXXB",
        {"capability-masked:STARTTLS", "starttls-stripped", "capability-masked:8BITMIME"},
    ),
    "a sign of Latin-1 for filler": (
        START
        + LIST
        + " => 250-mx.example.com / 250-SIZE 1000 / 250-\xb7\xb7\xb7\xb7\xb7\xb7\xb7\xb7 / 250-AUTH PLAIN LOGIN"
        " / 250 8BITMIME",
        {"capability-masked:STARTTLS", "starttls-stripped"},
    ),
    "a line taken out": (
        START + LIST + " => 250-mx.example.com / 250-SIZE 1000 / 250-AUTH PLAIN LOGIN / 250 8BITMIME",
        {"capability-removed:STARTTLS", "starttls-stripped"},
    ),
    "all lines taken out": (
        START + LIST + " => 250 mx.example.com",
        {*(f"capability-removed:{word}" for word in ("SIZE", "STARTTLS", "AUTH", "8BITMIME")), "starttls-stripped"},
    ),
    "all lines taken out, and another host": (
        START + "S: 250-mx.example.com / 250-SIZE / 250 STARTTLS => 250 fw.example.net hello",
        {"capability-removed:SIZE", "capability-removed:STARTTLS", "starttls-stripped", "reply-rewritten:EHLO"},
    ),
    "an answer that says nothing": (
        START.partition("\n")[0] + " => 220 fw.example.net\nC: EHLO out.example.org\nS: 250 => 250 hello",
        {"banner-rewritten", "reply-rewritten:EHLO"},
    ),
    "an OK in the place of a list": (START + LIST + " => 250 2.1.0 OK", {"reply-rewritten:EHLO"}),
    "the last line taken out": (
        START + LIST + " => 250-mx.example.com / 250-SIZE 1000 / 250-STARTTLS / 250 AUTH PLAIN LOGIN",
        {"capability-removed:8BITMIME"},
    ),
    "other order": (
        START + LIST + " => 250-mx.example.com / 250-STARTTLS / 250-8BITMIME / 250-AUTH PLAIN LOGIN / 250 SIZE 1000",
        set(),
    ),
    "a lower size": (
        START + LIST + " => 250-mx.example.com / 250-SIZE 500 / 250-STARTTLS / 250-AUTH PLAIN LOGIN / 250 8BITMIME",
        {"capability-changed:SIZE"},
    ),
    "one more": (
        START + LIST + " => 250-mx.example.com / 250-SIZE 1000 / 250-STARTTLS / 250-AUTH PLAIN LOGIN / 250-8BITMIME"
        " / 250 DSN",
        {"capability-added:DSN"},
    ),
    "a mechanism removed": (
        START + LIST + " => 250-mx.example.com / 250-SIZE 1000 / 250-STARTTLS / 250-AUTH PLAIN / 250 8BITMIME",
        {"auth-mechanism-removed:LOGIN"},
    ),
    "a mechanism overwritten": (
        START + LIST + " => 250-mx.example.com / 250-SIZE 1000 / 250-STARTTLS / 250-AUTH PLAIN XXXXX / 250 8BITMIME",
        {"auth-mechanism-removed:LOGIN"},
    ),
    "one of two AUTH lines taken out": (
        START + "S: 250-mx / 250-AUTH GSSAPI LOGIN / 250-AUTH=LOGIN / 250 DSN => 250-mx / 250-AUTH=LOGIN / 250 DSN",
        {"auth-mechanism-removed:GSSAPI"},
    ),
    "the old form of AUTH taken out": (
        START
        + "S: 250-mx / 250-AUTH GSSAPI LOGIN / 250-AUTH=LOGIN / 250 DSN => 250-mx / 250-AUTH GSSAPI LOGIN / 250 DSN",
        set(),
    ),
    "one of two X-EXPS lines taken out": (
        START
        + "S: 250-mx / 250-X-EXPS GSSAPI LOGIN / 250-X-EXPS=LOGIN / 250 DSN => 250-mx / 250-X-EXPS=LOGIN / 250 DSN",
        {"capability-removed:X-EXPS"},
    ),
    "one of two X-EXPS lines put in": (
        START + "S: 250-mx / 250-X-EXPS=LOGIN / 250 DSN => 250-mx / 250-X-EXPS NTLM LOGIN / 250-X-EXPS=LOGIN / 250 DSN",
        {"capability-added:X-EXPS"},
    ),
    "the old form of X-EXPS taken out": (
        START
        + "S: 250-mx / 250-X-EXPS GSSAPI LOGIN / 250-X-EXPS=LOGIN / 250 DSN"
        + " => 250-mx / 250-X-EXPS GSSAPI LOGIN / 250 DSN",
        set(),
    ),
    "a mechanism added": (
        START
        + LIST
        + " => 250-mx.example.com / 250-SIZE 1000 / 250-STARTTLS / 250-AUTH PLAIN LOGIN NTLM / 250 8BITMIME",
        {"auth-mechanism-added:NTLM"},
    ),
    "another host in the first line": (
        START + LIST + " => 250-fw.example.net / 250-SIZE 1000 / 250-STARTTLS / 250-AUTH PLAIN LOGIN / 250 8BITMIME",
        {"reply-rewritten:EHLO"},
    ),
    "no STARTTLS at all": (START + "S: 250-mx.example.com / 250 SIZE 1000", set()),
    # verbs
    "masked verb": (
        START + LIST + "\nC: X-LINK2STATE LAST CHUNK={0} => XXXXXXXXXXXX LAST CHUNK={0}\nS: 500 unknown",
        {"verb-masked:X-LINK2STATE"},
    ),
    "masked EHLO": (
        "S: 220 mx ESMTP\nC: EHLO me => XXXX me\nS: 500 what\nC: HELO me\nS: 250 mx",
        {"verb-masked:EHLO", "esmtp-downgraded"},
    ),
    "whole line masked": (START + LIST + "\nC: TURN now => XXXXXXXX\nS: 500 unknown", {"verb-masked:TURN"}),
    "lower-case filler": (START + LIST + "\nC: EXPN all => xxxx all\nS: 502 no", {"verb-masked:EXPN"}),
    "the client's own XXXX": (START + LIST + "\nC: XXXX me\nS: 500 unknown", set()),
    "EHLO as NOOP": ("S: 220 mx\nC: EHLO me => NOOP me\nS: 250 Ok\nC: QUIT\nS: 221 bye", {"verb-rewritten:EHLO"}),
    "EHLO as HELO": ("S: 220 mx\nC: EHLO me => HELO me\nS: 250 mx\nC: QUIT\nS: 221 bye", {"verb-rewritten:EHLO"}),
    "another case": ("S: 220 mx\nC: ehlo me => EHLO me\nS: 250 mx\nC: QUIT\nS: 221 bye", set()),
    "argument": (
        START + LIST + "\nC: MAIL FROM:<a|b@example.org> => MAIL FROM:<a b@example.org>\nS: 501 no",
        {"argument-rewritten:MAIL"},
    ),
    "an address in another case": (
        START + LIST + MAIL.replace("<b@example.com>", "<b@example.com> => RCPT TO:<B@example.com>"),
        {"argument-rewritten:RCPT"},
    ),
    "a domain in another case": (
        START + LIST + MAIL.replace("<b@example.com>", "<b@example.com> => rcpt to:<b@EXAMPLE.COM>"),
        set(),
    ),
    "blocked with OK": (
        "S: 220 mx\nC: goodmorning => -\nS: - => OK\nC: QUIT\nS: 221 bye",
        {"verb-blocked:GOODMORNING", "reply-injected:GOODMORNING"},
    ),
    "blocked with 500": (
        "S: 220 mx\nC: EHLO me => -\nS: - => 500 Command unrecognized\nC: HELO me\nS: 250 mx\nC: QUIT\nS: 221 bye",
        {"verb-blocked:EHLO", "reply-injected:EHLO", "esmtp-downgraded"},
    ),
    "blocked with the server's usual words": (
        START + LIST + "\nC: NOOP => -\nS: - => 250 2.1.0 Ok" + MAIL + BODY + END,
        {"verb-blocked:NOOP", "reply-injected:NOOP"},
    ),
    "swallowed": (
        START + LIST + "\nC: X-LINK2STATE LAST CHUNK={0} => -\nC: NOOP\nS: 250 Ok\nC: QUIT\nS: 221 bye",
        {"command-swallowed:X-LINK2STATE"},
    ),
    "STARTTLS refused by the device": (
        START + LIST + "\nC: STARTTLS => -\nS: - => 454 not available\nC: QUIT\nS: 221 bye",
        {"verb-blocked:STARTTLS", "reply-injected:STARTTLS", "starttls-stripped"},
    ),
    "STARTTLS refused by the server": (START + LIST + "\nC: STARTTLS\nS: 454 not now\nC: QUIT\nS: 221 bye", set()),
    "injected command": (
        "S: 220 mx\nC: - => NOOP\nC: HELO me\nS: 250 mx\nC: QUIT\nS: 221 bye",
        {"command-injected:NOOP"},
    ),
    # replies
    "OK for a 250": (
        "S: 220 mx\nC: HELO me\nS: 250 mx at your service => OK\nC: QUIT\nS: 221 bye",
        {"reply-rewritten:HELO"},
    ),
    "another code": (
        START + LIST + "\nC: VRFY a\nS: 252 maybe => 502 no\nC: QUIT\nS: 221 bye",
        {"reply-rewritten:VRFY"},
    ),
    "a lost 250": (
        START + LIST + MAIL + BODY + "\nS: 250 2.0.0 Ok: queued as 4ABC => -",
        {"reply-lost:END-OF-DATA"},
    ),
    # mail data
    "altered body": (
        START + LIST + MAIL + BODY + " => Message-ID: <1@example.org> / Subject: x // XXX XXXX of text / ." + END,
        {"body-altered"},
    ),
    "overwritten header": (
        START + LIST + MAIL + BODY + " => Message-ID: <1@example.org> / Subject: X // one line of text / ." + END,
        {"body-altered"},
    ),
    "the blank line is overwritten": (
        START + LIST + MAIL + BODY + " => Message-ID: <1@example.org> / Subject: xXXXXXXXXXXXX of text / ." + END,
        {"body-altered"},
    ),
    "the blank line is taken out": (
        START + LIST + MAIL + BODY + " => Message-ID: <1@example.org> / Subject: x / one line of text / ." + END,
        {"body-altered"},
    ),
    "a line more in a mail without header": (
        START + LIST + MAIL + "C: hello / . => hello / scanned / ." + END,
        {"body-altered"},
    ),
    "a field overwritten in a mail without body": (
        START + LIST + MAIL + "C: Subject: text / . => Subject: XXXX / ." + END,
        {"body-altered"},
    ),
    "a field changed in a mail without body": (
        START + LIST + MAIL + "C: Subject: x / . => Subject: another / ." + END,
        {"header-changed:SUBJECT"},
    ),
    "a header in front of a mail without header": (
        START + LIST + MAIL + "C: hello / . => Received: by mx // hello / ." + END,
        set(),
    ),
    "a header in front of a mail that is changed": (
        START + LIST + MAIL + "C: hello / . => Received: by mx // hallo / ." + END,
        {"body-altered"},
    ),
    "a blank line behind a mail without body": (
        START + LIST + MAIL + "C: Subject: x / . => Received: by mx / Subject: x // ." + END,
        set(),
    ),
    "the end is lost": (
        START + LIST + MAIL + BODY + " => Message-ID: <1@example.org> / Subject: x // one line of text",
        {"end-of-data-lost"},
    ),
    "the end is lost, and the body is altered": (
        START + LIST + MAIL + BODY + " => Message-ID: <1@example.org> / Subject: x // one line of tex7",
        {"end-of-data-lost", "body-altered"},
    ),
    "the end is lost, and a field is changed": (
        START + LIST + MAIL + BODY + " => Message-ID: <1@example.org> / Subject: ** x // one line of text",
        {"end-of-data-lost", "header-changed:SUBJECT"},
    ),
    "the end is lost, and more": (
        START + LIST + MAIL + BODY + " => Message-ID: <1@example.org> / Subject: x // one line",
        {"end-of-data-lost"},
    ),
    "the end was never sent": (
        START + LIST + MAIL + "C: Message-ID: <1@example.org> / Subject: x // one line of text",
        set(),
    ),
    # nothing
    "a whole session": (START + LIST + MAIL + BODY + END, set()),
    "pipelining": (
        START + LIST + "\nC: MAIL FROM:<a@example.org> / RCPT TO:<b@example.com> / DATA\nS: 250 Ok / 550 no / 503 none"
        "\nC: QUIT\nS: 221 bye",
        set(),
    ),
    "a refused recipient": (
        START + LIST + "\nC: MAIL FROM:<>\nS: 250 Ok\nC: RCPT TO:<b@example.com>\nS: 550 5.7.1 no",
        set(),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_says_what_was_done_and_nothing_else(name: str) -> None:
    script, expected = CASES[name]
    assert said(script) == expected


@pytest.mark.parametrize(("came", "swallowed"), [("QUIT => QUIT", False), ("QUIT => -", True)])
def test_a_command_may_have_come_as_mail_data(came: str, *, swallowed: bool) -> None:
    """A device that answers in the server's place leaves it within the mail: it reads what follows as mail."""
    client, server = sides(START + LIST + MAIL + BODY + " => Subject: x // one line\nS: - => 250 OK\nC: " + came)
    late = [replace(one, time=one.time + 5 * MILLISECOND) for one in transcript(*server)[13:]]
    comparison = compare_segments(transcript(*client), [*transcript(*server)[:13], *late])
    assert ("command-swallowed:QUIT" in names(comparison)) is swallowed


def test_a_command_before_mail_that_never_ended_is_no_part_of_it() -> None:
    assert said(START + LIST + "\nC: NOOP => -" + MAIL + BODY + " => Subject: x // one line\nS: - => 250 OK") >= {
        "command-swallowed:NOOP"
    }


def test_a_received_field_is_only_a_proxys_own_to_change() -> None:
    """What passes a connection on, and takes one out, hides where mail came from."""
    script = START + LIST + MAIL + "C: Received: by a / Subject: x // text / . => Subject: x // text / ." + END
    (found,) = [one for one in detect_pair(compared(script), "delivered").findings if one.label == "header-removed"]

    assert (found.name, str(found.severity)) == ("header-removed:RECEIVED", "warning")
