"""What servers list in their EHLO reply, in their order, and which of it stands where a list was masked in part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from pcapsleuth.compare.keyword import KeywordLine

POSTFIX = (
    "PIPELINING, SIZE, VRFY, ETRN, STARTTLS, AUTH PLAIN LOGIN, AUTH=PLAIN LOGIN, ENHANCEDSTATUSCODES, 8BITMIME, DSN, "
    "SMTPUTF8, CHUNKING"
)
EXIM = "SIZE, 8BITMIME, PIPELINING, AUTH PLAIN LOGIN, CHUNKING, STARTTLS, PRDR, HELP"
DOMINO = "HELP, STARTTLS, SIZE, PIPELINING"
EXCHANGE_2003 = (
    "TURN, SIZE, ETRN, PIPELINING, DSN, ENHANCEDSTATUSCODES, 8BITMIME, BINARYMIME, CHUNKING, VRFY, "
    "X-EXPS GSSAPI NTLM LOGIN, X-EXPS=LOGIN, AUTH GSSAPI NTLM LOGIN, AUTH=LOGIN, X-LINK2STATE, XEXCH50"
)
EXCHANGE = (
    "SIZE, PIPELINING, DSN, ENHANCEDSTATUSCODES, STARTTLS, X-ANONYMOUSTLS, AUTH NTLM, X-EXPS GSSAPI NTLM, 8BITMIME, "
    "BINARYMIME, CHUNKING, XEXCH50, SMTPUTF8, XRDST, XSHADOW"
)
SENDMAIL = "ENHANCEDSTATUSCODES, PIPELINING, EXPN, VERB, 8BITMIME, SIZE, DSN, ETRN, AUTH, STARTTLS, DELIVERBY, HELP"

LISTS = tuple(
    tuple(words.encode().split(b", ")) for words in (POSTFIX, EXIM, DOMINO, EXCHANGE_2003, EXCHANGE, SENDMAIL)
)

KNOWN, FITTING = 200, 100
"""What a line that is shown, and a masked one of the same length, speaks for a list that has it in its place."""

CHUNKS = (b"BINARYMIME", b"CHUNKING")
"""RFC 3030 asks for the one with the other, and servers list them next to each other."""

Aligned = tuple[int, tuple[tuple[int, bytes], ...]]
"""How well lines fit a list, and the words that stand behind the masked ones then."""


def placed(lines: Sequence[KeywordLine], masked: AbstractSet[int], common: Sequence[bytes]) -> dict[int, bytes]:
    """The words behind masked lines (indices into `lines`) by the list that fits best, and then the commonest."""
    ranks = {word: rank for rank, word in enumerate(common)}
    shown = {line.text.upper() for at, line in enumerate(lines) if at not in masked}
    shown |= {text.split()[0] for text in shown}

    def worth(at: int, word: bytes) -> int:
        """How much a line speaks for a word in its place."""
        if at not in masked:
            return KNOWN * (lines[at].keyword == word.replace(b"=", b" ").split()[0])
        if len(lines[at].text) != len(word) or shown & {word, word.split()[0]}:
            return 0
        if at and (lines[at - 1].keyword, word) == CHUNKS:
            return FITTING
        return FITTING - 1 - ranks.get(word, len(ranks))

    best = max((_aligned(len(lines), masked, words, worth) for words in LISTS), key=lambda one: one[0])
    return dict(best[1])


def _aligned(
    lines: int, masked: AbstractSet[int], words: Sequence[bytes], worth: Callable[[int, bytes], int]
) -> Aligned:
    """Lay lines along a list, in its order, for the highest sum."""
    row: list[Aligned] = [(0, ())] * (len(words) + 1)
    for at in range(lines):
        above, row = row, row[:1]
        for n, word in enumerate(words):
            score, told = above[n]
            gain = worth(at, word)
            here = (score + gain, (*told, (at, word)) if at in masked else told) if gain else (0, ())
            row.append(max(above[n + 1], row[n], here, key=lambda one: one[0]))
    return row[-1]
