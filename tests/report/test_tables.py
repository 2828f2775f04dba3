"""The tables: their columns, their types, what the example of the documentation asks of them, and the case itself."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import pcapsleuth as ps
from pcapsleuth.report import tables
from pcapsleuth.report.model import Report
from tests.fixtures import fixture
from tests.report.conftest import Findings, Pairs, Sessions

TABLES = {
    "sessions": tables.SESSIONS,
    "commands": tables.COMMANDS,
    "pairs": tables.PAIRS,
    "differences": tables.DIFFERENCES,
    "findings": tables.FINDINGS,
}
DOCUMENT = Path(__file__).parents[2] / "docs" / "python.md"
DTYPES = {
    "Int64": "Int64",
    "time": "datetime64[ns, UTC]",
    "span": "timedelta64[ns]",
    "float64": "float64",
    "bool": "bool",
}


@pytest.fixture(scope="module")
def case() -> ps.Case:
    one = fixture("asa-bdat-masked")
    return ps.compare(one.outside, one.inside)


@pytest.mark.parametrize("name", TABLES)
def test_columns_have_their_types_even_where_nothing_is_there(report: Report, name: str) -> None:
    empty = replace(report, sessions=Sessions([]), pairs=Pairs(), findings=Findings())
    for one in (report, empty):
        table: pd.DataFrame = getattr(tables, name)(one)

        assert list(table.columns) == list(TABLES[name])
        for column, kind in TABLES[name].items():
            assert str(table[column].dtype) == DTYPES.get(kind, "object")
    assert len(table) == 0


@pytest.mark.parametrize("name", TABLES)
def test_every_column_is_documented(name: str) -> None:
    section = DOCUMENT.read_text(encoding="utf-8").partition(f"\n### {name}\n")[2].partition("\n##")[0]
    words = set(re.findall(r"`([a-z_]+)`", section))
    if name == "differences":
        words |= {f"{end}_{what}" for end in ("ingress", "egress") for what in ("side", "frame", "time")}

    assert set(TABLES[name]) <= words


def test_times_are_exact_and_utc(report: Report) -> None:
    start = tables.sessions(report)["start"][0]

    assert start.value == 1_795_000_420_102_000_000
    assert str(start.tz) == "UTC"


def test_sessions_know_their_other_half_and_what_was_changed(report: Report) -> None:
    table = tables.sessions(report).set_index(["side", "session"])

    assert table.loc[("outside", 2), "partner"] == 3
    assert table.loc[("inside", 3), "partner"] == 2
    assert table.loc[("outside", 2), "changes"] == ("banner-masked", "verb-masked:BDAT")
    assert table["partner"].isna()[("inside", 0)]


def test_the_example_of_the_documentation(report: Report) -> None:
    found = ps.Case(report).sessions.query("outcome == 'cut'").groupby("client").size()

    assert found.to_dict() == {"203.0.113.22": 1}


def test_a_case_shows_itself(case: ps.Case) -> None:
    assert repr(case).startswith("<Case changed: A device")
    assert str(case).startswith("CHANGED: ")
    assert "verb-masked:BDAT" in case._repr_html_()
    assert (case.exit_status, len(case.captures), case.verdict.status) == (1, 2, "changed")


def test_a_dialogue_is_shown_side_by_side(case: ps.Case) -> None:
    assert re.search(r"BDAT 0 LAST +≠ XXXX 0 LAST", repr(case.diff(0)))
    assert "<mark>XXXX</mark> 0 LAST" in case.diff("inside:0")._repr_html_()


def test_one_side_alone_is_a_case_too() -> None:
    case = ps.inspect(fixture("asa-bdat-masked").outside)

    assert set(case.sessions["side"]) == {"single"}
    assert "BDAT 0 LAST" in repr(case.diff(0))
    assert "500" in case.diff(0)._repr_html_()
    assert len(case.pairs) == 0


@pytest.mark.parametrize("session", [99, "inside:99", "middle:0", "x"])
def test_a_session_that_is_none_is_said_so(case: ps.Case, session: int | str) -> None:
    with pytest.raises(ps.OptionError, match="There is no session"):
        case.diff(session)


@pytest.mark.parametrize("suffix", [".html", ".json", ".jsonl", ".csv", ".md", ".txt"])
def test_a_case_is_saved_in_the_format_of_its_suffix(case: ps.Case, tmp_path: Path, suffix: str) -> None:
    case.save(tmp_path / f"report{suffix}")

    assert b"BDAT" in (tmp_path / f"report{suffix}").read_bytes()


def test_a_suffix_that_says_nothing_is_refused(case: ps.Case, tmp_path: Path) -> None:
    with pytest.raises(ps.OptionError, match="does not say in which format"):
        case.save(tmp_path / "report.pdf")
    assert list(tmp_path.iterdir()) == []
