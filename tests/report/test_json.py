"""The document keeps the contract: its order, its types, its bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files

import orjson
import pytest
from jsonschema import Draft202012Validator

from pcapsleuth.report.jsonfile import document, head_line, lines, raw_line
from pcapsleuth.report.model import Report

SCHEMA = json.loads((files("pcapsleuth.report") / "schema.json").read_text())


def whole(report: Report) -> bytes:
    return b"".join(document(report))


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_a_report_is_valid(report: Report) -> None:
    Draft202012Validator(SCHEMA).validate(orjson.loads(whole(report)))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "pcapsleuth/2"),
        (("verdict", "status"), "fine"),
        (("sessions", 0, "outcome"), "lost"),
        (("sessions", 0, "banner"), "\x1b[2J"),
        (("findings", 0, "label"), "Banner Masked"),
        (("findings", 0, "evidence", 0, "hex"), "abc"),
        (("symptoms", 0, "id"), "S15"),
        (("pairs", 0, "confidence"), 1000),
    ],
)
def test_the_schema_sees_what_is_wrong(report: Report, path: tuple[str | int, ...], value: object) -> None:
    found = orjson.loads(whole(report))
    place = found
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value

    assert list(Draft202012Validator(SCHEMA).iter_errors(found))


def test_the_order_of_the_contract(report: Report) -> None:
    found = orjson.loads(whole(report))

    assert list(found) == [
        "schema",
        "generator",
        "mode",
        "verdict",
        "captures",
        "sessions",
        "pairs",
        "findings",
        "devices",
        "symptoms",
        "tests",
        "clock",
        "failures",
        "interrupted",
    ]
    assert [(one["side"], one["index"]) for one in found["sessions"]] == [
        *(("outside", k) for k in range(3)),
        *(("inside", k) for k in range(4)),
    ]
    assert [one["id"] for one in found["symptoms"]] == [f"S{n}" for n in range(1, 15)]


def test_a_finding_in_full(report: Report) -> None:
    found = orjson.loads(whole(report))["findings"][-1]

    assert found == {
        "label": "verb-masked",
        "subject": "BDAT",
        "outside": 2,
        "inside": 3,
        "session": None,
        "where": "between",
        "effect": "caused",
        "confidence": "proven",
        "severity": "warning",
        "summary": "BDAT reached the server as XXXX, so that it read the chunk as commands.",
        "ingress": "BDAT 14310 LAST",
        "egress": "XXXX 14310 LAST",
        "evidence": [
            {"side": "outside", "file": 0, "frame": 27, "offset": 80, "text": "BDAT 14310 LAST"}
            | {"hex": b"BDAT 14310 LAST".hex()},
            {"side": "inside", "file": 0, "frame": 35, "offset": 80, "text": "XXXX 14310 LAST"}
            | {"hex": b"XXXX 14310 LAST".hex()},
        ],
        "related": [],
        "doubts": ["none: both captures are whole"],
    }


def test_a_difference_in_full(report: Report) -> None:
    found = orjson.loads(whole(report))["pairs"][2]

    assert (found["outside"], found["inside"], found["confidence"]) == (2, 3, 1.0)
    assert found["differences"][1] == {
        "kind": "rewritten",
        "element": "command",
        "direction": "to-server",
        "ingress": {"file": 0, "frame": 27, "offset": 80, "text": "BDAT 14310 LAST"},
        "egress": {"file": 0, "frame": 35, "offset": 80, "text": "XXXX 14310 LAST"},
        "subject": "BDAT",
        "certain": True,
    }


def test_the_same_report_has_the_same_bytes(report: Report) -> None:
    assert whole(report) == whole(report)


def test_hostile_sentences_are_tame(report: Report) -> None:
    found = orjson.loads(whole(replace(report, failures=("\x1b[2J\u202e \udc80",))))

    assert found["failures"] == ["\\x1b[2J\\u{202e} \\x80"]


def test_json_lines_say_the_same(report: Report) -> None:
    rows = [orjson.loads(line) for line in lines(report)]
    by_type: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        by_type.setdefault(row.pop("type"), []).append(row)
    found = orjson.loads(whole(report))

    assert by_type["session"] == found["sessions"]
    assert by_type["pair"] == found["pairs"]
    assert by_type["finding"] == found["findings"]
    assert by_type["symptom"] == found["symptoms"]
    assert by_type["clock"] == [found["clock"]]
    assert by_type["verdict"] == [found["verdict"] | {"interrupted": False}]
    assert orjson.loads(head_line("compare"))["schema"] == found["schema"]
    assert raw_line("session", b'{"a":1}') == b'{"type":"session","a":1}\n'
