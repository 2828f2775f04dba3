"""The wire of the editing device: raw frames in on one side, out on the other. No kernel forwards anything."""

from __future__ import annotations

import select
import socket
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING

from lab.device import icmp, packet
from lab.device.addresses import Translation, endpoints
from lab.device.connection import Connection
from lab.device.units import TO_CLIENT, TO_SERVER, Flow, Treatment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.device.journal import Journal

_ALL, _OUTGOING = 3, 4
_OTHER = {"outside": "inside", "inside": "outside"}


@dataclass
class _Path:
    """A connection and how its two directions are addressed on the side that they leave by."""

    connection: Connection
    client_side: str
    on_client_side: packet.Segment
    on_server_side: packet.Segment


@dataclass
class Forwarder:
    """Finds the connection of each frame, lets it decide, translates addresses, sends."""

    treatments: list[Treatment]
    translation: Translation
    journal: Journal
    macs: dict[str, tuple[bytes, bytes]]
    randomise: bool = False
    sockets: dict[str, socket.socket] = field(default_factory=dict)
    paths: dict[tuple[str, tuple[bytes, int, bytes, int]], _Path] = field(default_factory=dict)
    random: Random = field(default_factory=lambda: Random(25))
    count: int = 0

    def open(self, interfaces: dict[str, str]) -> None:
        """Open a packet socket on each side."""
        for side, name in interfaces.items():
            wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL))
            wire.bind((name, 0))
            self.sockets[side] = wire

    def run(self) -> None:
        """Forward until the process is told to end."""
        sides = {wire.fileno(): side for side, wire in self.sockets.items()}
        poll = select.poll()
        for number in sides:
            poll.register(number, select.POLLIN)
        while True:
            for number, _ in poll.poll():
                self._read(sides[number])

    def _read(self, side: str) -> None:
        frame, address = self.sockets[side].recvfrom(65535)
        if address[2] == _OUTGOING:
            return
        segment = packet.parse(frame)
        if segment is not None:
            for exit_side, sent in self._through(side, segment):
                self._send(exit_side, sent)
            self._complain(side, segment, frame)

    def _send(self, side: str, segment: packet.Segment) -> None:
        own, peer = self.macs[side]
        self.sockets[side].send(packet.build(segment, own, peer))

    def _complain(self, side: str, segment: packet.Segment, frame: bytes) -> None:
        """Tell the sender by ICMP why its packet went no farther."""
        path = self.paths.get((side, segment.key))
        if path is None or path.connection.complaint is None:
            return
        complaint, (own, peer) = path.connection.complaint, self.macs[side]
        if complaint.misquoted:
            frame = packet.build(replace(segment, seq=segment.seq + self.random.getrandbits(31)), own, peer)
        self.sockets[side].send(icmp.error(complaint, frame, own, peer))

    def _through(self, side: str, segment: packet.Segment) -> Iterator[tuple[str, packet.Segment]]:
        path = self._path(side, segment)
        if path is None:
            return
        direction = TO_SERVER if side == path.client_side else TO_CLIENT
        for way, sent in path.connection.receive(direction, segment):
            exit_side = path.client_side if way == TO_CLIENT else _OTHER[path.client_side]
            yield exit_side, _addressed(sent, path, way)

    def _path(self, side: str, segment: packet.Segment) -> _Path | None:
        opening = segment.flags & (packet.SYN | packet.ACK) == packet.SYN
        path = self.paths.get((side, segment.key))
        if opening and (path is None or path.on_client_side.seq != segment.seq):
            path = self._new(side, segment)
        return path

    def _new(self, side: str, segment: packet.Segment) -> _Path:
        moved = self.translation.forward(side, segment)
        self.count += 1
        number = self.count
        shown = {side: endpoints(segment), _OTHER[side]: endpoints(moved)}
        direction = "inbound" if side == "outside" else "outbound"
        self.journal.write(number, "open", direction=direction, **shown)
        shift = {way: self.random.getrandbits(32) if self.randomise else 0 for way in (TO_SERVER, TO_CLIENT)}
        flow = Flow(number, lambda did, **details: self.journal.write(number, did, **details))
        path = _Path(Connection(flow, self.treatments, shift), side, segment, moved)
        self.paths[side, segment.key] = path
        reply = (moved.target, moved.target_port, moved.source, moved.source_port)
        self.paths[_OTHER[side], reply] = path
        return path


def _addressed(segment: packet.Segment, path: _Path, way: str) -> packet.Segment:
    if way == TO_SERVER:
        face = path.on_server_side
        return replace(
            segment,
            source=face.source,
            source_port=face.source_port,
            target=face.target,
            target_port=face.target_port,
        )
    face = path.on_client_side
    return replace(
        segment,
        source=face.target,
        source_port=face.target_port,
        target=face.source,
        target_port=face.source_port,
    )
