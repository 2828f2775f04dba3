"""EHLO keyword lines, compared line by line (RFC 5321 section 4.1.1.1)."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from pcapsleuth.compare.masking import overwritten

OK = b"OK"

MOST_MASKED = 256
"""Lines in which masks are looked for: servers list some twenty."""

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
        *_alike(left, right, "same", lambda line: line.text.upper()),
        *_alike(left, right, "changed", lambda line: (line.keyword, b"=" in line.text)),
        *_alike(left, right, "changed", lambda line: line.keyword),
        *_masked(left, right),
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


def _alike(
    left: list[KeywordLine], right: list[KeywordLine], how: str, key: Callable[[KeywordLine], Hashable]
) -> list[LineMatch]:
    """Match the lines that have a key in common, in order, and take them off both lists."""
    waiting: dict[Hashable, deque[KeywordLine]] = {}
    for line in right:
        waiting.setdefault(key(line), deque()).append(line)
    found = [(one, others.popleft()) for one in left if (others := waiting.get(key(one)))]
    return _taken(left, right, how, found)


def _masked(left: list[KeywordLine], right: list[KeywordLine]) -> list[LineMatch]:
    """Match the lines that were overwritten, likewise; only the first of them, for each is held against all."""
    found: list[tuple[KeywordLine, KeywordLine]] = []
    free = right[:MOST_MASKED]
    for one in left[:MOST_MASKED]:
        at = next((n for n, line in enumerate(free) if overwritten(one.text, line.text)), None)
        if at is not None:
            found.append((one, free.pop(at)))
    return _taken(left, right, "masked", found)


def _taken(
    left: list[KeywordLine], right: list[KeywordLine], how: str, found: list[tuple[KeywordLine, KeywordLine]]
) -> list[LineMatch]:
    """Take what was matched off both lists: a line is told from its like by its place."""
    sent, shown = {one for one, _ in found}, {other for _, other in found}
    left[:] = [line for line in left if line not in sent]
    right[:] = [line for line in right if line not in shown]
    return [LineMatch(one, other, how) for one, other in found]
