"""One TCP connection through the editing device: segments in, segments out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lab.device import packet
from lab.device.dialogue import Dialogue
from lab.device.half import Half
from lab.device.packet import ACK, FIN, PSH, RST, SYN, WRAP, Segment
from lab.device.units import TO_CLIENT, TO_SERVER, Complaint, Edit, Flow, Treatment, Unit
from lab.device.witness import witness

if TYPE_CHECKING:
    from collections.abc import Iterator

Sent = tuple[str, Segment]


@dataclass
class Connection:
    """State of one connection; every method yields (direction, segment) to send, still in ingress addresses."""

    flow: Flow
    treatments: list[Treatment]
    isn_shift: dict[str, int]
    dialogue: Dialogue = field(default_factory=Dialogue)
    halves: dict[str, Half] = field(default_factory=dict)
    latest: dict[str, Segment] = field(default_factory=dict)
    acked: dict[str, tuple[int, int]] = field(default_factory=dict)
    refused: str = ""
    complaint: Complaint | None = None
    dead: bool = False

    def receive(self, direction: str, segment: Segment) -> Iterator[Sent]:
        """Take a segment in and yield what leaves the device because of it."""
        self.complaint = None
        if self.dead:
            return
        if segment.flags & SYN:
            yield from self._syn(direction, segment)
            return
        if len(self.halves) < 2:
            if segment.flags & RST:
                yield direction, self._with_ack(direction, segment)
            return
        self.latest[direction] = segment
        if segment.payload:
            yield from self._payload(direction, segment)
        else:
            yield from self._empty(direction, segment)

    def _syn(self, direction: str, segment: Segment) -> Iterator[Sent]:
        verdict = self._verdict() if direction == TO_SERVER else "pass"
        if verdict == "drop":
            return
        if verdict == "refuse":
            yield TO_CLIENT, self._answer(segment, 0, segment.seq + 1, RST | ACK)
            return
        if verdict != "pass":
            self.complaint = Complaint(verdict)
            return
        half = self.halves.get(direction) or Half(segment.seq, (segment.seq + self.isn_shift[direction]) % WRAP)
        self.halves[direction] = half
        self.latest[direction] = segment
        options = packet.options_of(segment.options)
        for treatment in self.treatments:
            options = treatment.handshake(options, self.flow)
        changed = options != packet.options_of(segment.options)
        raw = packet.join_options(options) if changed else segment.options
        yield direction, self._with_ack(direction, replace(segment, seq=half.isn_out, options=raw))

    def _verdict(self) -> str:
        if not self.refused:
            verdicts = (treatment.syn(self.flow) for treatment in self.treatments)
            self.refused = next((verdict for verdict in verdicts if verdict != "pass"), "pass")
        return self.refused

    def _empty(self, direction: str, segment: Segment) -> Iterator[Sent]:
        half = self.halves[direction]
        offset = half.offset(segment.seq)
        sent = self._with_ack(direction, replace(segment, seq=half.seq_out(half.to_out(offset))))
        if segment.flags != ACK or self._acknowledges_more(direction, segment, sent):
            yield direction, sent

    def _acknowledges_more(self, direction: str, segment: Segment, sent: Segment) -> bool:
        """Tell whether a bare ACK says anything to the other end, or only acknowledges what the device injected."""
        before = self.acked.get(direction, (-1, -1))
        self.acked[direction] = (segment.ack, sent.ack)
        return sent.ack != before[1] or segment.ack == before[0]

    def _payload(self, direction: str, segment: Segment) -> Iterator[Sent]:
        half = self.halves[direction]
        offset = half.offset(segment.seq)
        known = max(0, half.next_in - offset)
        if offset > half.next_in or known >= len(segment.payload):
            place, out = half.again(offset, len(segment.payload)) if known else (half.to_out(offset), segment.payload)
            if out:
                yield direction, self._with_ack(direction, replace(segment, seq=half.seq_out(place), payload=out))
            elif known:
                yield _other(direction), self._own(_other(direction), b"")
            return
        fresh = replace(segment, payload=segment.payload[known:], seq=half.seq_in(half.next_in))
        yield from self._edit(direction, fresh)

    def _edit(self, direction: str, segment: Segment) -> Iterator[Sent]:
        half, rest, out, answers = self.halves[direction], segment.payload, b"", []
        place = half.next_out
        edit = Edit()
        while rest:
            unit = self.dialogue.next(direction, rest)
            edit = self._decide(unit)
            if edit.drop:
                break
            new = unit.raw if edit.out is None else edit.out
            half.take(len(unit.raw), new)
            out += new
            answers.append(edit.answer)
            self.dialogue.accept(unit, forwarded=bool(new))
            rest = rest[len(unit.raw) :]
            if edit.reset:
                break
        if out:
            flags = segment.flags & ~FIN if edit.drop else segment.flags
            sent = replace(segment, seq=half.seq_out(place), payload=out, flags=flags)
            yield direction, self._with_ack(direction, sent)
        yield from self._aftermath(direction, edit, b"".join(answers), swallowed=not out and not edit.drop)
        if segment.flags & FIN and not out and not edit.drop:
            yield direction, self._with_ack(direction, replace(segment, seq=half.seq_out(half.next_out), payload=b""))

    def _aftermath(self, direction: str, edit: Edit, answer: bytes, *, swallowed: bool) -> Iterator[Sent]:
        back = _other(direction)
        if answer:
            own = self._own(back, answer)
            self.halves[back].take(0, answer)
            yield back, own
        elif swallowed and not edit.reset:
            yield back, self._own(back, b"")
        for end in (TO_CLIENT, TO_SERVER):
            if edit.reset in {end, "both"}:
                yield end, replace(self._own(end, b""), flags=RST | ACK)
        if edit.reset:
            self.dead = edit.reset in {"both", "neither"}

    def _decide(self, unit: Unit) -> Edit:
        edits = (treatment.unit(unit, self.flow) for treatment in self.treatments)
        edit = next((edit for edit in edits if edit is not None), Edit())
        witness(unit, edit, self.flow)
        self.complaint = edit.complaint
        return edit

    def _own(self, direction: str, payload: bytes) -> Segment:
        """Make a segment of the device's own, in the name of the sender of that direction."""
        model, half, back = self.latest[direction], self.halves[direction], self.halves[_other(direction)]
        other = self.latest[_other(direction)]
        options = _fresh_timestamps(model.options, other.options)
        flags = ACK | PSH if payload else ACK
        seq, ack = half.seq_out(half.next_out), back.seq_in(back.next_in)
        return replace(model, seq=seq, ack=ack, flags=flags, payload=payload, options=options)

    def _answer(self, to: Segment, seq: int, ack: int, flags: int) -> Segment:
        source, port = to.target, to.target_port
        return Segment(source, to.source, port, to.source_port, seq, ack, flags, 0)

    def _with_ack(self, direction: str, segment: Segment) -> Segment:
        """Translate what the segment says about the other direction."""
        back = self.halves.get(_other(direction))
        if back is None or not segment.flags & ACK:
            return segment
        edges = packet.sack_blocks(segment.options)
        options = segment.options
        if edges:
            options = packet.replace_sack(options, tuple(back.ack_in(edge) for edge in edges))
        return replace(segment, ack=back.ack_in(segment.ack), options=options)


def _other(direction: str) -> str:
    return TO_CLIENT if direction == TO_SERVER else TO_SERVER


def _fresh_timestamps(model: bytes, other: bytes) -> bytes:
    """Keep the sender's last timestamp and echo the receiver's last one; nothing else is worth repeating."""
    mine, theirs = packet.timestamps(model), packet.timestamps(other)
    if mine is None or theirs is None:
        return b""
    value = mine[0].to_bytes(4, "big") + theirs[0].to_bytes(4, "big")
    return packet.join_options([(8, value)])
