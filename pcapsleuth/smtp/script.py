"""What was said without the words: kinds, verbs, codes and pairing of the rows of a dialogue.

Traffic plays the same few scripts again and again. There is one `Script` of each, compared by identity, so that what
hangs on the script alone is worked out once and remembered (`functools.lru_cache`), not once a session.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from operator import attrgetter, itemgetter

from pcapsleuth.smtp.grammar import VERBS
from pcapsleuth.smtp.row import Flag, Kind, Mail, Row

KEPT = 4_096
"""Scripts that are remembered; made-up traffic may play a new one every time."""

LONGEST = 200
"""Rows of a script that is: one so long hardly comes again."""

COMMAND, REPLY = int(Kind.COMMAND), int(Kind.REPLY)
CODELESS, GREETING, UNCERTAIN = int(Flag.CODELESS), int(Flag.GREETING), int(Flag.UNCERTAIN)
LISTS = (b"EHLO", b"LHLO")

Mails = tuple[tuple[int, tuple[int, ...], bool, bool], ...]
Key = tuple[tuple[tuple[int, bytes, int, int], ...], Mails]
"""The repeated parts of each row, and those of each mail."""

_part = itemgetter(*map(Row._fields.index, ("kind", "word", "answers", "flags")))
_mail = attrgetter("row", "rows", "ended", "chunked")
_known: dict[Key, Script] = {}


class Script:
    """The columns of a dialogue that traffic repeats, an element a row; all numbers are of rows."""

    def __init__(self, key: Key) -> None:
        self._rows, self.mails = key
        """Of each mail its last row, all its rows, whether it ended, and whether it came in chunks."""
        self.kinds: tuple[int, ...] = tuple(row[0] for row in self._rows)
        self.words: tuple[bytes, ...] = tuple(row[1] for row in self._rows)
        self.answers: tuple[int, ...] = tuple(row[2] for row in self._rows)
        self.flags: tuple[int, ...] = tuple(row[3] for row in self._rows)

    @cached_property
    def commands(self) -> tuple[int, ...]:
        """The command lines."""
        return tuple(at for at, kind in enumerate(self.kinds) if kind == COMMAND)

    @cached_property
    def replies(self) -> tuple[int, ...]:
        """The replies."""
        return tuple(at for at, kind in enumerate(self.kinds) if kind == REPLY)

    @cached_property
    def verbs(self) -> frozenset[bytes]:
        """The verbs of the commands."""
        return frozenset(self.words[at] for at in self.commands)

    @cached_property
    def strangers(self) -> frozenset[bytes]:
        """Those of them that no document has."""
        return self.verbs - VERBS

    @cached_property
    def greetings(self) -> tuple[int, ...]:
        """The greetings: more than one where XCLIENT was used."""
        return tuple(at for at in self.replies if self.flags[at] & GREETING)

    @cached_property
    def listings(self) -> tuple[int, ...]:
        """The replies that list capabilities: a 2xx to EHLO or LHLO."""
        return tuple(at for at in self.replies if self.words[at][:1] == b"2" and self.asked(at) in LISTS)

    @cached_property
    def helped(self) -> tuple[int, ...]:
        """The replies that explain the server: a 2xx to HELP."""
        return tuple(at for at in self.replies if self.words[at][:1] == b"2" and self.asked(at) == b"HELP")

    @cached_property
    def introductions(self) -> tuple[int, ...]:
        """Greetings and listings: what servers say in the same words again and again."""
        return tuple(sorted({*self.greetings, *self.listings}))

    @cached_property
    def prologue(self) -> Script:
        """The rows up to the last introduction and the last reply to EHLO, as a script: many scripts begin alike."""
        hellos = (at for at in self.replies if self.asked(at) in LISTS)
        end = max((*self.introductions, *hellos), default=-1) + 1
        return _learned((self._rows[:end], ()))

    @cached_property
    def others(self) -> tuple[int, ...]:
        """The other replies: those that hang on what was asked."""
        introductions = frozenset(self.introductions)
        return tuple(at for at in self.replies if at not in introductions)

    @cached_property
    def answered(self) -> tuple[tuple[int, int], ...]:
        """The commands that were answered, each with its reply, where both are certain."""
        return tuple(
            (asked, at)
            for at in self.replies
            if (asked := self.answers[at]) >= 0 and self.kinds[asked] == COMMAND
            if not (self.flags[asked] | self.flags[at]) & UNCERTAIN
        )

    @cached_property
    def refused(self) -> tuple[tuple[int, int], ...]:
        """Those of them that were refused for good."""
        return tuple((asked, at) for asked, at in self.answered if self.words[at][:1] == b"5")

    @cached_property
    def refusals(self) -> tuple[tuple[int, int], ...]:
        """The replies that say no for now or for good, to whatever it was, each with the row that it answers."""
        return tuple((at, self.answers[at]) for at in self.replies if self.words[at][:1] in (b"4", b"5"))

    @cached_property
    def codeless(self) -> tuple[tuple[int, int], ...]:
        """Those of them that were answered without a code."""
        return tuple((asked, at) for asked, at in self.answered if self.flags[at] & CODELESS)

    def asked(self, at: int) -> bytes:
        """The word of the row that a reply answers; empty for none."""
        return self.words[self.answers[at]] if self.answers[at] >= 0 else b""


def find(rows: Sequence[Row], mails: Sequence[Mail]) -> Script:
    """Look up the script of some rows and mails, or learn it."""
    return _learned((tuple(map(_part, rows)), tuple(map(_mail, mails))))


def _learned(key: Key) -> Script:
    """The one script of its kind."""
    found = _known.get(key)
    if found is None:
        found = Script(key)
        if len(_known) >= KEPT:
            _known.clear()
        if len(found.kinds) <= LONGEST:
            _known[key] = found
    return found
