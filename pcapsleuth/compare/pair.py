"""A pair: the two views of one session, and how sure it is that they are of one."""

from __future__ import annotations

from typing import NamedTuple


class Pair(NamedTuple):
    """Which inside session is which outside session."""

    outside: int
    """Index of the outside session."""
    inside: int
    confidence: int
    """Per mille: integer, so that it is the same on every machine."""
    certain: bool
    """A unique witness (addresses and ports, ISN, timestamp, queue id, Message-ID with envelope, TLS random)
    without a rival: a finding on this pair may be proven."""
    why: tuple[str, ...]
    """The reasons in words, best first, rivals last."""


class Clock(NamedTuple):
    """Inside time minus outside time."""

    offset: int
    """ns, at `at`."""
    drift_ppb: int
    pairs: int
    """How many pairs it rests on."""
    at: int
    """Outside time to which `offset` applies, ns since 1970 UTC."""
    error: int
    """Half-width of the spread of the pairs' offsets, ns: a time difference below it says nothing."""
