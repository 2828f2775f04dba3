"""EHLO keyword lines, compared line by line (RFC 5321 section 4.1.1.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from pcapsleuth.compare.masking import overwritten

OK = b"OK"

NEAR = 64
"""Lines that are tried for each: a mask keeps their order, and no server has so many of one length."""

DOMAIN = re.compile(rb"(?=[^ ]*[A-Za-z])[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
"""A host's name: `2.1.0` is none."""


class KeywordLine(NamedTuple):
    """A line of an EHLO reply behind its first."""

    offset: int
    """Of the line within the reply's text."""
    text: bytes
    """Without code, separator and line end."""

    @property
    def keyword(self) -> bytes:
        """The keyword in upper case; `AUTH=LOGIN`, the old form, is AUTH like the new one."""
        return self.text.replace(b"=", b" ", 1).split(b" ", 1)[0].upper()

    @property
    def parameters(self) -> list[bytes]:
        """The parameters in upper case."""
        return self.text.replace(b"=", b" ", 1).upper().split()[1:]


class LineMatch(NamedTuple):
    """A keyword line as the server sent it and as the client was shown it."""

    sent: KeywordLine | None
    shown: KeywordLine | None
    how: str
    """`same`, `masked`, `changed`, `removed`, `added`."""


def keyword_lines(reply: bytes) -> list[KeywordLine]:
    """The lines of an EHLO reply behind its first; one may be a bare `OK`, which is no keyword."""
    lines: list[KeywordLine] = []
    offset = 0
    for number, raw in enumerate(reply.splitlines(keepends=True)):
        text = raw.rstrip(b"\r\n")
        body = text[4:] if text[:3].isdigit() else text
        if number and body.strip():
            lines.append(KeywordLine(offset, body.strip()))
        offset += len(raw)
    return lines


def names_host(reply: bytes, sent: bytes) -> bool:
    """Tell whether a reply of one line names a host, or what `sent` names: as an EHLO reply without keywords does.

    `250 OK` does not (RFC 5321 section 4.1.1.1, ehlo-ok-rsp).
    """
    name = reply[4:].partition(b" ")[0]
    if not name or b"\n" in reply:
        return False
    first = sent[4:].partition(b"\n")[0].rstrip(b"\r")
    return DOMAIN.fullmatch(name) is not None or name == first.partition(b" ")[0]


def match_lines(sent: Sequence[KeywordLine], shown: Sequence[KeywordLine]) -> list[LineMatch]:
    """Find for each line sent what became of it: first equal lines in any order, then changes, then masks."""
    left, right = list(sent), list(shown)
    matches = [
        *_take(left, right, "same", lambda line: line.text.upper()),
        *_take(left, right, "changed", lambda line: (line.keyword, b"=" in line.text)),
        *_take(left, right, "changed", lambda line: line.keyword),
        *_take(left, right, "masked", lambda line: len(line.text), lambda a, b: overwritten(a.text, b.text)),
    ]
    matches = [match for match in matches if not _bare_ok(match)]
    left, right = ([line for line in lines if line.text.upper() != OK] for lines in (left, right))
    matches += [LineMatch(line, None, "removed") for line in left]
    matches += [LineMatch(None, line, "added") for line in right]
    order = {id(line): n for n, line in enumerate([*sent, *shown])}
    return sorted(matches, key=lambda m: order[id(m.sent if m.sent is not None else m.shown)])


def _bare_ok(match: LineMatch) -> bool:
    """Tell whether a match is of the `OK` that ends some lists (`250 OK`, masked `250 XK`)."""
    return match.sent is not None and match.sent.text.upper() == OK


def _take(
    left: list[KeywordLine],
    right: list[KeywordLine],
    how: str,
    key: Callable[[KeywordLine], Hashable],
    test: Callable[[KeywordLine, KeywordLine], bool] | None = None,
) -> list[LineMatch]:
    """Match lines of one key (which pass a test, if there is one), in order, and take them off both lists."""
    waiting: dict[Hashable, list[KeywordLine]] = {}
    for line in right:
        waiting.setdefault(key(line), []).append(line)
    found: list[LineMatch] = []
    for one in left:
        near = waiting.get(key(one), [])
        at = next((n for n, line in enumerate(near[:NEAR]) if test is None or test(one, line)), None)
        if at is not None:
            found.append(LineMatch(one, near.pop(at), how))
    taken = {id(line) for match in found for line in match[:2]}
    left[:] = [line for line in left if id(line) not in taken]
    right[:] = [line for line in right if id(line) not in taken]
    return found
