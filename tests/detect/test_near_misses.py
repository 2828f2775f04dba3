"""What only looks like a firewall's doing: each innocent cause that is known, and nothing may be said of it.

Both captures show the same, as they do where nobody stands between. Then each is looked at alone.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapsleuth.smtp.dialogue import Flag
from tests.building import recut
from tests.detect.scene import Scene, serious
from tests.detect.script import compared, names

HELLO = "S: 220 mx.example.com ESMTP\nC: EHLO out.example.org\n"
LIST = "S: 250-mx.example.com / 250-SIZE 1000 / 250 8BITMIME\n"
MAIL = """C: MAIL FROM:<a@example.org>
S: 250 2.1.0 Ok
C: RCPT TO:<b@example.com>
S: 250 2.1.5 Ok
C: DATA
S: 354 go ahead
C: Message-ID: <1@example.org> / Subject: x // one line of text / .
S: 250 2.0.0 queued as 4ABC
"""
QUIT = "C: QUIT\nS: 221 bye"

REDACTED = {
    "host in the first line": HELLO + "S: 250-XXXXXXXX.com Hello [X.X.X.X] / 250-SIZE 1000 / 250 DSN\n",
    "first line alone": HELLO + "S: 250-XXXXXXXX / 250 DSN\n",
    "lower case": HELLO + "S: 250-mx / 250-xxxx / 250 SIZE 1000\n",
    "addresses": HELLO + "S: 250-mx Hello [X.X.X.X] / 250-X.X.X.X / 250 SIZE 1000\n",
    "letters out of turn": HELLO + "S: 250-mx / 250-XXXXXXXC / 250 SIZE 1000\n",
    "challenge": HELLO
    + "S: 250-mx / 250 AUTH LOGIN\nC: AUTH LOGIN\nS: 334 ****\nC: ****\nS: 334 ****\nC: ****\nS: 235 ok\n",
    "host of the greeting": "S: 220 XXXXXXXX.com ESMTP\nC: EHLO me\n" + LIST,
    "queue id": HELLO + LIST + MAIL.replace("4ABC", "XXXX"),
}
STARS = {
    "a frame of stars": "S: 220-******************** / 220-* Welcome to mx.gov * / 220-** / 220 mx ESMTP\nC: EHLO me\n"
    + LIST,
    "stars and words": "S: 220 *** mx.example.com ***\nC: EHLO me\n" + LIST,
    "stars in a farewell": HELLO + LIST + "C: NOOP\nS: 250 ****\n",
    "underlined": "S: 220-________________ / 220 mx.example.com\nC: EHLO me\n" + LIST,
}
SERVERS = {
    "no ESMTP, 500": "S: 220 mx\nC: EHLO me\nS: 500 what?\nC: HELO me\nS: 250 mx\n" + MAIL,
    "no ESMTP, 502": "S: 220 mx\nC: EHLO me\nS: 502 5.5.2 not implemented\nC: HELO me\nS: 250 mx\n" + MAIL,
    "550 Huh?": "S: 220 mx\nC: EHLO me\nS: 550 Huh?\n",
    "in the standard's words": "S: 220 SMTP service ready\nC: EHLO me\n" + LIST + MAIL,
    "a gateway's words, ESMTP all the same": "S: 220 mx Ready\nC: EHLO me\n"
    "S: 250-Requested mail action okay, completed. / 250 STARTTLS\n" + MAIL,
    "501 for the name": "S: 220 mx\nC: EHLO me_too\nS: 501 EHLO requires valid address\nC: HELO metoo\nS: 250 mx\n",
    "no STARTTLS": HELLO + LIST + MAIL,
    "STARTTLS last": HELLO + "S: 250-mx / 250-SIZE 1000 / 250 STARTTLS\n",
    "STARTTLS in the first lines": "S: 220 mx ESMTP STARTTLS\nC: EHLO me\nS: 250-mx STARTTLS / 250 SIZE\n",
    "STARTTLS refused": HELLO + "S: 250-mx / 250 STARTTLS\nC: STARTTLS\nS: 454 not now\n" + MAIL,
    "STARTTLS offered, not set up": HELLO + "S: 250-mx / 250 STARTTLS\nC: STARTTLS\nS: 502 not implemented\n" + MAIL,
    "OK last": HELLO + "S: 250-mx / 250-SIZE / 250 OK\n" + MAIL,
    "Ok last": HELLO + "S: 250-mx / 250-SIZE / 250 Ok\n" + MAIL,
    "HELP last": HELLO + "S: 250-mx / 250-SIZE / 250 HELP\n" + MAIL,
    "an X of one's own": HELLO + "S: 250-mx / 250-XCLIENT NAME / 250-XFORWARD / 250 X\n" + MAIL,
    "nothing in the greeting": "S: 220\nC: EHLO me\n" + LIST + MAIL,
    "EHLO twice": HELLO + LIST + "C: EHLO out.example.org\n" + LIST + MAIL,
    "HELO by choice": HELLO + LIST + "C: HELO out.example.org\nS: 250 mx\n" + MAIL,
    "AUTH not asked for, no relaying": HELLO
    + LIST
    + "C: MAIL FROM:<a@example.org>\nS: 250 Ok\nC: RCPT TO:<c@example.net>\nS: 550 5.7.1 Unable to relay\n",
    "8-bit mail refused by the client": HELLO + "S: 250-mx / 250 SIZE\nC: RSET\nS: 250 Ok\n",
    "X-LINK2STATE unknown": HELLO + LIST + "C: X-LINK2STATE LAST CHUNK={0}\nS: 500 5.3.3 Unrecognized command\n",
    "a test command": HELLO + LIST + "C: goodmorning\nS: 500 Command unrecognized\n",
    "no ESMTP, and tested": "S: 220 mx\nC: EHLO me\nS: 500 what?\nC: HELO me\nS: 250 mx\n"
    "C: goodmorning\nS: 500 command unrecognized\nC: HELP\nS: 214 HELO MAIL RCPT DATA\n",
    "EHLO refused by policy, and tested": HELLO + "S: 550 5.7.1 not you\nC: goodmorning\nS: 500 unrecognized\n",
    "a test typed ahead": HELLO + LIST + "C: goodmorning\nC: NOOP\nS: 500 unrecognized\nS: 250 Ok\n",
    "OK to anything": "S: 220 mx\nC: EHLO me\nS: 250 OK\nC: goodmorning\nS: 250 OK\n",
    "421 in the midst": HELLO + LIST + "S: 421 4.3.2 shutting down\n",
    "554 for a greeting": "S: 554 5.7.1 go away\n",
}
ALIKE = {
    f"{kind}: {name}": script
    for kind, scripts in (("redacted", REDACTED), ("stars", STARS), ("server", SERVERS))
    for name, script in scripts.items()
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_both_captures_show_alike_is_no_finding(name: str, tmp_path: Path) -> None:
    scene = Scene()
    scene.add(ALIKE[name] + QUIT)

    assert serious(scene.compared(tmp_path)) == []
    assert serious(scene.inspected(tmp_path)) == []


def test_a_tarpit_dribbles_its_greeting(tmp_path: Path) -> None:
    scene = Scene()
    scene.add(HELLO + LIST + QUIT, change=lambda segments: [*segments[:3], *recut(segments[3:4], 1), *segments[4:]])

    assert serious(scene.compared(tmp_path)) == []
    assert serious(scene.inspected(tmp_path)) == []


def test_a_client_gives_up_on_a_tarpit_in_the_midst_of_a_line(tmp_path: Path) -> None:
    scene = Scene()
    scene.add("S: 220 mx.exam", change=lambda segments: [*segments[:3], *recut(segments[3:4], 4)[:2], *segments[4:]])

    assert serious(scene.compared(tmp_path)) == []
    assert serious(scene.inspected(tmp_path)) == []


def test_what_somebody_may_have_redacted_says_so(tmp_path: Path) -> None:
    scene = Scene()
    scene.add("S: 220 ****************\nC: EHLO me\nS: 250-mx / 250-XXXXXXXA / 250 SIZE\n" + QUIT)

    found = [one for one in scene.inspected(tmp_path) if one.label.endswith("-masked")]
    assert found
    assert all("redact" in " ".join(one.doubts) for one in found)
    assert all(one.confidence != "proven" for one in found)


def test_a_greeting_hidden_on_purpose_is_nobodys_doing_in_between(tmp_path: Path) -> None:
    scene = Scene()
    scene.add("S: 220 ****************\nC: EHLO me\n" + LIST + MAIL + QUIT)

    assert serious(scene.compared(tmp_path)) == []


def test_a_server_that_hangs_up_on_ehlo(tmp_path: Path) -> None:
    scene = Scene()
    scene.add("S: 220 mx\nC: EHLO me\nS: 550 Huh?")

    assert serious(scene.compared(tmp_path)) == []
    assert serious(scene.inspected(tmp_path)) == []


def test_a_last_line_that_nobody_misses(tmp_path: Path) -> None:
    scene = Scene()
    scene.add(HELLO + "S: 250-mx / 250-SIZE / 250 HELP => 250-mx / 250 SIZE\n" + MAIL + QUIT)
    scene.add(HELLO + "S: 250-mx / 250-SIZE / 250 OK => 250-mx / 250 SIZE\n" + MAIL + QUIT, at=60)

    assert [name for name in serious(scene.compared(tmp_path)) if name.startswith("capability-")] == []


def test_what_is_a_guess_is_no_command_that_vanished_and_no_reply_that_was_made_up() -> None:
    """Behind a gap mail data may look like commands, and a reply be of a command that is not there."""
    script = HELLO + LIST + "C: XSECRET => -\nS: - => 550 no\nC: ETRN x => -\nC: NOOP\nS: 250 ok\n" + MAIL + QUIT
    sure, guessed = compared(script), compared(script)
    rows = guessed.client.dialogue.rows
    rows[:] = [row._replace(flags=row.flags | Flag.UNCERTAIN) for row in rows]
    for known in ("commands", "replies"):
        vars(guessed.client).pop(known, None)

    assert {"command-swallowed:ETRN", "reply-injected:XSECRET"} <= names(sure)
    assert not {one for one in names(guessed) if one.startswith(("command-", "verb-", "reply-injected"))}
