"""The signatures of one side as columns, in an order that does not depend on how they were handed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from pcapsleuth.compare.signature import Signature

Times = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.intp]
"""Positions in a side."""
Truth = npt.NDArray[np.bool_]

SCALARS = (
    "client_isn", "server_isn", "client_timestamp", "server_timestamp",
    "greeting", "greeting_length", "ehlo", "envelope", "tls", "commands", "replies",
)  # fmt: skip
SETS = ("messages", "bodies", "queue_ids")
STAMPS = ("client_timestamp", "server_timestamp")
CONTENT = ("envelope", "bodies", "commands")
"""What a session is about: it names the session where no other has the same."""
TIMES = ("start", "end", "syn_time", "synack_time", "envelope_time", "envelope_reply_time")

Ids = dict[tuple[int, int], int]
"""Numbers of addresses, shared by both sides."""


@dataclass(slots=True)
class Side:
    """One side: every array has one element a session, ordered by start."""

    signatures: list[Signature]
    index: list[int]
    """The index by which the caller knows each."""
    times: dict[str, Times]
    """By name; -1 where unknown."""
    features: dict[str, Hashes]
    """By name; 0 where unknown. Numbers that may be 0 are kept plus one."""
    many: dict[str, Truth]
    """By the name of a set: whether the session has more than the first that `features` holds."""
    alone: dict[str, Truth]
    """By the name of a content feature or timestamp: whether no other session of this side has the same."""
    client: npt.NDArray[np.int64]
    """Number of the client's address."""
    server: npt.NDArray[np.int64]
    client_port: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    """Bytes to the server and to the client, one row each."""
    segments: npt.NDArray[np.int64]
    complete: Truth
    accepted: Truth
    sets: dict[str, list[tuple[int, ...]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.signatures)

    def set_members(self, name: str) -> tuple[Rows, Hashes]:
        """Every member of a set feature, with the session that has it."""
        rows = [row for row, members in enumerate(self.sets[name]) for _ in members]
        values = [member for members in self.sets[name] for member in members]
        return np.array(rows, np.intp), np.array(values, np.uint64)


def ordered(signatures: Sequence[Signature]) -> list[Signature]:
    """By start, and among equal starts by content: never by the order in which they came."""
    starts: dict[int, list[Signature]] = {}
    for signature in signatures:
        starts.setdefault(signature.start, []).append(signature)
    result: list[Signature] = []
    for start in sorted(starts):
        same = starts[start]
        result += sorted(same, key=_content) if len(same) > 1 else same
    return result


def _content(signature: Signature) -> tuple[object, ...]:
    return (*signature[1:], signature.index)


def content_before(first: Sequence[Signature], second: Sequence[Signature]) -> bool:
    """Whether one ordered side comes before another: orients a pairing, so that it is symmetric."""
    if len(first) != len(second):
        return len(first) < len(second)
    for one, other in zip(first, second, strict=True):
        if one[1:] != other[1:]:
            return one[1:] < other[1:]
    return True


def columns(signatures: list[Signature], ids: Ids) -> Side:
    """The columns of signatures that are in order."""
    fields = dict(zip(Signature._fields, zip(*signatures, strict=True) if signatures else ((),) * 99, strict=False))
    clients, servers = fields["client"], fields["server"]
    features = {name: _feature(name, fields[name]) for name in SCALARS}
    for name in SETS:
        features[name] = np.array([members[0] if members else 0 for members in fields[name]], np.uint64)
    return Side(
        signatures=signatures,
        index=list(fields["index"]),
        times={name: np.array(fields[name], np.int64) for name in TIMES},
        features=features,
        many={name: np.array([len(members) > 1 for members in fields[name]], np.bool_) for name in SETS},
        alone={name: _alone(features[name]) for name in (*CONTENT, *STAMPS)},
        client=_numbers(clients, ids),
        server=_numbers(servers, ids),
        client_port=np.array([endpoint.port for endpoint in clients], np.int64),
        lengths=np.array(fields["lengths"], np.int64).reshape(-1, 2).T,
        segments=np.array(fields["segments"], np.int64).reshape(-1, 2).T,
        complete=np.array(fields["complete"], np.bool_),
        accepted=np.array(fields["accepted"], np.int64) > 0,
        sets={name: list(fields[name]) for name in SETS},
    )


def _feature(name: str, values: Sequence[int]) -> Hashes:
    """A column in which 0 is unknown. An ISN may be 0 and moves up by one; a timestamp of 0 is some stacks' only."""
    if name.endswith("_isn"):
        return np.array([value + 1 for value in values], np.uint64)
    if name in STAMPS:
        return np.array([max(value, 0) for value in values], np.uint64)
    return np.array(values, np.uint64)


def _alone(values: Hashes) -> Truth:
    """Which values occur once."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    alone: Truth = (count[place] == 1) & (values != 0)
    return alone


def _numbers(endpoints: Sequence[tuple[int, int, int]], ids: Ids) -> npt.NDArray[np.int64]:
    return np.array([ids.setdefault((high, low), len(ids)) for high, low, _ in endpoints], np.int64)
