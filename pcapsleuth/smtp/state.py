"""The state machine of a dialogue, as a table.

A state says what the client's next bytes are. It changes with the verb of a command, with the class of the reply
to the command that asked (RFC 5321 section 4.2.1: its first digit) and with signals of the bytes themselves. What is
not in the table leads back to COMMANDS, for a witness has to go on.
"""

from __future__ import annotations

from enum import Enum


class Want(Enum):
    """How client bytes are to be read."""

    LINES = "lines"
    HELD = "held"
    """Kept until a reply says what they are."""
    DATA = "data"
    COUNT = "count"
    TLS = "tls"


class State(Enum):
    """What the client's next bytes are."""

    __hash__ = object.__hash__
    """By identity: Enum's own is Python code, and the table is asked for every command."""

    COMMANDS = "command lines"
    OPENING = "perhaps a PROXY protocol header"
    DATA_ASKED = "unknown until DATA is answered"
    MAIL_DATA = "mail data"
    CHUNK = "the chunk of a BDAT"
    AUTH_ASKED = "unknown until AUTH is answered"
    CREDENTIALS = "a line of an AUTH exchange"
    TLS_ASKED = "unknown until STARTTLS is answered"
    HANDSHAKE = "a TLS handshake, or clear text all the same"
    BLOB_ASKED = "unknown until XEXCH50 is answered"
    BLOB = "the blob of an XEXCH50"
    TLS = "TLS records"


class Signal(Enum):
    """What bytes themselves tell."""

    __hash__ = object.__hash__

    LINE = "a line ended"
    END = "the mail data, the chunk or the blob ended"
    RECORD = "a TLS record began"
    SIGNATURE = "the first bytes may be a PROXY protocol signature"


Event = bytes | Signal
"""A verb, a reply class (`2` to `5`), the codes 334 and 354 out of turn, or a signal."""

WANTS: dict[State, Want] = {
    State.COMMANDS: Want.LINES,
    State.OPENING: Want.HELD,
    State.DATA_ASKED: Want.HELD,
    State.MAIL_DATA: Want.DATA,
    State.CHUNK: Want.COUNT,
    State.AUTH_ASKED: Want.HELD,
    State.CREDENTIALS: Want.LINES,
    State.TLS_ASKED: Want.HELD,
    State.HANDSHAKE: Want.LINES,
    State.BLOB_ASKED: Want.HELD,
    State.BLOB: Want.COUNT,
    State.TLS: Want.TLS,
}

TRANSITIONS: dict[State, dict[Event, State]] = {
    State.COMMANDS: {
        b"DATA": State.DATA_ASKED,
        b"BDAT": State.CHUNK,
        b"AUTH": State.AUTH_ASKED,
        b"X-EXPS": State.AUTH_ASKED,
        b"STARTTLS": State.TLS_ASKED,
        b"X-ANONYMOUSTLS": State.TLS_ASKED,
        b"XEXCH50": State.BLOB_ASKED,
        # These codes to another command, or to one that is missing in the capture, mean what they say.
        b"354": State.MAIL_DATA,
        b"334": State.CREDENTIALS,
        Signal.RECORD: State.TLS,
        Signal.SIGNATURE: State.OPENING,
    },
    State.OPENING: {Signal.END: State.COMMANDS},
    State.DATA_ASKED: {b"3": State.MAIL_DATA},
    State.MAIL_DATA: {Signal.END: State.COMMANDS},
    State.CHUNK: {Signal.END: State.COMMANDS},
    State.AUTH_ASKED: {b"3": State.CREDENTIALS},
    State.CREDENTIALS: {Signal.LINE: State.AUTH_ASKED, Signal.RECORD: State.TLS},
    State.TLS_ASKED: {b"2": State.HANDSHAKE},
    State.HANDSHAKE: {Signal.RECORD: State.TLS, Signal.LINE: State.COMMANDS},
    State.BLOB_ASKED: {b"3": State.BLOB},
    State.BLOB: {Signal.END: State.COMMANDS},
    State.TLS: {},
}


def after(state: State, event: Event) -> State:
    """Return the state that follows."""
    return TRANSITIONS[state].get(event, State.COMMANDS)
