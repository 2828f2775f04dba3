"""The charts draw what they are given, with nothing, with one and with thousands of sessions."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace

import pytest

import pcapsleuth as ps
from pcapsleuth.report.charts import Bar, Chart, Try, capabilities, duplicates, labels, ladder
from pcapsleuth.report.dialogue_rows import Line
from pcapsleuth.report.marking import whole
from pcapsleuth.report.model import Report
from pcapsleuth.report.plots import offered_and_shown
from tests.fixtures import fixture
from tests.report.conftest import Findings, Pairs, Sessions

SECOND = 1_000_000_000


def words(chart: Chart) -> str:
    """All that is written on a chart."""
    (axes,) = chart.axes
    ticks = [*axes.get_xticklabels(), *axes.get_yticklabels(), *axes.texts]
    return "\n".join([axes.get_title(loc="left"), *(one.get_text() for one in ticks)])


def drawn(chart: Chart) -> str:
    """What is written, after it was drawn."""
    assert chart._repr_png_().startswith(b"\x89PNG")
    return words(chart)


def line(text: str, *, same: bool = True, missing: str = "") -> Line:
    parts = whole(text, changed=not same)
    sides = (() if missing == "outside" else parts, () if missing == "inside" else parts)
    return Line("+0.001", "C", *sides, same, "4 / 4", missing)


def test_labels_are_counted_and_those_left_out_too() -> None:
    bars = [Bar(f"header-changed:X-{k}", "warning", 5000 - k, k % 3) for k in range(300)]

    text = drawn(labels(bars, 5000))

    assert "What was said of 5,000 sessions (and 275 rarer labels)" in text
    assert "5,000 warning" in text


def test_capabilities_show_what_became_of_a_line() -> None:
    passed = Counter({("STARTTLS", "XXXXXXXA"): 4999, ("STARTTLS", "STARTTLS"): 1, ("DSN", ""): 7, ("", "XTRA"): 2})

    text = drawn(capabilities(passed, ("inside", "outside")))

    for word in ("4,999", "XXXXXXXA", "(not shown)", "(not offered)", "XTRA"):
        assert word in text


def test_keywords_without_end_are_bounded() -> None:
    passed = Counter({(f"X-{k}", f"X-{k}"): 1 for k in range(1000)})

    assert "and 970 rarer keywords" in drawn(capabilities(passed, ("inside", "outside")))


@pytest.mark.parametrize("number", [1, 5000])
def test_duplicates_are_lines_of_tries(number: int) -> None:
    outcomes = ("gave-up", "delivered")
    tries = [
        Try(f"{k}@example.com", (1000 * k + 60 * n) * SECOND, k, outcomes[n]) for k in range(number) for n in (0, 1)
    ]

    text = drawn(duplicates(tries))

    assert "sent more than once" in text
    assert ("and 4,970 more" in text) == (number == 5000)


def test_a_ladder_stops_where_the_bytes_did() -> None:
    lines = [line("EHLO a"), line("$x^2$ \\frac", same=False), line("QUIT", same=False, missing="inside")] * 50

    chart = ladder(lines, "#5 $one$ to two")

    assert "and 70 more lines" in drawn(chart)
    assert "$x^2$ \\frac" in words(chart)


def test_nothing_at_all_is_drawn_too(report: Report) -> None:
    empty = ps.Case(replace(report, sessions=Sessions([]), pairs=Pairs(), findings=Findings()))

    for chart in (empty.plot.labels(), empty.plot.capabilities(), empty.plot.duplicates(), ladder([], "")):
        drawn(chart)
        assert not chart.axes[0].axison  # axes around nothing would measure it, times from 1970 on


def test_the_charts_of_a_recording() -> None:
    one = fixture("asa-bdat-masked")
    case = ps.compare(one.outside, one.inside)

    passed = offered_and_shown(case.report)
    assert passed["CHUNKING", "XXXXXXXB"] == passed["BINARYMIME", "BINARYMIME"] == 1
    assert not [pair for pair in passed if "" in pair]
    assert "verb-masked:BDAT" in drawn(case.plot.labels())
    assert "XXXX 0 LAST" in drawn(case.plot.ladder(0))


def test_one_point_alone_shows_no_device_where_anything_stopped() -> None:
    chart = ps.inspect(fixture("asa-bdat-masked").outside).plot.ladder(0)

    assert "client" in drawn(chart)
    assert "device" not in words(chart)
    assert not [drawn_ for drawn_ in chart.axes[0].lines if drawn_.get_marker() == "X"]


def test_repeats_of_a_recording_are_one_message() -> None:
    one = fixture("dot-lost-postfix-resends")
    text = drawn(ps.compare(one.outside, one.inside).plot.duplicates())

    assert "1 message sent more than once" in text
    assert "(3)" in text


def test_no_window_is_ever_opened() -> None:
    assert "matplotlib.pyplot" not in sys.modules
