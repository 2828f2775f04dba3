"""The productions of RFC 5321 that a witness needs, as regular expressions over bytes.

A participant may refuse what does not fit the grammar; a witness may not. Anything is a command line with a verb:
what a firewall made of a verb (`XXXX`, `****`) is what we look for.
"""

from __future__ import annotations

import re

VERBS = frozenset(
    b"EHLO HELO LHLO MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY EXPN HELP ETRN TURN ATRN AUTH STARTTLS BURL "
    b"SEND SOML SAML ONEX VERB XCLIENT XFORWARD X-LINK2STATE X-EXPS X-ANONYMOUSTLS XEXCH50 XADR XSTA XCIR XGEN".split()
)
"""Verbs of RFC 5321, 2033, 3030, 3207, 4954, 1985, 2645, 4468 and of the vendors whose dialogues we meet."""

VERB_LIMIT = 64
"""Bytes kept of a verb: the longest known one has 14, garbage may have thousands."""

ADVANCE = re.compile(
    rb"(EHLO|HELO|MAIL|RCPT|ehlo|helo|mail|rcpt) [^\r\n]*\r\n|"
    rb"(DATA|QUIT|RSET|NOOP|data|quit|rset|noop|STARTTLS|starttls)\r\n"
)
"""A whole command line, as nearly all are, that can hold no secret: it needs no closer look."""

WHOLE_REPLY = re.compile(rb"([2-5][0-9][0-9])(?:-[^\r\n]*\r\n\1)*+(?: [^\r\n]*)?\r\n")
"""A whole reply of one line or more, all of one code (RFC 5321 section 4.2)."""

CLOSING = b"421"
"""The code with which a server closes, whatever it was asked (RFC 5321 sections 3.8 and 4.2.3)."""

REPLY_LINE = re.compile(rb"([1-5][0-9][0-9])(?:([ -])|(?![0-9]))")
"""The code of a reply line. A separator may be missing, as in `220mail.example.com`."""

REPLY_START = re.compile(rb"[2-5][0-5][0-9](?:[ -]|\r?\n)")
"""What may begin a reply line behind a gap."""

COMMAND_START = re.compile(
    rb"(?:(?:EHLO|HELO|LHLO|VRFY|EXPN|ETRN|AUTH|X-EXPS|XCLIENT|XFORWARD) +\S|MAIL +FROM:|RCPT +TO:|"
    rb"BDAT +[0-9]+[ \r\n]|X-LINK2STATE +(?:FIRST|NEXT|LAST) +CHUNK=|XEXCH50 +[0-9]|"
    rb"(?:DATA|QUIT|RSET|NOOP|STARTTLS|X-ANONYMOUSTLS|HELP|TURN) *\r?\n)",
    re.IGNORECASE,
)
"""What may begin a command line behind a gap: stricter than `split_command`, for a gap may end in mail data."""

MASKED_BDAT = re.compile(rb"[ \t]*([Xx*#_-])\1{3} +([0-9]{1,18})(?: +(LAST))?[ \t]*\r*\n", re.IGNORECASE)
"""A BDAT whose verb was overwritten on its way: its chunk follows all the same (RFC 3030 section 2)."""

BDAT = re.compile(rb"([0-9]{1,18})(?:[ \t]+(LAST))?", re.IGNORECASE)
"""The argument of BDAT: chunk-size, and whether the chunk ends the message (RFC 3030 section 2)."""

BLOB_SIZE = re.compile(rb"[0-9]{1,18}")
"""The first argument of XEXCH50: the bytes that follow its 354."""

_GLUED = re.compile(rb"(?:(MAIL)[ \t]*(?=FROM:)|(RCPT)[ \t]*(?=TO:))", re.IGNORECASE)


def split_command(text: bytes) -> tuple[bytes, bytes]:
    """Split a command line into its verb, in upper case, and its argument, without blanks around them.

    Clients forget blanks (`MAILFROM:<a@b>`) and add them; both are common enough to be no event.
    """
    body = text.strip(b" \t\r\n")
    if glued := _GLUED.match(body):
        return body[:4].upper(), body[glued.end() :]
    verb, _, argument = body.replace(b"\t", b" ", 1).partition(b" ")
    return verb[:VERB_LIMIT].upper(), argument.lstrip(b" \t")


def is_filler(word: bytes) -> bool:
    """Tell whether a word is one character over and over, as firewalls overwrite verbs."""
    return len(word) > 1 and word.upper().strip(word[:1].upper()) == b"" and word[:1] in b"Xx*#_-"
