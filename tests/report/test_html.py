"""The page: whole, self-contained, and inert whatever a peer said."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import orjson
import pytest

from pcapsleuth.case import compare, inspect
from pcapsleuth.report.html import fragment, html
from pcapsleuth.report.model import PairResult, Report
from pcapsleuth.version import VERSION
from tests.fixtures import fixture
from tests.report.conftest import Findings, Sessions

VOID = {"meta", "br", "link", "img", "hr", "input"}
HOSTILE = "<script>alert(1)</script>\" onload='x' \\x1b[31m\u202egnp.exe {{ 7*7 }} </style> https://evil.example/"


class Page(HTMLParser):
    """Reads a page and holds it to its own tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def hostile(report: Report) -> Report:
    """The same report of peers who try to get out of the page."""
    sessions: list[dict[str, Any]] = []
    for key in report.sessions:
        one = orjson.loads(report.sessions.json(key))
        one["banner"] = one["greeting"]["text"] = one["ehlo"] = one["commands"][0]["argument"] = one["commands"][0][
            "reply"
        ]["text"] = HOSTILE
        sessions.append(one)
    said = HOSTILE.encode()
    findings = Findings(
        replace(one, ingress=said, egress=said[::-1], summary=HOSTILE, doubts=(HOSTILE,)) for one in report.findings
    )
    device: dict[str, object] = {
        "profile": "x",
        "name": HOSTILE,
        "confidence": "likely",
        "why": [HOSTILE],
        "siblings": [],
    }
    device |= {"where": "between", "remedies": [{"title": HOSTILE, "commands": [HOSTILE], "warning": HOSTILE}]}
    return replace(report, sessions=Sessions(sessions), findings=findings, devices=(device,), failures=(HOSTILE,))


def test_the_page_is_well_formed_and_says_it_all(report: Report) -> None:
    text = html(report)
    page = Page(text)

    assert page.open == []
    assert report.verdict.sentences[0] in text
    for word in ("Changed:", "banner-masked", "verb-masked:BDAT", "mail failed because of it", "203.0.113.22", VERSION):
        assert word in text


def test_nothing_comes_from_elsewhere_and_nothing_runs(report: Report) -> None:
    for text in (html(report), html(hostile(report))):
        page = Page(text)

        assert "default-src 'none'" in text
        assert not {"script", "link", "iframe", "object", "embed", "img", "form", "base"} & set(page.tags)
        assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("src", "action", "srcset")]
        assert all(str(value).startswith("#") for name, value in page.attributes if name == "href")
        assert not re.search(r"url\(|@import", text)


def test_the_page_of_an_ordinary_case_names_no_address_of_the_web(report: Report) -> None:
    assert not re.search(r"https?:|//\w", html(report))


@pytest.mark.parametrize("make", [html, fragment], ids=["page", "fragment"])
def test_hostile_words_are_only_words(report: Report, make: Callable[[Report], str]) -> None:
    text = make(hostile(report))

    assert Page(text).open == []
    assert "<script" not in text
    assert "{{ 7*7 }}" in text
    assert text.count("</style>") == 1
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)


def test_a_reader_without_colour_has_the_words(report: Report) -> None:
    text = html(report)

    assert "caused mail to fail" in text
    assert 'title="#2/3 verb-masked:BDAT: caused mail to fail"' in text


def test_the_same_report_gives_the_same_page(report: Report) -> None:
    assert html(report) == html(report)


def test_many_sessions_are_bounded(report: Report) -> None:
    one = orjson.loads(report.sessions.json(("outside", 0)))
    many = Sessions([one | {"side": "single", "index": k} for k in range(5000)])
    text = html(replace(report, mode="inspect", sessions=many, findings=Findings(), pairs=type(report.pairs)()))

    assert "and 4,800 more sessions" in text
    assert len(text) < 1_000_000


def test_a_pair_is_found_by_its_place(report: Report) -> None:
    assert all(isinstance(one, PairResult) for one in report.pairs)
    assert 'id="s2-3-x"' in html(report)


@pytest.mark.parametrize(
    "name",
    ["proxy-ends-tls", "syn-dropped", "clean-ipv6", "clean-one-direction", "asa-outbound", "relay-store-and-forward"],
)
def test_recordings_of_every_kind_make_a_page(name: str) -> None:
    one = fixture(name)

    for report in (compare(one.outside, one.inside), inspect(one.outside)):
        assert Page(html(report)).open == []
        assert Page(fragment(report)).open == []


def test_what_is_quoted_in_a_sentence_stands_as_code(report: Report) -> None:
    device = {
        "profile": "box", "name": "Box `fixup`", "confidence": "likely", "where": "between",
        "why": ["it overwrites the greeting: `220 <b>` came in"],
        "remedies": [{"title": "Turn `fixup` off", "first": [], "commands": [], "hosts": []}],
    }  # fmt: skip
    page = html(replace(report, devices=(device,)))

    for words in ("Box <code>fixup</code>", "<code>220 &lt;b&gt;</code> came in", "Turn <code>fixup</code> off"):
        assert words in page


def test_it_says_what_it_is_of(report: Report) -> None:
    assert '<p class="subject">outside.pcap and inside.pcap, 2026-11-18 11:13:40 to 11:14:40 UTC</p>' in html(report)


def test_it_says_that_there_are_more_files(report: Report) -> None:
    outside, inside = report.captures
    ring = replace(outside, files=tuple(f"ring{n}.pcap" for n in range(4)))
    page = html(replace(report, captures=(ring, inside)))

    assert '<p class="subject">ring0.pcap (and 3 more files) and inside.pcap, 2026' in page
    assert "ring0.pcap, ring1.pcap, ring2.pcap and 1 more file: 1,203 frames" in page


def test_sentences_are_sentences_and_one_is_not_many(report: Report) -> None:
    page = html(report)

    assert "1 remark that changes nothing in the verdict" in page
    assert "Caused by verb-masked:BDAT." in page
    assert "Mail data stops part-way or never ends (#2)." in page


def test_paper_shows_what_a_screen_folds_away(report: Report) -> None:
    style = html(report).partition("@media print")[2]

    assert "::details-content { content-visibility: visible; }" in style


def test_what_any_firewall_does_is_the_last_reason_for_a_device(report: Report) -> None:
    why = ["it changes TCP options or sequence numbers: ISN differs", "it overwrites the greeting"]
    page = html(replace(report, devices=({**report.devices[0], "why": why},)))

    assert page.index(why[1]) < page.index(why[0])


def test_the_facts_are_no_surer_than_the_verdict(report: Report) -> None:
    unseen = replace(report.verdict, coverage={"compared": 1, "sessions": 1, "unseen": 1})
    alone = replace(report, mode="inspect", captures=report.captures[:1])

    assert "<b>1</b> delivery failed because of it" in html(report)
    assert "<b>unseen</b> what became of the mail" in fragment(replace(report, verdict=unseen))
    assert "failed because of it</div>" not in fragment(alone)


def test_a_talk_without_a_file_is_known_by_its_time(report: Report) -> None:
    kept = replace(report.captures[0], files=("(not kept; --pcap FILE keeps it)",))

    assert '<p class="subject">2026-11-18 11:13:40 to' in html(replace(report, captures=(kept,)))


def test_one_side_shows_the_greeting_with_its_code_and_the_mail_by_its_size() -> None:
    page = html(inspect(fixture("asa-postfix-swaks").inside))

    assert re.search(
        r'<span class="at">\+0\.\d+</span><span class="out">S 220 mx1\.example\.com ESMTP Postfix</span>', page
    )
    mail = r"S 354 [^\n]*\n[^\n]*C &lt;[\d,]+ bytes, digest [0-9a-f]{4}…&gt;</span>[^\n]*\n[^\n]*S 250 2\.0\.0 Ok"
    assert re.search(mail, page)
