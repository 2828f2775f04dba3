"""Why mail failed, as the dialogue itself says where no finding explains it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from pcapsleuth.case import compare
from pcapsleuth.cli.main import cli
from pcapsleuth.detect.finding import Effect
from pcapsleuth.report.failures import failures, reason
from pcapsleuth.report.model import Report
from pcapsleuth.report.session import describe
from tests.building import transcript, write_pcap
from tests.fixtures import fixture
from tests.report.conftest import Findings, Sessions, session
from tests.smtp.talk import read

BEGUN = "S: 220 mx\nC: HELO c\nS: 250 mx\nC: MAIL FROM:<a@example.org>\nS: 250 ok\n"
DATA = BEGUN + "C: RCPT TO:<b@example.com>\nS: 250 ok\nC: DATA\nS: 354 go\n"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (BEGUN + "C: QUIT\nS: 221 bye", "no mail data was seen"),
        (BEGUN + "C: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye", "no mail data was seen"),
        (DATA, "no mail data was seen"),
        (DATA + "C: Subject: half", "the mail data stop part-way"),
        (DATA + "C: Subject: x\nC:\nC: .", "no answer to the mail data"),
        (DATA + "C: Subject: x\nC:\nC: .\nC: QUIT", "no answer to the mail data"),
        ("S: 220 mx\nC: HELO c\nS: 250 mx\nC: QUIT", "no answer to QUIT"),
        (BEGUN + "C: RCPT TO:<b@example.com>\nS: 550 no", "the server answered `550 no` to RCPT"),
        (BEGUN + "C: RCPT TO:<b@example.com>", "no answer to RCPT"),
        ("S: 554-no mail\nS: 554 from you\nC: QUIT\nS: 221 bye", "the greeting `554 no mail` was a refusal"),
        ("S: 554 no\nC: EHLO c\nS: 503 no", "the server answered `503 no` to EHLO"),
        ("S: 220 mx\nC: EHLO c\nS: 250 mx\nS: 421 4.4.2 too slow", "the server said `421 4.4.2 too slow` unasked"),
    ],
)
def test_the_reason(said: str, why: str) -> None:
    assert reason(describe(read(said), "single")) == why


def test_who_refuses_in_the_words_of_a_device_is_not_called_the_server(tmp_path: Path) -> None:
    refused = (("C", b"HELO c\r\n"), ("S", b"250 mx\r\n"), ("C", b"MAIL FROM:<a@example.org>\r\n"))
    for text, who in ((b"550 Relaying denied. (F-Secure/x)", "Somebody"), (b"550 Relaying denied.", "The server")):
        lines = (("S", b"220 mx\r\n"), *refused, ("S", text + b"\r\n"), ("C", b"QUIT\r\n"), ("S", b"221 bye\r\n"))
        write_pcap(tmp_path / "one.pcap", transcript(*lines))
        result = CliRunner().invoke(cli, ["inspect", str(tmp_path / "one.pcap")])

        assert f"{who} answered `550 Relaying denied." in " ".join(result.output.split())


def test_blocked_connections_failed_though_they_have_no_partner() -> None:
    one = fixture("syn-refused-by-device")
    found = failures(compare(one.outside, one.inside))

    assert [(group.outcome, group.why, group.sessions) for group in found] == [
        ("cut", "caused by connection-blocked", [1, 2])
    ]


def test_like_causes_make_one_group_in_whatever_order_they_were_found(report: Report) -> None:
    masked = next(one for one in report.findings if one.label == "banner-masked")
    orders = ("capability-masked", "banner-masked"), ("banner-masked", "capability-masked")
    found = Findings(
        replace(masked, label=label, effect=Effect.CAUSED, outside=at, inside=at + 1)
        for at, labels in enumerate(orders)
        for label in labels
    )
    sessions = Sessions([session(side, at, "cut") for side in ("outside", "inside") for at in range(4)])
    groups = failures(replace(report, sessions=sessions, findings=found))

    assert [group.sessions for group in groups if "banner-masked" in group.why] == [[0, 1]]
