"""Truth is judged on recordings, whose device shares neither code nor data with the profiles."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcapsleuth.detect.run import detect_case, detect_pair
from pcapsleuth.devices.identify import Device, Identifier
from pcapsleuth.spool.reading import DEFAULT, NOBODY
from pcapsleuth.spool.sides import Paired
from tests.devices.sessions import SHIPPED

FIXTURES = Path(__file__).parents[2] / "fixtures" / "pcaps"

FIRST = {
    "asa-bdat-masked": "cisco-asa-esmtp",
    "asa-exchange-exim-client": "cisco-asa-esmtp",
    "asa-exim-curl": "cisco-asa-esmtp",
    "asa-outbound": "cisco-asa-esmtp",
    "asa-postfix-swaks": "cisco-asa-esmtp",
    "asa-starttls-verb": "cisco-asa-esmtp",
    "body-x-run": "cisco-pix-42-fixup",
    "ios-verbs-masked": "cisco-ios-esmtp",
    "long-file-name-cut": "cisco-asa-esmtp",
    "long-header-cut": "cisco-asa-esmtp",
    "pix-ehlo-to-noop": "cisco-pix-6-fixup",
    "pix4-goodmorning": "cisco-pix-mailhost",
    "pix4-exim-mail": "cisco-pix-mailhost",
    "pix44-full-stars": "cisco-pix-44-fixup",
    "pix51-exchange-smtplib": "cisco-pix-51-fixup-nospace",
    "pix6-exchange-swaks": "cisco-pix-6-fixup",
    "proxy-firebox-postfix": "watchguard-firebox",
    "proxy-gatekeeper-size": "fsecure-gatekeeper",
    "proxy-ehlo-as-helo": "untangle",
    "relay-store-and-forward": "checkpoint-security-server",
    "reset-client-only": "paloalto-antivirus",
    "starttls-line-removed": "starttls-remover",
    "starttls-refused-by-device": "starttls-refuser",
    "xlink2state-swallowed": "stormshield",
}
"""What the device of a recording was built after: it is named, or is one of those that cannot be told apart."""

FORTIGATE = "fortigate-deep-inspection"

CLEAN = sorted(
    path.name
    for path in FIXTURES.glob("clean-*")
    if all((path / f"{side}.pcap").exists() for side in ("outside", "inside"))
)


def named(name: str) -> list[Device]:
    """What is named from a recorded pair."""
    folder = FIXTURES / name
    paired = Paired(str(folder / "outside.pcap"), str(folder / "inside.pcap"), None, DEFAULT, NOBODY)
    identifier = Identifier(SHIPPED)
    for pair in paired.pairing.pairs:
        comparison = paired.compare(pair)
        identifier.feed(comparison, detect_pair(comparison, paired.outcome(pair)).findings)
    identifier.feed_case(detect_case(paired.scope(), paired.outcomes()).findings)
    return identifier.devices()


@pytest.mark.parametrize(("name", "profile"), FIRST.items(), ids=FIRST)
def test_the_device_of_a_recording_is_named(name: str, profile: str) -> None:
    assert profile in [device.profile.id for device in named(name) if device.where == "between"]


@pytest.mark.parametrize(
    ("name", "makers"),
    [
        ("proxy-ends-tls", {"starttls-interceptor", "sidewinder"}),
        ("proxy-tls-twice", {"starttls-interceptor", FORTIGATE}),
    ],
)
def test_who_takes_part_in_tls_is_one_that_is_known_to(name: str, makers: set[str]) -> None:
    """Not every proxy; and who answers STARTTLS itself is told from who passes it on."""
    assert {device.profile.id for device in named(name)} == makers


@pytest.mark.parametrize("name", CLEAN)
def test_nobody_is_named_for_clean_traffic(name: str) -> None:
    assert [device.profile.id for device in named(name) if device.where == "between"] == []


def test_the_value_of_a_header_field_is_no_reason_for_a_device() -> None:
    (best, *_) = named("proxy-firebox-postfix")

    assert any(line.endswith("the field RECEIVED came out, and never came in") for line in best.why)
    assert not any("from client by" in line for line in best.why)
