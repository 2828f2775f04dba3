"""What is kept of a finished session so that it can be paired: a few hundred bytes, no text."""

from __future__ import annotations

from typing import NamedTuple

from pcapsleuth.tcp.connection import Endpoint


class Signature(NamedTuple):
    """The features of one session that can survive the device.

    Hashes are XXH3-64 of the bytes (0: not seen). Nothing that a device masks is relied upon alone.
    """

    index: int
    client: Endpoint
    server: Endpoint
    start: int
    """ns since 1970 UTC, by the clock of its own capture."""
    end: int
    client_isn: int
    """-1: not captured."""
    server_isn: int
    client_timestamp: int
    """TSval of the SYN; -1: none."""
    server_timestamp: int
    greeting: int
    """Hash of the whole greeting."""
    greeting_length: int
    ehlo: int
    """Hash of the first EHLO/HELO argument (of the first command's argument if its verb is unknown)."""
    envelope: int
    """Hash of the first MAIL and RCPT arguments."""
    messages: tuple[int, ...]
    """Hash of Message-ID with envelope, one a mail, at most 16."""
    bodies: tuple[int, ...]
    """Hash of body length and body digest, one a mail with a whole body, at most 16."""
    queue_ids: tuple[int, ...]
    """Hash of each final reply to mail data (it carries the server's queue id), at most 16."""
    tls: int
    """Hash of the ClientHello; its random makes it unique."""
    commands: int
    """Hash of the arguments of all commands in order (verbs, which devices mask, are left out)."""
    replies: int
    """Hash of all replies in order but greeting and EHLO reply."""
    lengths: tuple[int, int]
    """Bytes to the server and to the client."""
    segments: tuple[int, int]
    """Segments in each direction: nothing from the server makes a scan or a blocked SYN."""
    complete: bool
    """Both SYNs and an end were captured, without gaps."""
