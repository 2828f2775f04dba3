"""Marks that an editor leaves in a line, known by the line alone: what no server and no client writes."""

from __future__ import annotations

import re

from pcapsleuth.compare.masking import LETTERED
from pcapsleuth.detect.candidates import spoilt

FILLED = re.compile(rb"X{2,}|[*]+|_+|x{3,}")
FILLED_LINE = re.compile(rb"X{2,}|[*]+|_+")
"""No device is known to write x's over a keyword; people do."""

ECHO = re.compile(rb"50[0-4][ -].*?(?<![\w.@*-])(X{4,}|x{4,})(?![\w@*-]|\.\w)", re.DOTALL)
"""An error of a server that quotes X's; addresses and host names of X's are what people made of them."""

SHORTEST = 4
"""Characters that a masked greeting has at least: no host name is shorter."""

VERB = 4
"""Letters of the shortest verb."""


def masked_greeting(text: bytes) -> bool:
    """Tell whether a reply is a greeting of stars, with 2, 0 and blanks at most."""
    body = text[3:]
    starred = b"*" in body and not body.strip(b"*20 -\r\n")
    return text.startswith(b"220") and starred and len(body.strip(b" -\r\n")) >= SHORTEST


def masked_line(text: bytes, number: int) -> bool:
    """Tell whether a keyword line is filler, X's with the letter whose turn it is in the list, or has stars in it."""
    lettered = LETTERED.fullmatch(text) is not None and len(text) > 1 and text[-1] == ord("A") + number - 1
    return lettered or FILLED_LINE.fullmatch(text) is not None or spoilt(text) is not None


def masked_word(word: bytes) -> bool:
    """Tell whether a verb is filler, and long enough to have been one."""
    return len(word) >= VERB and FILLED.fullmatch(word) is not None


def quoted_mask(verb: bytes, line: bytes, answer: bytes) -> bytes | None:
    """The mask that a server quotes in the place of a command's verb: as long as that, and not the client's own."""
    found = ECHO.match(answer)
    return found[1] if found and len(found[1]) == len(verb) and found[1] not in line else None
