"""Whom an answer was meant for that a device gave before the server's own."""

from __future__ import annotations

import pytest

from tests.detect.script import said

HELLO = "S: 220 mx\nC: EHLO me\nS: 250-mx / 250-PIPELINING / 250 CHUNKING\n"
GROUP = "C: MAIL FROM:<a@example.org> / RCPT TO:<b@example.com>"
ANSWERS = "S: 250 2.1.0 Ok / 250 2.1.5 Ok"
QUIT = "\nC: QUIT\nS: 221 bye"

CASES = {
    "a recipient": (
        f"{GROUP} / RCPT TO:<c@example.com> / DATA => {GROUP[3:]} / DATA\nS: - => 550 blocked\n{ANSWERS} / 354 go",
        {"reply-injected:RCPT", "verb-blocked:RCPT"},
    ),
    "a chunk": (
        f"{GROUP} / BDAT 3 LAST / a => {GROUP[3:]}\nS: - => 500 what?\n{ANSWERS}",
        {"reply-injected:BDAT", "verb-blocked:BDAT"},
    ),
    "two": (
        f"{GROUP} / VRFY a / EXPN b => {GROUP[3:]}\nS: - => 502 no / 502 neither\n{ANSWERS}",
        {"reply-injected:VRFY", "reply-injected:EXPN", "verb-blocked:VRFY", "verb-blocked:EXPN"},
    ),
    "not one before those that are answered": (
        f"C: VRFY a / {GROUP[3:]} / EXPN b => {GROUP[3:]}\n{ANSWERS} => {ANSWERS[3:]} / 502 no",
        {"command-swallowed:VRFY", "reply-injected:EXPN", "verb-blocked:EXPN"},
    ),
    "in turn": (
        f"{GROUP} / VRFY a => {GROUP[3:]}\n{ANSWERS} => {ANSWERS[3:]} / 502 no",
        {"reply-injected:VRFY", "verb-blocked:VRFY"},
    ),
    "one too many, and all passed": (
        f"{GROUP} / DATA\nS: - => 550 blocked\n{ANSWERS} / 354 go",
        {"reply-injected:MAIL"},
    ),
    "a command of later": (
        f"{GROUP}\nS: - => 550 blocked\n{ANSWERS}\nC: VRFY a => -",
        {"reply-injected:MAIL", "command-swallowed:VRFY"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_early_answer_is_for_the_command_that_the_server_never_had(name: str) -> None:
    script, found = CASES[name]
    assert said(HELLO + script + QUIT) == found
