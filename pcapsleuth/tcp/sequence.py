"""Sequence numbers: arithmetic modulo 2**32 (RFC 9293 section 3.4)."""

from __future__ import annotations

MODULUS = 1 << 32
_HALF = 1 << 31


def distance(start: int, end: int) -> int:
    """How far `end` lies ahead of `start`: from -2**31 to 2**31 - 1."""
    return (end - start + _HALF) % MODULUS - _HALF


def advance(seq: int, count: int) -> int:
    """Move a sequence number on."""
    return (seq + count) % MODULUS


def offset(seq: int, base: int, near: int) -> int:
    """Turn a sequence number into a 64-bit stream offset: of all that fit, the one nearest to the offset `near`.

    `base` is the sequence number of offset 0. Streams of more than 4 GiB wrap; `near` tells how often they did.
    """
    return near + distance(base + near, seq)
