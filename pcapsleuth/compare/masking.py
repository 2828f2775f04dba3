"""Recognise text that was overwritten in place by a filler, as Mailguard and its kin do."""

from __future__ import annotations

import re

FILLERS = frozenset(b"*_Xx #?.-~+=@%$&!^|:;/") | frozenset(range(0xA1, 0x100))
"""Characters that are written over others: signs, and what stands for one above ASCII (a middle dot of Latin-1, say).
Letters of ASCII other than X are words, not filler."""

LETTERED = re.compile(rb"X*[A-Z]")
"""ASA and PIX 7+ overwrite an EHLO line of length L by L-1 times X and the n-th letter for the n-th masked line."""

STARRED = re.compile(rb"[*20 \t]*\*[*20 \t]*")
"""A greeting text of stars in which only 2, 0 and blanks survive (Postfix recognises `fixup protocol smtp` by it)."""


def filler(original: bytes, shown: bytes) -> bytes | None:
    """Return the character that overwrites `original` to give `shown`, or None if that is not what happened.

    Lengths must agree, and all changed positions must hold one and the same filler character.
    """
    if len(original) != len(shown) or original == shown:
        return None
    written = {after for before, after in zip(original, shown, strict=True) if before != after}
    if len(written) != 1 or not written <= FILLERS:
        return None
    return bytes(written)


def lettered(original: bytes, shown: bytes) -> bool:
    """Tell whether `shown` is the lettered mask of an EHLO line `original` (`STARTTLS` -> `XXXXXXXA`)."""
    return len(original) == len(shown) and original != shown and LETTERED.fullmatch(shown) is not None


def overwritten(original: bytes, shown: bytes) -> bool:
    """Tell whether `shown` is `original` with characters overwritten, by filler or by the lettered mask."""
    return filler(original, shown) is not None or lettered(original, shown)
