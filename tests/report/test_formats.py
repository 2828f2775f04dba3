"""A spreadsheet and a ticket: nothing that a peer said is a formula or markup there."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from pcapsleuth.case import compare, inspect
from pcapsleuth.report.csvfile import COLUMNS, table
from pcapsleuth.report.formats import FORMATS, form_of, pieces
from pcapsleuth.report.look import Look
from pcapsleuth.report.markdown import markdown, plain
from pcapsleuth.report.marking import Part, marked
from pcapsleuth.report.model import Report
from tests.building import endpoint, transcript, write_pcap
from tests.fixtures import fixture
from tests.report.conftest import Findings


def test_the_spreadsheet_has_a_row_a_finding(report: Report) -> None:
    rows = list(csv.DictReader(table(report)))

    assert list(rows[0]) == list(COLUMNS)
    assert [row["label"] for row in rows] == [one.label for one in report.findings]
    assert rows[-1]["went_out"] == "XXXX 14310 LAST"
    assert (rows[-1]["outcome"], rows[-1]["client"]) == ("cut", "203.0.113.22:2692")


def test_the_spreadsheet_keeps_the_colons_of_addresses_apart(tmp_path: Path) -> None:
    talk = (("S", b"220 ****************\r\n"), ("C", b"QUIT\r\n"), ("S", b"221 bye\r\n"))
    write_pcap(
        tmp_path / "six.pcap",
        transcript(*talk, client=endpoint("2001:db8::1", 40_000), server=endpoint("2001:db8::25", 25)),
    )

    (row,) = csv.DictReader(table(inspect(tmp_path / "six.pcap")))
    assert (row["client"], row["server"]) == ("[2001:db8::1]:40000", "[2001:db8::25]:25")


def test_no_cell_is_a_formula(report: Report) -> None:
    said = Findings(replace(one, ingress=b"=cmd|' /C calc'!A0", summary="@SUM(A1)") for one in report.findings)

    for row in csv.reader(table(replace(report, findings=said))):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


def test_the_ticket_begins_with_the_verdict(report: Report) -> None:
    lines = list(markdown(report, Look()))

    assert lines[0].startswith("**CHANGED:** A device between")
    assert r"| banner-masked | 3 | 220 mx1.example.com ESMTP | 220 \*\*\*" in "\n".join(lines)


def test_the_ticket_is_no_wider_than_it_must_be_and_says_what_its_sentences_are_of(report: Report) -> None:
    long = Findings(replace(one, ingress=b"220 " + b"m" * 500) for one in report.findings)
    lines = list(markdown(replace(report, findings=long), Look()))

    assert "m" * 67 + "…" in "\n".join(lines)
    assert "m" * 68 not in "\n".join(lines)
    assert lines[-1].startswith("- Clock: inside 17.304 s ahead of outside")


def test_what_a_peer_said_is_no_markup() -> None:
    assert plain("<b>|[x](http://a) @all #1 `") == r"\<b\>\|\[x\](http://a) \@all \#1 \`"


def test_every_format_is_written_and_found_by_its_suffix(report: Report) -> None:
    for form, one in FORMATS.items():
        assert {form_of(f"a{suffix.upper()}") for suffix in one.suffixes} == {form}
        assert b"".join(pieces(report, form, Look()))
    assert form_of("report.pdf") is None


def test_what_differs_is_marked_by_place_or_between_equal_ends() -> None:
    assert marked("STARTTLS", "XXXXXXXA") == ((Part("STARTTLS", changed=True),), (Part("XXXXXXXA", changed=True),))
    assert marked("SIZE 100", "SIZE 5")[1] == (Part("SIZE ", changed=False), Part("5", changed=True))
    assert marked("XEXCH50", "XXXXXXG")[0] == (Part("X", changed=False), Part("EXCH50", changed=True))


@pytest.mark.parametrize("side", ["both", "outside"])
def test_no_format_gives_credentials_away(side: str) -> None:
    one = fixture("clean-auth-login")
    secrets = {b"AGJvYgB0YXViZW4=", b"dGF1YmVu", b"tauben"}
    assert any(secret in one.outside.read_bytes() for secret in secrets)
    report = compare(one.outside, one.inside) if side == "both" else inspect(one.outside)

    for form in FORMATS:
        written = b"".join(pieces(report, form, Look()))
        assert not [secret for secret in secrets if secret in written]
