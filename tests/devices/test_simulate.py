"""The way round: what a profile is said to do is played, found by the detectors, and named again."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from xxhash import xxh3_128_digest

from pcapsleuth.cli.simulate import recorded, write
from pcapsleuth.devices.recording import Recorder, Recording
from pcapsleuth.devices.simulate import chosen, simulate
from pcapsleuth.profiles.profile import Family, Profile
from pcapsleuth.profiles.vocabulary import TERMS
from pcapsleuth.tcp.table import ConnectionTable
from tests.building import batches, transcript, write_pcap
from tests.devices.sessions import SHIPPED, clean, lines, round_trip

NAMELESS = {
    "mail-gateway": "all that is known of it is recalled",
    "fortigate-deep-inspection": "a dropped SYN names nobody",
}
UNSEEN = {
    "own-connection",
    "change-tcp",
    "add-header",
    "change-header",
    "reset",
    "fill-body",
    "lose-split-end",
    "limit",
}
"""Their labels come with conditions, or from detectors that look at more than a pair."""


@pytest.mark.parametrize("profile", SHIPPED.values(), ids=lambda profile: profile.id)
def test_the_way_round(profile: Profile, tmp_path: Path) -> None:
    result = round_trip(profile, tmp_path)

    names = [device.profile.id for device in result.devices]
    if profile.id in NAMELESS:
        assert profile.id not in names[:1]
        return
    assert profile.id in names
    assert len({(device.siblings and 1) for device in result.devices}) == 1
    for device in result.devices:
        assert set(device.siblings) == set(names) - {device.profile.id}


@pytest.mark.parametrize("name", ["tis-smap", "pgp-universal"])
def test_words_of_its_own_tell_a_product_from_who_may_say_anything(name: str, tmp_path: Path) -> None:
    assert "mail-gateway" not in {device.profile.id for device in round_trip(SHIPPED[name], tmp_path).devices}


@pytest.mark.parametrize("profile", SHIPPED.values(), ids=lambda profile: profile.id)
def test_the_detectors_find_what_was_played(profile: Profile, tmp_path: Path) -> None:
    result = round_trip(profile, tmp_path)
    played = {doing.spec.does for doing in chosen(profile) if not doing.spec.unless} - UNSEEN
    alternatives = {"rewrite-verbs", "block-verbs", "mask-verbs", "replace-reply", "limit-keyword"}
    single = set() if profile.id in NAMELESS else played - alternatives - {"refuse-greeting"}
    if "rewrite-verbs" in played:
        single -= {"remove-keywords"}  # a server that is told HELO offers none

    for does in single:
        assert result.labels & set(TERMS[does].labels), does


@pytest.mark.parametrize("profile", SHIPPED.values(), ids=lambda profile: profile.id)
def test_in_place_keeps_every_length(profile: Profile) -> None:
    if profile.connection is not Family.IN_PLACE or any(
        one.does in ("reset", "swallow-verbs") for one in profile.treatments
    ):
        return
    whole = tuple(one for one in clean() if all(len(mail.terminator) < 2 for mail in one.dialogue.mails))
    made = simulate(profile, whole)

    assert [len(packet.payload) for packet in made.client] == [len(packet.payload) for packet in made.server]


def test_without_a_device_to_speak_of_nothing_is_synthetic() -> None:
    made = simulate(SHIPPED["cisco-fwsm"], [one for one in clean() if one.dialogue.tls])

    assert made.synthetic > 0  # EHLO is masked there, so the client is assumed to fall back
    assert simulate(SHIPPED["trend-interscan"], [one for one in clean() if one.dialogue.tls]).synthetic == 0


@pytest.mark.parametrize("profile", SHIPPED)
def test_whatever_no_capture_had_is_called_synthetic(profile: str) -> None:
    made = simulate(SHIPPED[profile], clean())

    assert {packet.comment.partition(":")[0] for packet in made.client + made.server} <= {"", "synthetic"}


@pytest.mark.parametrize(("profile", "idle"), [("fsecure-gatekeeper", False), ("starttls-remover", True)])
def test_the_command_says_that_a_device_found_nothing_to_do(profile: str, idle: bool, tmp_path: Path) -> None:
    """A server that does not offer STARTTLS gives nothing to strip."""
    talk = ((b"S", b"220 mx ESMTP\r\n"), (b"C", b"EHLO c\r\n"), (b"S", b"250-mx\r\n250 CHUNKING\r\n"))
    write_pcap(tmp_path / "clean.pcap", transcript(*((who.decode(), text) for who, text in talk)))
    script = "import sys; from pcapsleuth.cli.simulate import command; command(sys.argv[1:])"
    paths = [str(tmp_path / name) for name in ("clean.pcap", "outside.pcap", "inside.pcap")]
    done = subprocess.run([sys.executable, "-c", script, profile, *paths], capture_output=True, text=True, check=False)

    assert ("found nothing to do" in done.stderr) is idle, done.stderr


def test_a_client_that_is_refused_at_xexch50_sends_no_blob(tmp_path: Path) -> None:
    talk = [("S", b"220 mx ESMTP\r\n"), ("C", b"EHLO c\r\n"), ("S", b"250-mx\r\n250 XEXCH50\r\n")]
    talk += [("C", b"XEXCH50 4 2\r\n"), ("S", b"354 go\r\n"), ("C", b"blob"), ("S", b"250 ok\r\n")]
    write_pcap(tmp_path / "clean.pcap", transcript(*talk, ("C", b"QUIT\r\n"), ("S", b"221 bye\r\n")))

    made = simulate(SHIPPED["cisco-ios-esmtp"], recorded(str(tmp_path / "clean.pcap"), (25,)))
    said = [one.payload for one in made.client if one.payload]
    assert [text[:4] for text in said] == [b"220 ", b"EHLO", b"250-", b"XEXC", b"500 ", b"QUIT", b"221 "]


def test_the_command_marks_what_is_synthetic(tmp_path: Path) -> None:
    write_pcap(tmp_path / "clean.pcap", transcript(*lines(0, (b"NOOP",))))
    paths = [str(tmp_path / name) for name in ("clean.pcap", "outside.pcap", "inside.pcapng")]
    script = "import sys; from pcapsleuth.cli.simulate import command; command(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", script, "cisco-pix-6-fixup", *paths], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "packets are synthetic" in done.stderr
    assert "assumed to answer" in (tmp_path / "outside.pcap.txt").read_text()
    assert b"synthetic: what the client is assumed to do then" in (tmp_path / "inside.pcapng").read_bytes()
    (session,) = recorded(str(tmp_path / "outside.pcap"), (25,))[:1]
    assert session.whole
    assert session.dialogue.rows[0].word == b"220"


@pytest.mark.parametrize(
    ("profile", "reset"),
    [("paloalto-antivirus", "client"), ("fortigate-splice", "server"), ("ans-interlock", "client")],
)
def test_who_is_reset_for_mail_data_was_asked_for_it(profile: str, reset: str, tmp_path: Path) -> None:
    talk = batches(transcript(*lines(1)))
    table = ConnectionTable(Recorder)
    (session,) = [one for batch in talk for one in table.feed(batch)] + table.close()
    assert isinstance(session, Recording)
    made = simulate(SHIPPED[profile], [session])
    views = {}
    for name, packets in (("client", made.client), ("server", made.server)):
        write(tmp_path / f"{name}.pcapng", packets)
        (views[name],) = (one.dialogue for one in recorded(str(tmp_path / f"{name}.pcapng"), (25,)))

    sent, came = (views[name].mails[0] for name in ("client", "server"))
    assert (sent.ended, came.ended) == (True, False)
    assert 0 < came.length < sent.length
    assert [name for name, view in views.items() if any(one.rst for one in view.connection.streams)] == [reset]


def test_sessions_with_holes_are_left_out() -> None:
    broken = replace(clean()[0], whole=False)
    assert simulate(SHIPPED["cisco-asa-esmtp"], [broken]).left_out == 1


CHUNKS = b"Subject: x\r\n\r\nfirst\r\n", b".dotted\r\n" * 9_000, b"..and no line end"


def _by_chunks(parameters: bytes = b"") -> Recording:
    """A session that sends one message in three chunks, and another in one."""
    said = [
        ("S", b"220 mx.example.com ESMTP\r\n"),
        ("C", b"EHLO out.example.org\r\n"),
        ("S", b"250-mx.example.com\r\n250-SIZE\r\n250-8BITMIME\r\n250-BINARYMIME\r\n250 CHUNKING\r\n"),
    ]
    for message in (CHUNKS, (b"Subject: y\r\n\r\n",)):
        said += [("C", b"MAIL FROM:<a@example.org>" + parameters + b"\r\n"), ("S", b"250 2.1.0 Ok\r\n")]
        said += [("C", b"RCPT TO:<b@example.com>\r\n"), ("S", b"250 2.1.5 Ok\r\n")]
        for number, chunk in enumerate(message, 1):
            last = b" LAST" if number == len(message) else b""
            said += [("C", b"BDAT %d%s\r\n" % (len(chunk), last) + chunk), ("S", b"250 %d octets\r\n" % len(chunk))]
    talk = transcript(*said, ("C", b"QUIT\r\n"), ("S", b"221 2.0.0 Bye\r\n"))
    table = ConnectionTable(Recorder)
    (found,) = [one for batch in batches(talk) for one in table.feed(batch)] + table.close()
    assert isinstance(found, Recording)
    return found


@pytest.mark.parametrize("profile", ["cisco-asa-esmtp", "cisco-pix-6-fixup", "untangle"])
def test_a_client_that_is_not_shown_chunking_sends_by_data(profile: str, tmp_path: Path) -> None:
    made = simulate(SHIPPED[profile], [_by_chunks()])

    for name, packets in (("client", made.client), ("server", made.server)):
        write(tmp_path / f"{name}.pcapng", packets)
        (session,) = recorded(str(tmp_path / f"{name}.pcapng"), (25,))
        first, second = session.dialogue.mails
        assert [mail.ended and not mail.chunked for mail in (first, second)] == [True, True]
        assert first.plain_digest == xxh3_128_digest(b"".join(CHUNKS) + b"\r\n")
        answers = [session.dialogue.text(row) for _, row in session.dialogue.replies() if row.answers == first.row]
        assert answers == [b"250 17 octets\r\n"]
    assert all(packet.comment for packet in made.client if b".dotted" in packet.payload)


def test_what_only_chunks_can_carry_is_not_sent_by_data() -> None:
    made = simulate(SHIPPED["cisco-asa-esmtp"], [_by_chunks(b" BODY=BINARYMIME")])

    assert not any(b"DATA" in packet.payload or b"first" in packet.payload for packet in made.client)


def test_a_client_that_is_shown_chunking_uses_it() -> None:
    made = simulate(SHIPPED["trend-interscan"], [_by_chunks()])

    assert any(packet.payload.startswith(b"BDAT 21\r\n") for packet in made.server)
    assert not any(packet.payload.startswith(b"DATA") for packet in made.client + made.server)
