"""Naming the device: what fits, what speaks against others, who cannot be told apart, and when nobody is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapsleuth.case import compare, inspect
from pcapsleuth.cli.simulate import recorded
from pcapsleuth.compare.family import Family
from pcapsleuth.detect.finding import Confidence, Where
from pcapsleuth.detect.run import detect_pair
from pcapsleuth.devices.apart import differences
from pcapsleuth.devices.event import CONNECTION, GREETING, KEYWORD, RESET, Event
from pcapsleuth.devices.fit import fit
from pcapsleuth.devices.identify import Device, Identifier
from pcapsleuth.devices.treatments import doings
from tests.building import transcript, write_pcap
from tests.detect.script import compared, sides
from tests.detect.test_limits import in_vain
from tests.devices.sessions import SHIPPED, named

FIXTURES = Path(__file__).parents[2] / "fixtures" / "pcaps"
KEPT = "S: 220 mx 2002 => 220 ***2002\n"
STARS = "S: 220 mx 2002 => 220 *******\n"
HELO = "C: HELO me\nS: 250 mx\nC: QUIT\nS: 221 bye"


def ehlo(sent: str, shown: str | None = None) -> str:
    """An EHLO and its list, as sent and as shown."""
    lists = ["S: " + " / ".join(f"250-{line}" for line in ["mx", *sent.split()])]
    if shown is not None:
        lists.append(" / ".join(f"250-{line}" for line in ["mx", *shown.split()]))
    words = " => ".join(part.replace("250-", "250 ", 0) for part in lists)
    return "C: EHLO me\n" + _ended(words) + "\nC: QUIT\nS: 221 bye"


def _ended(words: str) -> str:
    """End each list by its last line."""
    parts = words.split(" => ")
    return " => ".join(" 250 ".join(part.rsplit(" 250-", 1)) for part in parts)


def test_nothing_is_named_where_nothing_was_changed() -> None:
    assert named("S: 220 mx\n" + HELO, "S: 220 mx\n" + ehlo("SIZE STARTTLS")) == []


def test_an_asa_is_told_from_a_pix_by_what_passes() -> None:
    found = named(STARS + ehlo("ETRN STARTTLS 8BITMIME CHUNKING", "ETRN XXXXXXXA 8BITMIME XXXXXXXB"))

    assert found[0].profile.id == "cisco-asa-esmtp"
    assert found[0].confidence is Confidence.LIKELY
    assert any(line.startswith("not Cisco PIX 4.4") and "EHLO passes" in line for line in found[0].why)


def test_stars_alone_and_verbs_overwritten_are_of_a_release_whose_verbs_are_not_told() -> None:
    masked = "C: EHLO me => XXXX me\nS: 500 what\n"

    assert [device.profile.id for device in named(STARS + masked + HELO)] == ["cisco-pix-44-fixup"]
    short = STARS.replace(" 2002", "").replace("*******", "**")
    assert {"cisco-pix-44-fixup", "cisco-pix-6-fixup"} == {one.profile.id for one in named(short + masked + HELO)}


def test_a_profile_that_only_has_the_mask_by_an_if_is_not_named() -> None:
    """2 and 0 survive, and EHLO passes: the faulty answer to STARTTLS, of which one profile is made, was not seen."""
    found = named(KEPT + ehlo("STARTTLS 8BITMIME"))

    assert "cisco-pix-starttls" not in {device.profile.id for device in found}


def test_sequence_numbers_name_nobody_whatever_else_was_done(tmp_path: Path) -> None:
    talk = sides("S: 220 mx\nC: HELO me\nS: 250 mx\nC: DATA\nS: 354 go\nC: Subject: a // b / . => Subject: b // b / .")
    outside, inside = (transcript(*lines, isns=isns) for lines, isns in zip(talk, ((1, 2), (777, 888)), strict=True))
    write_pcap(tmp_path / "outside.pcap", outside)
    write_pcap(tmp_path / "inside.pcap", inside)
    report = compare(tmp_path / "outside.pcap", tmp_path / "inside.pcap")

    assert {"tcp-altered", "body-altered"} <= {found.label for found in report.findings}
    assert list(report.devices) == []


def test_allow_tls_shows_in_starttls() -> None:
    found = named(STARS + ehlo("STARTTLS CHUNKING", "STARTTLS XXXXXXXA"))

    assert found[0].profile.id == "cisco-asa-esmtp-allow-tls"


def test_releases_that_cannot_be_told_apart_say_so_and_what_would_tell_them() -> None:
    found = named(STARS.replace(" 2002", "").replace("*******", "**") + HELO)

    names = {device.profile.id for device in found}
    assert {"cisco-pix-44-fixup", "cisco-asa-esmtp", "cisco-pix-6-fixup"} <= names
    assert {device.confidence for device in found} == {Confidence.POSSIBLE}
    for device in found:
        assert set(device.siblings) == names - {device.profile.id}
    lines = [line for line in found[0].why if line.startswith("cannot be told from Cisco PIX 4.4")]
    assert "it would be told by" in lines[0]


def test_what_is_recalled_never_stands_first() -> None:
    found = named(STARS + ehlo("STARTTLS CHUNKING", "XXXXXXXA XXXXXXXB"))

    assert "cisco-ftd" in {device.profile.id for device in found[1:]}
    assert next(device for device in found if device.profile.id == "cisco-ftd").confidence is Confidence.POSSIBLE


def test_a_remedy_follows_the_finding_and_the_smallest_comes_first() -> None:
    (device, *_) = named(STARS + ehlo("STARTTLS CHUNKING", "XXXXXXXA XXXXXXXB"))
    remedies = {str(remedy["id"]): remedy for remedy in device.remedies}

    assert list(remedies) == ["exempt-pair", "allow-tls", "no-mask-banner", "own-map", "no-inspect"]
    assert remedies["allow-tls"]["cures"] == ["capability-masked:STARTTLS", "starttls-stripped"]
    assert remedies["exempt-pair"]["hosts"] == ["192.0.2.10 -> 198.51.100.25"]
    for remedy in remedies.values():
        assert remedy["first"]
        assert remedy["warning"]


def test_allow_tls_is_no_remedy_for_a_masked_verb() -> None:
    script = STARS + "C: EHLO me\nS: 250 mx\nC: EXPN l => XXXX l\nS: 500 what\nC: QUIT\nS: 221 bye"
    ids = {str(remedy["id"]) for device in named(script) for remedy in device.remedies}

    assert "allow-tls" not in ids


def test_what_protects_exchange_from_the_internet_is_no_harm() -> None:
    (device, *_) = named("S: 220 mx\n" + ehlo("X-LINK2STATE XEXCH50", "XXXXXXXXXXXA XXXXXXB"))

    assert device.remedies == ()


def test_between_two_exchange_servers_the_remedy_is_limited_to_them() -> None:
    start = "S: 220 mx\nC: EHLO me\nS: 250-mx / 250 X-LINK2STATE => 250-mx / 250 XXXXXXXXXXXA\n"
    (device, *_) = named(start + "C: X-LINK2STATE LAST => XXXXXXXXXXXX LAST\nS: 500 what\nC: QUIT\nS: 221 bye")

    assert [remedy["id"] for remedy in device.remedies] == ["exempt-pair"]


def test_where_the_filter_of_isa_refuses_xexch50_the_sender_can_do_without_it() -> None:
    start = "S: 220 mx\nC: EHLO me\nS: 250-mx / 250 XEXCH50\n"
    (device, *_) = named(start + "C: XEXCH50 40 2 => -\nS: - => 500 unknown\nC: QUIT\nS: 221 bye")

    assert device.profile.id == "isa-2000"
    assert [remedy["id"] for remedy in device.remedies] == ["no-xexch50"]


def test_what_a_limit_ends_is_not_held_against_the_device_that_has_it() -> None:
    """An ASA drops the connection at the 101st recipient: that command is not answered, and never comes out."""
    identifier = Identifier(SHIPPED)
    for pair in (compared("S: 220 mx\n" + ehlo("STARTTLS", "XXXXXXXA")), in_vain("RECIPIENTS")):
        identifier.feed(pair, detect_pair(pair, "unknown").findings)
    found = identifier.devices()

    assert [one.profile.id for one in found][:1] == ["cisco-asa-esmtp"]
    assert not any(line.startswith("against it") for line in found[0].why)
    assert any("RECIPIENTS passes 100" in line for line in found[0].why)


def test_stars_are_no_gateways_own_greeting() -> None:
    assert [device.profile.id for device in named(KEPT + HELO)] == ["cisco-pix-6-fixup"]


@pytest.mark.parametrize(("greeting", "own"), [(b"220 gw ESMTP ready", True), (b"220 *****02*******", False)])
def test_a_greeting_in_words_may_be_any_gateways(greeting: bytes, own: bool) -> None:
    shown = Event(GREETING, "", b"220 mx ESMTP 02 ab", greeting)

    assert (shown in fit(SHIPPED["mail-gateway"], [shown]).explained) is own


@pytest.mark.parametrize(
    ("verb", "known"), [("X-EXPS", True), ("X-LINK2STATE", True), ("XEXCH50", True), ("ETRN", True), ("VRFY", False)]
)
def test_an_inspection_that_resets_both_ends_at_the_verbs_of_its_switches_is_known(verb: str, known: bool) -> None:
    reached, cut = Event(RESET, "EHLO", b"", b""), Event(RESET, verb, b"", b"", None, "both")

    assert (cut in fit(SHIPPED["stormshield"], [reached, cut]).explained) is known


@pytest.mark.parametrize(
    ("answer", "releases"),
    [
        ("OK", ["cisco-pix-mailhost", "cisco-pix-42-fixup"]),
        ("250 OK", ["cisco-pix-mailhost", "cisco-pix-42-fixup"]),
        ("500 Command unrecognized", ["cisco-pix-42-fixup"]),
    ],
)
def test_the_first_releases_are_known_by_their_greeting_and_told_apart_by_their_answer(
    answer: str, releases: list[str]
) -> None:
    """All sources say `OK` of 4.0 and 4.1, and one of 4.2."""
    found = named(
        f"S: 220 mx.example.com ESMTP ready => 220 SMTP/cmap ready____________\nC: KILL => -\nS: - => {answer}\n" + HELO
    )

    assert [device.profile.id for device in found] == releases


def test_a_mask_on_both_sides_is_elsewhere() -> None:
    found = named("S: 220 ***2002\n" + HELO)

    assert found
    assert {device.where for device in found} == {Where.SERVER_SIDE}
    assert all(device.remedies == () for device in found)


@pytest.mark.parametrize(
    ("script", "first", "where"),
    [
        ("S: 220 SMTP/cmap ready________\n" + HELO, "cisco-pix-42-fixup", Where.SERVER_SIDE),
        ("S: 220 mx\nC: XXXX me\nS: 500 what\n" + HELO, "cisco-pix-6-fixup", Where.CLIENT_SIDE),
        ("S: 220 mx\nC: xxxx me\nS: 500 what\n" + HELO, "cisco-fwsm", Where.CLIENT_SIDE),
    ],
)
def test_what_both_sides_show_alike_was_done_behind_both_or_before_both(script: str, first: str, where: Where) -> None:
    (device, *_) = named(script)

    assert (device.profile.id, device.where) == (first, where)
    assert f"{str(where)[:6]}'s side of both points" in device.why[0]
    assert device.remedies == ()


def test_a_row_of_xs_that_somebody_typed_is_nobodys_on_two_sides() -> None:
    assert named("S: 220 mx\nC: EHLO me\nS: 250-mx / 250 8BITMIME\nC: XXXX\nS: 500 what\nC: QUIT\nS: 221 bye") == []


@pytest.mark.parametrize("greeting", ["220 mx ____ welcome ____", "220 mx ________"])
def test_lines_under_a_greeting_are_nobodys(greeting: str) -> None:
    assert named(f"S: {greeting}\n" + HELO) == []
    assert seen_alone(f"S: {greeting}\n" + HELO) == []


def test_a_reason_holds_where_the_argument_is_masked_too() -> None:
    folder = FIXTURES / "char-mode-masked"
    device, *_ = compare(folder / "outside.pcap", folder / "inside.pcap").devices

    assert "overwrites the verb" in str(device["why"])
    assert "argument stays" not in str(device["why"])


def test_any_greeting_that_tells_two_apart_is_told_once() -> None:
    one, other = (doings(SHIPPED[name]) for name in ("cisco-pix-6-fixup", "cisco-pix-mailhost"))

    assert differences(one, other)[0] == "a greeting"


@pytest.mark.parametrize("name", ["proxy-header-added", "relay-store-and-forward"])
def test_two_connections_alone_are_nothing_to_cure(name: str) -> None:
    found = compare(*(FIXTURES / name / f"{side}.pcap" for side in ("outside", "inside"))).devices

    assert found
    assert not any(device["remedies"] for device in found)


def looked(name: str, side: str = "outside") -> list[Device]:
    """What one capture alone shows."""
    identifier = Identifier(SHIPPED)
    for recording in recorded(str(FIXTURES / name / f"{side}.pcap"), (25,)):
        identifier.look(recording.dialogue)
    return identifier.devices()


def test_what_quotes_a_mask_that_came_in_was_not_done_elsewhere() -> None:
    found = named(
        "S: 220 mx\nC: HELO a\nS: 250 mx\nC: ATRN a => xxxx a\nS: 500 no\n"
        'C: RSET\nS: 500 what is "xxxx a"?\nC: QUIT\nS: 221 bye'
    )

    assert {device.where for device in found} == {"between"}


@pytest.mark.parametrize(("verb", "names"), [("XXXX", "cisco-pix"), ("xxxx", ("cisco-ios", "cisco-fwsm"))])
def test_the_letter_of_a_mask_that_comes_in_tells_who_writes_it(verb: str, names: str | tuple[str, ...]) -> None:
    found = seen_alone(f"S: 220 mx\nC: {verb} a\nS: 500 what?\nC: HELO a\nS: 250 mx")

    assert found
    assert all(device.profile.id.startswith(names) for device in found)


def test_one_side_is_modest_and_says_what_may_be_masked() -> None:
    found = looked("asa-postfix-swaks")

    assert found[0].profile.id == "cisco-asa-esmtp"
    assert found[0].confidence is not Confidence.PROVEN
    assert "an editor between this point and the server" in found[0].why[0]
    assert any(line.startswith("`XXXXXXXA` may be STARTTLS") for line in found[0].why)
    assert all(device.remedies == () for device in found)


def test_a_proxy_is_called_no_editor() -> None:
    identifier = Identifier(SHIPPED)
    identifier.look(compared("S: 220 gw.example.com Generic SMTP handler\n" + HELO).client.dialogue)

    assert identifier.devices()[0].why[0].startswith("a proxy between this point and the server; which box")


def test_a_proxy_of_which_nothing_else_is_said_is_nobodys() -> None:
    """What a capture lost of its sessions may look like a treatment."""
    comparison = compared("S: 220 mx\nC: HELO c\nS: 250 mx => 250 gw")
    comparison.family = Family.PROXY
    said = [one for one in detect_pair(comparison, "unknown").findings if one.label == "proxy-in-path"]
    lossy, whole = Identifier(SHIPPED), Identifier(SHIPPED)
    lossy.feed(comparison, said)
    whole.feed(comparison, detect_pair(comparison, "unknown").findings)

    assert not lossy.devices()
    assert whole.devices()


def test_a_gateway_that_is_the_server_itself_is_called_no_editor() -> None:
    token = "0123456789abcdef" * 2
    identifier = Identifier(SHIPPED)
    identifier.look(compared(f"S: 220 mx.example.com ESMTP ({token})\n" + HELO).client.dialogue)
    (found,) = identifier.devices()

    assert found.profile.id == "barracuda"
    assert found.why[:2] == (
        "it answers as the mail server itself; whether another stands behind it cannot be seen from here",
        f"the greeting is in its words: `220 mx.example.com ESMTP ({token})`",
    )
    assert not any(word in line for line in found.why for word in ("editor", "no server sent", "in place of"))


@pytest.mark.parametrize(
    "name", ["clean-postfix-swaks", "clean-star-art", "clean-exchange-verbs", "clean-helo-only-server"]
)
def test_one_side_of_clean_traffic_names_nobody(name: str) -> None:
    assert looked(name) == []


def test_what_is_kept_does_not_grow_with_the_traffic() -> None:
    identifier = Identifier(SHIPPED)
    for n in range(600):
        comparison = compared(f"S: 220 mx {n} => 220 ******\n" + HELO)
        identifier.feed(comparison, detect_pair(comparison, "unknown").findings)

    assert sum(event.element == "greeting" for event in identifier._between) == 400


def test_a_masked_ok_at_the_end_of_a_list_is_the_asas_doing() -> None:
    found = named("S: 220 mx\n" + ehlo("XEXCH50 OK", "XXXXXXA XB"))

    assert found[0].profile.id == "cisco-asa-esmtp"
    assert not any(line.startswith("against it") for line in found[0].why)


def seen_alone(script: str) -> list[Device]:
    """What the outside of a script shows by itself."""
    identifier = Identifier(SHIPPED)
    identifier.look(compared(script).client.dialogue)
    return identifier.devices()


@pytest.mark.parametrize(
    ("script", "first"),
    [
        ("S: 220-******** / 220 *****\nC: EHLO a\nS: 250-mx / 250 XXXXXXXXA", "cisco-asa-esmtp"),
        ("S: 220 ********\nC: EHLO a\nS: 500 unknown\nC: HELO a\nS: 250 mx", "cisco-pix-44-fixup"),
        ("S: 220 ***2002*\nC: EHLO a\nS: 500 unknown\nC: HELO a\nS: 250 mx", "cisco-pix-6-fixup"),
        ("S: 220***2002* ***\nC: HELO a\nS: 250 mx", "cisco-pix-51-fixup-nospace"),
        ("S: 220-******** / ********\nC: HELO a\nS: 250 mx", "cisco-pix-44-fixup"),
        ("S: 220 mx\nC: EHLO a\nS: 250-mx / 250 XXXXXXXX", "starttls-overwriter"),
    ],
)
def test_one_side_tells_releases_by_what_passes_and_what_is_left(script: str, first: str) -> None:
    found = seen_alone(script)

    assert first in {device.profile.id for device in found[:3]}
    assert {device.where for device in found} == {Where.SERVER_SIDE}


def test_an_ehlo_that_is_answered_speaks_against_the_seven_verbs() -> None:
    talk = "S: 220 ********\nC: EHLO a\nS: 250-mx / 250 8BITMIME"

    assert not [device for device in seen_alone(talk) if "fixup" in device.profile.id]


def test_a_command_that_comes_masked_was_masked_on_the_clients_side() -> None:
    found = seen_alone("S: 220 mx\nC: XXXX me\nS: 500 what\nC: HELO me\nS: 250 mx")

    assert [device.profile.id for device in found] == ["cisco-pix-6-fixup", "cisco-pix-51-fixup-nospace"]
    assert {device.where for device in found} == {Where.CLIENT_SIDE}
    assert "between this point and the client" in found[0].why[0]


def test_a_mask_by_accident_is_not_told_from_one_on_purpose_only_where_no_purpose_fits() -> None:
    """ASA passes EHLO and RCPT; it was seen to mask RCPT where commands came in a row."""
    received = "S: 220 mx\nC: EHLO me\nS: 250-mx / 250 8BITMIME\nC: XXXX TO:<a@example.com>\nS: 500 what"

    assert seen_alone(received)[0].profile.id == "cisco-asa-esmtp"
    assert not [d for d in seen_alone("S: 220 mx\nC: XXXX me\nS: 500 what\nC: HELO me") if "asa" in d.profile.id]


@pytest.mark.parametrize(
    "script",
    [
        "S: 220 mx\nC: XXXX me\nS: 500 what\nC: HELO me\nS: 250 mx\nC: XXXX LOGIN\nS: 500 what",
        'S: 220 mx\nC: EHLO me\nS: 500 what: "XXXX me"\nC: HELO me\nS: 250 mx\nC: STARTTLS\nS: 500 what: "XXXXXXXX"',
    ],
)
def test_a_second_mask_makes_no_purpose_of_the_accident_with_the_first(script: str) -> None:
    """ASA passes EHLO; what stood behind `XXXX LOGIN` nobody knows, and STARTTLS the others mask as well."""
    found = seen_alone(script)

    assert "cisco-pix-6-fixup" in {device.profile.id for device in found}
    assert not [device for device in found if "asa" in device.profile.id]


@pytest.mark.parametrize("quoted", [b': "XXXX XX"', b""])
def test_a_typed_line_that_comes_back_masked_tells_no_releases_apart(quoted: bytes, tmp_path: Path) -> None:
    """A letter alone is no verb: ASA, which passes EHLO, overwrites it like the rest."""
    typed = [("C", bytes([letter])) for letter in b"EHLO me"] + [("C", b"\r\n")]
    answer = b"500 5.5.1 Command unrecognized" + quoted + b"\r\n"
    write_pcap(tmp_path / "typed.pcap", transcript(("S", b"220 ********\r\n"), *typed, ("S", answer)))

    found = inspect(tmp_path / "typed.pcap").devices

    assert {"cisco-asa-esmtp", "cisco-pix-44-fixup"} <= {str(device["profile"]) for device in found}


@pytest.mark.parametrize("text", ["421 too many connections", "220 *", "220 *** mx", "550 no such domain"])
def test_what_anybody_says_names_nobody(text: str) -> None:
    assert seen_alone(f"S: {text}") == []


MAILING = (
    "S: 220 mx\nC: HELO me\nS: 250 mx\nC: MAIL FROM:<a@example.org>\nS: 250 ok\nC: RCPT TO:<b@example.com>\nS: 250 ok\n"
)


def test_an_answer_that_names_its_firewall_is_enough_without_a_reset() -> None:
    refused = MAILING + "C: DATA\nS: 354 go\nC: Subject: x // y\nC: . => -\nS: - => 541 5.4.1 {}\nC: QUIT => -"

    assert [one.profile.id for one in named(refused.format("Content blocked by Palo Alto Networks"))] == [
        "paloalto-antivirus"
    ]
    assert "paloalto-antivirus" not in [one.profile.id for one in named(refused.format("no"))]
    assert seen_alone(refused.format("Content blocked by Palo Alto Networks"))[0].profile.id == "paloalto-antivirus"


def test_a_masked_recipient_is_known_of_cisco() -> None:
    (first, *_) = named(
        MAILING.replace(
            "C: RCPT TO:<b@example.com>\nS: 250 ok",
            "C: RCPT TO:<b@example.com> => XXXX TO:<b@example.com>\nS: 500 what",
        )
    )

    assert first.profile.vendor == "Cisco"


def test_ehlo_that_becomes_helo_is_rare_enough_to_name_somebody() -> None:
    (first, *_) = named("S: 220 mx\nC: EHLO me => HELO me\nS: 250 mx\nC: QUIT\nS: 221 bye")

    assert first.profile.id == "untangle"
    assert first.confidence is Confidence.POSSIBLE


def test_a_mask_of_another_length_tells_less() -> None:
    exact = named("S: 220 mx 2 => 220 ****\n" + ehlo("STARTTLS CHUNKING HELP", "XXXXXXXA XXXXXXXB XXXC"))
    loose = named("S: 220 mx 2 => 220 *********\n" + ehlo("STARTTLS CHUNKING HELP", "XXXXXXXA XXXXXXXB XXXC"))

    assert exact[0].profile.id == loose[0].profile.id == "cisco-asa-esmtp"
    assert named("S: 220 mx 2 => 220 *********\n" + HELO)[0].confidence is Confidence.POSSIBLE


def test_a_proxy_that_looks_like_a_relay_for_once_stays_one() -> None:
    lists = [Event(KEYWORD, name, name.encode(), None) for name in ("CHUNKING", "BINARYMIME", "PIPELINING", "STARTTLS")]
    proxied, relayed = (Event(CONNECTION, "", b"one", kind) for kind in (b"proxy", b"relay"))
    profile = SHIPPED["fsecure-gatekeeper"]

    assert fit(profile, [proxied, relayed, *lists]).cost == 0
    assert fit(profile, [relayed, *lists]).cost > 0


def test_a_line_that_is_overwritten_as_a_whole_is_a_masked_verb_too() -> None:
    """What ASA does to all characters of an unknown command depends on the release."""
    masked = "C: EHLO me => XXXXXXX\nS: 500 what\n"

    assert [device.profile.id for device in named(STARS + masked + HELO)] == ["cisco-pix-44-fixup"]


@pytest.mark.parametrize(
    ("script", "first"),
    [
        ("S: 250-mx / 250-STARTTLS / 250 DSN\nC: STARTTLS => XXXXXXXX\nS: 502 what", "starttls-overwriter"),
        ("S: 250-mx / 250-STARTTLS / 250 CHUNKING => 250-mx / 250-XXXXXXXA / 250 CHUNKING", "isp-starttls-mask"),
        ("S: 250-mx / 250-STARTTLS / 250 CHUNKING => 250-mx / 250-XXXXXXXA / 250 XXXXXXXB", "cisco-asa-esmtp"),
    ],
)
def test_who_needs_the_fewest_excuses_is_named_first(script: str, first: str) -> None:
    """An ASA would have masked the greeting and other lines too, unless two of its settings were not the usual ones."""
    found = named(f"S: 220 mx.example.com ESMTP\nC: EHLO me\n{script}\nC: QUIT\nS: 221 bye")

    assert found[0].profile.id == first
