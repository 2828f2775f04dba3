"""Play a clean session through a device: what each end would have said, and what would have come out."""

from __future__ import annotations

from dataclasses import dataclass, field

from pcapsleuth.compare.keyword import keyword_lines
from pcapsleuth.devices.doing import Doing
from pcapsleuth.devices.event import GREETING, KEYWORD, REPLY, RESET, VERB, Event
from pcapsleuth.devices.keywords import keyword_name
from pcapsleuth.devices.mailplay import first_half, played
from pcapsleuth.devices.peers import GO_AHEAD, Client, as_data, failed, server_answer
from pcapsleuth.devices.recording import Recording
from pcapsleuth.devices.treatments import treat
from pcapsleuth.devices.wire import Utterance
from pcapsleuth.smtp.dialogue import Flag, Kind, Mail, Row
from pcapsleuth.tcp.segments import TO_SERVER

DEVICE = "synthetic: what the device says itself"
SERVER = "synthetic: what the server is assumed to answer"
CLIENT = "synthetic: what the client is assumed to do then"
END = b"\r\n"
HELLO = bytes.fromhex("16 0301 0005 01000001 00")
"""A TLS record that begins a handshake: a client's side of TLS that no server hears."""


@dataclass
class Play:
    """One session, played once."""

    doings: tuple[Doing, ...]
    recording: Recording
    whole_end: bool = False
    """Send the end of mail data in one segment: the second try of a sender."""
    said: list[Utterance] = field(default_factory=list)
    over: bool = False
    _client: Client = field(default_factory=Client)
    _fate: dict[int, Event] = field(default_factory=dict)
    """What became of each command that the client sent."""
    _skipped: set[int] = field(default_factory=set)
    _ends: set[int] = field(default_factory=set)
    """Replies to a last chunk that are replies to the end of mail data now."""
    _name: bytes = b"server.example.com"

    def run(self) -> list[Utterance]:
        """Play all rows, until the session is over."""
        for at, row in enumerate(self.recording.dialogue.rows):
            if self.over:
                break
            if row.direction == TO_SERVER:
                self._from_client(at, row)
            else:
                self._from_server(at, row)
        return self.said

    def _from_client(self, at: int, row: Row) -> None:
        """Play what the client sent."""
        if row.kind == Kind.COMMAND:
            self._command(at, row)
        elif row.kind == Kind.MAIL:
            self._mail(at, row)
        elif self._stale(at, row):
            self._skipped.add(at)
        else:
            data = self.recording.bytes(row)
            self._tell("C", data, None if self._blocked(at) else data, row)
            if row.kind == Kind.TLS:
                self._reset("TLS", row)

    def _stale(self, at: int, row: Row) -> bool:
        """Tell whether a row has no sense any more: its command was skipped, or AUTH or XEXCH50 did not pass.

        A chunk follows its BDAT at once, before the client knows what became of that; the blob of XEXCH50 waits.
        """
        before = self._before(at)
        fate = self._fate.get(before)
        waits = row.kind == Kind.SECRET or (row.kind == Kind.CHUNK and fate is not None and fate.name == "XEXCH50")
        return before in self._skipped or (waits and fate is not None and fate.changed)

    def _blocked(self, at: int) -> bool:
        """Tell whether the command that a row belongs to never came out."""
        fate = self._fate.get(self._before(at))
        return fate is not None and fate.went is None

    def _before(self, at: int) -> int:
        """The command before a row."""
        rows = self.recording.dialogue.rows
        return next((i for i in range(at - 1, -1, -1) if rows[i].kind == Kind.COMMAND), -1)

    def _command(self, at: int, row: Row) -> None:
        """Play a command line."""
        line = self.recording.bytes(row).rstrip(END)
        verb = row.word.decode("latin-1")
        if not self._client.uses(verb):
            self._skipped.add(at)
            if verb == "STARTTLS" and self.recording.dialogue.tls:
                self._quit(row, "synthetic: what was said under TLS cannot be known")
            elif verb == "BDAT":
                self._fall_back(at, row)
            return
        meant = self._client.says(line) if verb in ("MAIL", "RCPT") else line
        self._send(at, verb, meant, row, "" if meant == line else CLIENT)

    def _send(self, at: int, verb: str, line: bytes, row: Row, synthetic: str) -> None:
        """Send a command through the device."""
        done = treat(self.doings, Event(VERB, verb, line, line))
        self._fate[at] = done
        went = None if done.went is None else done.went + END
        self._tell("C", line + END, went, row, synthetic)
        if done.went is None and done.answer is None:
            self.over = True
        if verb != "DATA":  # There the mail data is meant.
            self._reset(verb, row)

    def _reset(self, point: str, row: Row) -> None:
        """Reset the connection if this is where the device does so."""
        done = treat(self.doings, Event(RESET, point, b"", b""))
        if not done.reset:
            return
        if done.answer is not None:
            self.said.append(Utterance("S", done.answer + END, None, row.time, synthetic=DEVICE))
        for end, who in (("client", "S!"), ("server", "C!")):
            if done.reset in (end, "both"):
                self.said.append(Utterance(who, b"", b"", row.time, synthetic=DEVICE))
        self.over = True

    def _from_server(self, at: int, row: Row) -> None:
        """Play a reply, or what is opaque."""
        text = self.recording.bytes(row)
        if row.kind != Kind.REPLY:
            self._tell("S", text, text, row)
        elif row.flags & Flag.GREETING:
            self._greet(text.rstrip(END), row)
        elif at in self._ends:
            text = text.rstrip(END)
            self._tell("S", self._shown("", text) + END, text + END, row)
        elif row.answers not in self._skipped and not self._second(at, row):
            self._reply(row, text.rstrip(END))

    def _greet(self, text: bytes, row: Row) -> None:
        """Play the greeting."""
        done = treat(self.doings, Event(GREETING, "", text, text))
        self._name = text[4:].split(b" ")[0] or self._name
        self._tell("S", (done.answer or done.went or b"") + END, text + END, row)

    def _reply(self, row: Row, text: bytes) -> None:
        """Play the reply to a command, by what became of that."""
        asked = self.recording.dialogue.rows[row.answers] if row.answers >= 0 else None
        verb = asked.word.decode("latin-1") if asked is not None and asked.kind == Kind.COMMAND else ""
        fate = self._fate.get(row.answers)
        if fate is not None and fate.went is None:
            self.said.append(Utterance("S", (fate.answer or b"") + END, None, row.time, synthetic=DEVICE))
            self._learn(verb, fate.answer or b"", row)
            return
        real = fate is None or fate.came == fate.went
        server = text if real or fate is None else server_answer(fate.went or b"", self._name)
        shown = self._shown(verb, server)
        self._tell("S", shown + END, server + END, row, "" if real else SERVER)
        self._learn(verb, shown, row, answered=real)

    def _second(self, at: int, row: Row) -> bool:
        """Tell a reply that nobody waits for: what did not pass gets no second one (RFC 4954 section 4)."""
        fate = self._fate.get(row.answers)
        if fate is None or not fate.changed:
            return False
        before = self.recording.dialogue.rows[max(row.answers, 0) : at]
        return any(one.kind == Kind.REPLY and one.answers == row.answers for one in before)

    def _shown(self, verb: str, text: bytes) -> bytes:
        """What the device makes of a reply."""
        done = treat(self.doings, Event(REPLY, verb, text, text)).went or text
        return self._listed(done) if verb == "EHLO" and text.startswith(b"250-") else done

    def _listed(self, text: bytes) -> bytes:
        """What it makes of an EHLO list; what it hides the client does not know."""
        first = text.split(END)[0]
        lines: list[bytes] = []
        number = 1
        for line in keyword_lines(text):
            name = keyword_name(line.text)
            detail = "last" if name == "OK" else ""
            done = treat(self.doings, Event(KEYWORD, name, line.text, line.text, number=number, detail=detail))
            if done.went is None or done.went[:1] != line.text[:1] or done.went.startswith(b"XX"):
                self._client.hidden.add(name.rstrip("="))
            if done.went is not None:
                lines.append(done.went)
                number += len(done.went) == len(line.text) and done.went != line.text
        added = treat(self.doings, Event(KEYWORD, "", None, None)).went
        if added is not None and keyword_name(added) not in [keyword_name(line) for line in lines]:
            lines.insert(0, added)
        everything = [first[4:], *lines]
        return END.join(b"250" + (b"-" if n < len(lines) else b" ") + line for n, line in enumerate(everything))

    def _learn(self, verb: str, reply: bytes, row: Row, *, answered: bool = True) -> None:
        """Let the client draw its conclusion."""
        if verb == "EHLO" and failed(reply):
            self._client.plain = True
            self._send(-2, "HELO", self._hello(), row, CLIENT)
            shown = self._shown("HELO", b"250 " + self._name)
            self._tell("S", shown + END, b"250 " + self._name + END, row, SERVER)
        elif verb == "EHLO" and not answered:
            self._client.plain = True
        elif verb == "STARTTLS" and failed(reply):
            self._quit(row, CLIENT)
        elif verb == "STARTTLS" and self._fate.get(row.answers, Event(VERB, "", b"", b"")).went is None:
            self.said.append(Utterance("C", HELLO, None, row.time, synthetic=CLIENT))
            self.over = True

    def _hello(self) -> bytes:
        """HELO with the name that EHLO had."""
        dialogue = self.recording.dialogue
        named = next((dialogue.text(row) for _, row in dialogue.commands() if row.word == b"EHLO"), b"EHLO client")
        return b"HELO " + named.rstrip(END).partition(b" ")[2]

    def _quit(self, row: Row, why: str) -> None:
        """End the session in good order."""
        self._tell("C", b"QUIT" + END, b"QUIT" + END, row, why)
        self._tell("S", b"221 2.0.0 Bye" + END, b"221 2.0.0 Bye" + END, row, SERVER)
        self.over = True

    def _fall_back(self, at: int, row: Row) -> None:
        """Send by DATA, at the first chunk of a message, what was sent by BDAT."""
        rows = self.recording.dialogue.rows
        mail = self._mail_of(at + 1)
        if mail is None or mail.rows[0] != at + 1 or not (mail.complete and self._converts(at)):
            return
        chunks = {n for chunk in mail.rows for n in (chunk - 1, chunk)}
        answers = [n for n, one in enumerate(rows) if one.kind == Kind.REPLY and one.answers in chunks]
        self._send(at, "DATA", b"DATA", row, CLIENT)
        if self.over or not answers or self._fate[at].changed:
            return
        self._tell("S", self._shown("DATA", GO_AHEAD) + END, GO_AHEAD + END, row, SERVER)
        data = as_data(b"".join(self.recording.bytes(rows[chunk]) for chunk in mail.rows))
        self._data(data, (), row, CLIENT, split=False)
        self._ends.add(answers[-1])

    def _converts(self, at: int) -> bool:
        """Tell whether the client can send by DATA what a BDAT begins."""
        commands = self.recording.dialogue.commands()
        before = [row for n, row in commands if n < at and row.word == b"MAIL"]
        return bool(before) and self._client.converts(self.recording.bytes(before[-1]))

    def _mail_of(self, at: int) -> Mail | None:
        """The mail that a row carried a part of."""
        return next((mail for mail in self.recording.dialogue.mails if at in (mail.row, *mail.rows)), None)

    def _mail(self, at: int, row: Row) -> None:
        """Play mail data with its end."""
        mail = self._mail_of(at)
        data = self.recording.bytes(row)
        cuts = (len(data),) if self.whole_end else self.recording.cuts(row)
        split = mail is not None and len(mail.terminator) > 1 and not self.whole_end
        self._data(data, cuts, row, "", split=split)

    def _data(self, data: bytes, cuts: tuple[int, ...], row: Row, synthetic: str, *, split: bool) -> None:
        """Send mail data through the device."""
        went, lost = played(self.doings, data, cuts, split=split)
        if treat(self.doings, Event(RESET, "DATA", b"", b"")).reset:
            went, lost = first_half(went), 0
        self.said.append(Utterance("C", data, went, row.time, cuts, synthetic, lost))
        self.over = lost > 0
        if not self.over:
            self._reset("DATA", row)

    def _tell(self, who: str, at_client: bytes, at_server: bytes | None, row: Row, synthetic: str = "") -> None:
        """Say something, as both sides see it; a text that the device changed is its own cut."""
        same = at_client == at_server and not synthetic
        cuts = self.recording.cuts(row) if same or len(at_client) == row.length else ()
        self.said.append(Utterance(who, at_client, at_server, row.time, cuts, synthetic))
