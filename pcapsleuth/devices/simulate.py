"""Both views of a clean session as a device would have made them.

In place keeps every length; what translates or ends connections makes its own numbers. What a clean capture cannot
know comes from the peers of `peers.py` and carries a comment that says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pcapsleuth.devices.doing import Doing
from pcapsleuth.devices.event import CONNECTION, GREETING, LIMIT, SYN, TCP, Event
from pcapsleuth.devices.play import Play
from pcapsleuth.devices.recording import Recording
from pcapsleuth.devices.treatments import doings, treat
from pcapsleuth.devices.wire import OWN_OPTIONS, STEP, SYN_OPTIONS, Ends, Packet, Utterance, Wire, write
from pcapsleuth.profiles.profile import Family, Profile, Sure
from pcapsleuth.tcp.connection import Endpoint

AGAIN = 900_000_000_000
"""ns until a sender tries again."""

SHIFT = 0x1234567
"""By how much a device that chooses its own initial sequence numbers shifts them."""

SYN_FLAG = 0x02


@dataclass
class Simulation:
    """What two captures would have seen."""

    client: list[Packet] = field(default_factory=list)
    server: list[Packet] = field(default_factory=list)
    left_out: int = 0
    """Sessions with missing bytes, which cannot be played."""

    @property
    def synthetic(self) -> int:
        """Packets that no capture had."""
        return sum(bool(packet.comment) for packet in self.client + self.server)


def simulate(profile: Profile, recordings: Iterable[Recording]) -> Simulation:
    """Play sessions through a device: the client's side and the server's side."""
    what = chosen(profile)
    result = Simulation()
    for recording in recordings:
        if recording.whole and recording.dialogue.rows:
            _session(what, recording, result)
        else:
            result.left_out += 1
    result.client.sort(key=lambda packet: packet.time)
    result.server.sort(key=lambda packet: packet.time)
    return result


def chosen(profile: Profile) -> tuple[Doing, ...]:
    """What is played: what is only recalled is left out, unless there is nothing else."""
    everything = doings(profile)
    two = profile.connection in (Family.PROXY, Family.RELAY)
    sure = tuple(one for one in everything if one.spec.sure is not Sure.RECALLED or (two and one.element == CONNECTION))
    return sure if any(doing.element not in (CONNECTION, LIMIT) for doing in sure) else everything


def _session(what: tuple[Doing, ...], recording: Recording, result: Simulation) -> None:
    """Play one session, and once more where the sender would try again."""
    start = recording.dialogue.connection.start
    if treat(what, Event(SYN, "", b"SYN", b"SYN")).went is None:
        _dropped(recording, result, start)
        return
    greeting = treat(what, Event(GREETING, "", b"220 mx", b"220 mx"))
    if greeting.came is None:
        _refused(recording, result, start, greeting.answer or b"")
        return
    said = Play(what, recording).run()
    _write(what, recording, result, said, start, 0)
    if any(one.lost for one in said):
        again = [one._replace(time=one.time + AGAIN) for one in Play(what, recording, whole_end=True).run()]
        marked = [one._replace(synthetic=one.synthetic or "synthetic: the sender tries again") for one in again]
        _write(what, recording, result, marked, start + AGAIN, 1)


def _write(
    what: tuple[Doing, ...], recording: Recording, result: Simulation, said: list[Utterance], start: int, attempt: int
) -> None:
    """Write a conversation to both sides."""
    kind = treat(what, Event(CONNECTION, "", b"one", b"one")).went
    client, server = _ends(what, recording, attempt, own=kind != b"one")
    wires = Wire(client), Wire(server)
    if kind != b"relay":
        write(said, wires, start)
    else:
        later = max(one.time for one in said) + len(said) * STEP + AGAIN // 100
        aside = Wire(client), Wire(server)
        write(said, (wires[0], aside[1]), start)
        moved = [one._replace(time=one.time - start + later) for one in said]
        write(moved, (aside[0], wires[1]), later)
    result.client += wires[0].packets
    result.server += wires[1].packets


def _ends(what: tuple[Doing, ...], recording: Recording, attempt: int, *, own: bool) -> tuple[Ends, Ends]:
    """Both ends as the client's and as the server's side see them."""
    connection = recording.dialogue.connection
    isns = [(stream.isn or 1_000 * (n + 1)) + attempt * 99_991 for n, stream in enumerate(connection.streams)]
    stamps = [(isn & 0xFFFFFFF).to_bytes(4, "big") for isn in isns]
    options = SYN_OPTIONS % stamps[0], SYN_OPTIONS % stamps[1]
    caller = Endpoint(connection.client.high, connection.client.low, connection.client.port + attempt)
    here = Ends(caller, connection.server, (isns[0], isns[1]), options)
    if own:
        mine = [(isn + SHIFT & 0xFFFFFFF).to_bytes(4, "big") for isn in isns]
        middle = Endpoint(caller.high, caller.low, caller.port ^ 0x0800)
        there = Ends(middle, connection.server, (isns[0] + SHIFT, isns[1] + SHIFT), (OWN_OPTIONS % mine[0], options[1]))
        here.options = options[0], OWN_OPTIONS % mine[1]
        return here, there
    shift = SHIFT if treat(what, Event(TCP, "ISN", b"isn", b"isn")).changed else 0
    there = Ends(caller, connection.server, (isns[0] + shift, isns[1] + shift), options)
    return here, there


def _dropped(recording: Recording, result: Simulation, start: int) -> None:
    """The client sends its SYN three times, and nothing comes."""
    ends, _ = _ends((), recording, 0, own=False)
    for wait in (0, 1, 3):
        packet = Packet(start + wait * 1_000_000_000, ends.client, ends.server, ends.isns[0], 0, SYN_FLAG)
        result.client.append(packet._replace(options=ends.options[0], comment="synthetic: nobody answers the SYN"))


def _refused(recording: Recording, result: Simulation, start: int, reply: bytes) -> None:
    """The device greets the client with a refusal; no server is asked."""
    ends, _ = _ends((), recording, 0, own=False)
    wire = Wire(ends)
    wire.handshake(start)
    why = "synthetic: what the device says itself"
    wire.say(Utterance("S", reply, None, start, synthetic=why), reply + b"\r\n", start + STEP)
    wire.goodbye(start + 2 * STEP)
    result.client += wire.packets
