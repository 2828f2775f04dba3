"""A second opinion: sessions, commands and replies of foreign captures as tshark's two-pass dissection has them."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple, cast

import pytest

from pcapsleuth.capture.reader import CaptureReader
from pcapsleuth.smtp.builder import DialogueBuilder
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.tcp.table import ConnectionTable
from tests import needs

FIELDS = ("tcp.stream", "smtp.req.command", "smtp.response.code")
WHOLE = ("X-EXPS", "X-LINK2STATE", "XEXCH50")
"""Verbs that tshark does not cut to four letters."""

PIPELINED_CHUNKS = "tshark takes commands that share a segment with a BDAT chunk for part of the chunk"
SHARED_SEGMENT = "tshark takes commands that share a segment with the end of mail data for part of the mail"
AS_COMMANDS = "the client sends mail data behind a refused DATA; for us it is commands, as for the server"

REVIEWED = {
    "rfc3030-bdat-nonascii.pcap": "tshark counts a reply whose lines come in two segments as two",
    "smtp-bdat-bad-tail-reply-queue__input.pcap": PIPELINED_CHUNKS,
    "smtp-bdat-cmd-chunk-size-overflow2.pcap": PIPELINED_CHUNKS,
    "smtp-bdat-last-next-mail__input.pcap": PIPELINED_CHUNKS,
    "smtp-bdat-multichunk-inspection__input.pcap": PIPELINED_CHUNKS,
    "smtp-bdat-multichunk-next-mail__input.pcap": PIPELINED_CHUNKS,
    "smtp-bdat-pipeline-8bitmime.pcap": PIPELINED_CHUNKS,
    "smtp-bdat-pipelined-next-mail__input.pcap": PIPELINED_CHUNKS,
    "smtp-mail-transactions-invalid.pcap": AS_COMMANDS,
    "smtp-pipelined-rset-data-replies__input.pcap": SHARED_SEGMENT,
    "smtp-subject-utf8-q.pcap": SHARED_SEGMENT,
    "smtpsuricataflowbitsFN.pcap": SHARED_SEGMENT,
    "protocol-change-failed-event__input.pcap": "lines without a code are replies for us; tshark passes over them",
}
"""Captures on which the two may differ, each with the reason that was found by looking at the frames."""

FILES = sorted(path for path in needs.CAPTURES.rglob("*") if path.is_file() and path.suffix != ".tsv")


class Talk(NamedTuple):
    """What a session says, in short."""

    verbs: list[str]
    codes: list[str]
    """One a reply, if it has one."""


def theirs(path: Path) -> list[Talk]:
    command = ["tshark", "-2", "-r", str(path), "-Y", "tcp.port==25", "-T", "fields", "-E", "occurrence=a"]
    command += ["-E", "aggregator=|", *(part for field in FIELDS for part in ("-e", field))]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    talks: defaultdict[int, Talk] = defaultdict(lambda: Talk([], []))
    for line in output.splitlines():
        stream, verbs, codes = line.split("\t")
        talk = talks[int(stream.split("|")[-1])]
        talk.verbs.extend(shortened(verb) for verb in verbs.split("|") if verb)
        talk.codes.extend(code for code in codes.split("|") if code)
    return [talks[stream] for stream in sorted(talks)]


def ours(path: Path) -> list[Talk]:
    table = ConnectionTable(DialogueBuilder)
    ended = [one for batch in CaptureReader([str(path)]) for one in table.feed(batch)] + table.close()
    dialogues = sorted(cast("list[Dialogue]", ended), key=lambda one: one.connection.index)
    return [
        Talk(
            [shortened(row.word.decode("latin-1")) for _, row in dialogue.commands()],
            [row.word.decode("latin-1") for _, row in dialogue.replies() if row.word],
        )
        for dialogue in dialogues
    ]


def shortened(verb: str) -> str:
    verb = verb.upper()
    return verb if verb in WHOLE else verb[:4]


@pytest.mark.heavy
@needs.captures
@needs.program("tshark")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_sessions_commands_and_replies_are_tsharks(path: Path) -> None:
    expected = theirs(path)
    if not expected:
        return
    if path.name in REVIEWED:
        assert len(ours(path)) == len(expected)
    else:
        assert ours(path) == expected
