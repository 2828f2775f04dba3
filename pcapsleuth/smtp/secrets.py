"""Credentials leave the text here, before anything else sees it.

A firewall that masks `AUTH` does not mask what follows it, so secrets also stand behind unknown verbs, alone in a
line, and in the replies of servers that repeat what they did not understand.
"""

from __future__ import annotations

import re

from pcapsleuth.smtp.lines import line_end

REDACTED = b"<redacted>"

SECRETS_LIMIT = 64
"""Secrets remembered of a connection, to find them in replies."""

TELLING = 24
"""Bytes of a secret by which a longer run is known for it."""

LONG = 32
"""A run of this length is a secret whatever it looks like: no host label or keyword is so long."""

_RUN = re.compile(rb"[A-Za-z0-9+/]{6,}={1,2}|[A-Za-z0-9+/]{8,}")
"""Eight bytes and more of the base64 alphabet (RFC 4648 section 4) are suspicious."""

_WORD_LIKE = re.compile(rb"(?:[A-Z]?[a-z]{3,}+)++[0-9]*+|[A-Z]{1,15}+[0-9]*+|[0-9]++")
"""Host names and keywords (`exchange01`, `MailServer`, `ANONYMOUS`): base64 of a secret hardly ever looks so."""

_FILLER = re.compile(rb"X+|x+")
"""What a firewall writes over a line: nothing of a secret is left in it."""

_MECHANISM = re.compile(rb"[A-Z0-9_-]{1,20}|[a-z0-9_-]{1,20}|[A-Z][a-z]{1,19}")
"""A SASL mechanism name (RFC 4422 section 3.1), which clients also send in lower case."""

_NOTHING = frozenset((b"", b"*", b"="))
"""Lines of an AUTH exchange that tell nothing: empty, cancelled (RFC 4954 section 4)."""

_AUTH = re.compile(rb"([ \t]*\S+[ \t]+(\S+))[ \t]+(\S[^\r\n]*)|[ \t]*\S+[ \t]+(\S+)")


def looks_secret(word: bytes, *, cut: bool = False) -> bool:
    """Tell whether a word is likely to be base64 of something secret; `cut`: its end is missing."""
    if not _RUN.fullmatch(word) or _FILLER.fullmatch(word):
        return False
    if len(word) >= LONG:
        return True
    return not _WORD_LIKE.fullmatch(word) and (cut or len(word) % 4 == 0)


class Secrets:
    """Takes secrets out of the text of one connection, and out of what the server repeats of them."""

    __slots__ = ("_begins", "_folded", "known")

    def __init__(self) -> None:
        self.known: list[bytes] = []
        self._folded: list[bytes] = []
        """The same in lower case: a server may repeat them in another."""
        self._begins: tuple[bytes, ...] = ()
        """How they begin: more of one than this is no accident."""

    def _hide(self, text: bytes, start: int, end: int) -> bytes:
        secret = text[start:end].rstrip(b" \t")
        if len(secret) >= 4 and len(self.known) < SECRETS_LIMIT and secret not in self.known:  # noqa: PLR2004  a base64 quantum
            self._remember(secret)
        return text[:start] + REDACTED + text[start + len(secret) :]

    def _remember(self, secret: bytes) -> None:
        """Keep a secret in the forms that replies are searched for, so that no reply has to make them."""
        folded = secret.lower()
        self.known.append(secret)
        self._folded.append(folded)
        self._begins += (folded[:TELLING].rstrip(b"="),)

    def auth(self, text: bytes) -> bytes:
        """Redact the initial response of AUTH or X-EXPS; verb and mechanism stay."""
        found = _AUTH.match(text)
        if found is None:
            return text
        group, mechanism = (3, found[2]) if found[3] is not None else (4, found[4])
        if not _MECHANISM.fullmatch(mechanism):
            return self._hide(text, found.start(2 if group == 3 else 4), len(text.rstrip(b"\r\n")))  # noqa: PLR2004
        if group == 3 and found[3].strip() not in _NOTHING:  # noqa: PLR2004  the group of the initial response
            return self._hide(text, found.start(3), found.end(3))
        return text

    def response(self, text: bytes) -> bytes:
        """Redact a client line of an AUTH exchange."""
        end = line_end(text)
        body = text[: len(text) - len(end)]
        if body.strip() in _NOTHING:
            return text
        start = len(body) - len(body.lstrip())
        return self._hide(body, start, len(body)).strip() + end

    def disguised(self, text: bytes, *, cut: bool = False) -> bytes:
        """Redact the words of an unknown command that look like secrets."""
        position = 0
        for word in text.split():
            start = text.index(word, position)
            position = start + len(word)
            if looks_secret(word, cut=cut and position == len(text)):
                text = self._hide(text, start, position)
                position = start + len(REDACTED)
        return text

    def repeated(self, text: bytes) -> bytes:
        """Redact what a reply repeats of known secrets, also if it is cut short."""
        for secret in self.known:
            text = text.replace(secret, REDACTED)
        return _RUN.sub(self._replacement, text)

    def _replacement(self, run: re.Match[bytes]) -> bytes:
        word = run[0].rstrip(b"=").lower()
        told = word.startswith(self._begins) or any(folded.startswith(word) for folded in self._folded)
        return REDACTED if told else run[0]
