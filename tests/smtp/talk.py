r"""Conversations in readable form, delivered to a builder in whatever pieces a test wants.

    S: 220 mx.example.com ESMTP        a line of the server, CRLF added
    C: EHLO client.example.org         a line of the client
    C| raw bytes\x00, as they are      bytes with Python's escapes, nothing added
    ! C 40 lost                        a gap of the client's bytes (`?` for a length that nobody knows)

Lines of one side in a row are one turn: one segment, unless a test cuts it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from pcapsleuth.smtp.builder import DialogueBuilder
from pcapsleuth.smtp.dialogue import Dialogue, Flag, Kind, Row
from pcapsleuth.tcp.connection import Connection, Direction, Endpoint, Gap

Turn = tuple[Direction, bytes | Gap]

SIDES = {"C": Direction.TO_SERVER, "S": Direction.TO_CLIENT}


def turns(text: str) -> list[Turn]:
    """Read a conversation."""
    found: list[Turn] = []
    for raw in text.strip("\n").splitlines():
        line = raw.lstrip()
        if not line:
            continue
        if line.startswith("!"):
            _, side, length, why = line.split()
            found.append((SIDES[side], Gap(0, None if length == "?" else int(length), why, 0, 0)))
            continue
        side, mark, rest = line[0], line[1], line[3:]
        if mark == ":":
            sent = rest.encode("latin-1") + b"\r\n"
        else:
            sent = rest.encode().decode("unicode_escape").encode("latin-1")
        if found and found[-1][0] == SIDES[side] and isinstance(found[-1][1], bytes):
            found[-1] = (SIDES[side], found[-1][1] + sent)
        else:
            found.append((SIDES[side], sent))
    return found


def connection() -> Connection:
    """Make a connection of which nothing is known."""
    return Connection(0, 0, Endpoint(0, 1, 40_000), Endpoint(0, 2, 25), 0, 1)


def deliver(pieces: Iterable[Turn], of: Connection | None = None) -> Dialogue:
    """Give pieces to a builder, one segment each, in frames from 1, a millisecond apart."""
    builder = DialogueBuilder(of or connection())
    offsets = [0, 0]
    for frame, (direction, piece) in enumerate(pieces, 1):
        time = frame * 1_000_000
        if isinstance(piece, Gap):
            builder.gap(direction, piece._replace(offset=offsets[direction], frame=frame, time=time))
            offsets[direction] += piece.length or 0
            continue
        builder.data(direction, offsets[direction], piece, frame, time)
        offsets[direction] += len(piece)
    return builder.close()


def read(text: str, of: Connection | None = None) -> Dialogue:
    """Make the dialogue of a conversation."""
    return deliver(turns(text), of)


def bytewise(whole: Iterable[Turn]) -> Iterator[Turn]:
    """Cut every turn into single bytes."""
    for direction, piece in whole:
        if isinstance(piece, Gap):
            yield direction, piece
        else:
            yield from ((direction, piece[at : at + 1]) for at in range(len(piece)))


def cut(whole: Iterable[Turn], seed: int) -> Iterator[Turn]:
    """Cut turns anywhere."""
    rng = random.Random(seed)
    for direction, piece in whole:
        if isinstance(piece, Gap):
            yield direction, piece
            continue
        at = 0
        while at < len(piece):
            size = rng.choice((1, 2, 3, 5, 8, 13, 40, 200))
            yield direction, piece[at : at + size]
            at += size


def holed(whole: list[Turn], direction: Direction, offset: int, length: int, *, known: bool = True) -> Iterator[Turn]:
    """Lose bytes of one direction, at a stream offset."""
    at = [0, 0]
    for side, piece in whole:
        if isinstance(piece, Gap) or side != direction:
            yield side, piece
            continue
        start = at[side]
        at[side] += len(piece)
        low, high = max(offset - start, 0), min(offset + length - start, len(piece))
        if low >= high:
            yield side, piece
            continue
        if low:
            yield side, piece[:low]
        yield side, Gap(0, high - low if known else None, "lost", 0, 0)
        if high < len(piece):
            yield side, piece[high:]


def essence(dialogue: Dialogue) -> tuple[object, ...]:
    """What must not depend on how bytes were cut into segments."""
    rows = [
        (
            Kind(row.kind).name,
            row.direction,
            row.word,
            row.offset,
            row.length,
            row.answers,
            row.flags,
            dialogue.text(row),
        )
        for row in dialogue.rows
    ]
    mails = [
        mail._replace(chunk_frames=(), header_frames=(0, 0), terminator=(sum(part[2] for part in mail.terminator),))  # type: ignore[arg-type]
        for mail in dialogue.mails
    ]
    anomalies = [(one.kind, one.direction, one.detail) for one in dialogue.connection.anomalies]
    return rows, mails, dialogue.tls, dialogue.client_hello, dialogue.server_hello, anomalies


def show(dialogue: Dialogue) -> list[str]:
    """Rows as short text: what a test compares."""
    return [_show(dialogue, row) for row in dialogue.rows]


def _show(dialogue: Dialogue, row: Row) -> str:
    side = "CS"[row.direction]
    lines = dialogue.text(row).removesuffix(b"\r\n").replace(b"\r\n", b" / ")
    text = lines.decode("latin-1").encode("unicode_escape").decode()
    flags = "|".join(flag.name or "" for flag in Flag(row.flags) if flag is not Flag.FINAL)
    words = [side, Kind(row.kind).name]
    if row.kind not in (Kind.COMMAND, Kind.REPLY):
        words.append(str(row.length))
    if text:
        words.append(text)
    if row.answers >= 0:
        words.append(f"-> {row.answers}" + ("" if row.flags & Flag.FINAL else " ..."))
    if flags:
        words.append(f"[{flags}]")
    return " ".join(words)
