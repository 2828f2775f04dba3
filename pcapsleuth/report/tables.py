"""The report as pandas DataFrames; what their columns mean stands in docs/python.md.

Times are `datetime64[ns, UTC]`, numbers that may be missing are `Int64`, text holds no control characters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import orjson

from pcapsleuth.compare.difference import Piece
from pcapsleuth.detect.finding import Finding
from pcapsleuth.report import jsonfile
from pcapsleuth.report.escape import escape
from pcapsleuth.report.judging import judged
from pcapsleuth.report.model import Report
from pcapsleuth.report.strip import counts
from pcapsleuth.tcp.segments import frame_number

if TYPE_CHECKING:
    import pandas as pd

TEXT, NUMBER, SHARE, TRUTH, TIME, SPAN, LIST = "object", "Int64", "float64", "bool", "time", "span", "list"
"""The kinds of columns."""

SESSIONS = {
    "side": TEXT, "session": NUMBER, "partner": NUMBER, "direction": TEXT, "client": TEXT, "client_port": NUMBER,
    "server": TEXT, "server_port": NUMBER, "start": TIME, "end": TIME, "took": SPAN, "outcome": TEXT,
    "changes": LIST, "sender": TEXT, "recipients": LIST, "message_ids": LIST, "bytes": NUMBER, "commands": NUMBER,
    "banner": TEXT, "ehlo": TEXT, "capabilities": LIST, "tls": TRUTH, "complete": TRUTH, "gaps": NUMBER,
    "first_frame": NUMBER, "last_frame": NUMBER, "file": NUMBER,
}  # fmt: skip
COMMANDS = {
    "side": TEXT, "session": NUMBER, "position": NUMBER, "time": TIME, "verb": TEXT, "argument": TEXT, "frame": NUMBER,
    "code": NUMBER, "reply": TEXT, "reply_time": TIME, "reply_frame": NUMBER, "wait": SPAN,
}  # fmt: skip
PAIRS = {
    "outside": NUMBER, "inside": NUMBER, "direction": TEXT, "confidence": SHARE, "certain": TRUTH, "outcome": TEXT,
    "differences": NUMBER, "why": LIST,
}  # fmt: skip
DIFFERENCES = {
    "outside": NUMBER, "inside": NUMBER, "kind": TEXT, "element": TEXT, "subject": TEXT, "direction": TEXT,
    "came_in": TEXT, "went_out": TEXT, "certain": TRUTH, "ingress_side": TEXT, "ingress_frame": NUMBER,
    "ingress_time": TIME, "egress_side": TEXT, "egress_frame": NUMBER, "egress_time": TIME,
}  # fmt: skip
FINDINGS = {
    "name": TEXT, "label": TEXT, "subject": TEXT, "outside": NUMBER, "inside": NUMBER, "session": NUMBER,
    "where": TEXT, "effect": TEXT, "confidence": TEXT, "severity": TEXT, "summary": TEXT, "came_in": TEXT,
    "went_out": TEXT, "outside_frame": NUMBER, "inside_frame": NUMBER, "frame": NUMBER, "related": LIST,
    "doubts": LIST,
}  # fmt: skip

Row = dict[str, Any]


def sessions(report: Report) -> pd.DataFrame:
    """One row a session of a side."""
    partners: dict[tuple[str, int], int] = {}
    for pair in report.pairs.matches():
        partners |= {("outside", pair.outside): pair.inside, ("inside", pair.inside): pair.outside}
    changed = _changed(report)
    rows = []
    for key in report.sessions:
        one = orjson.loads(report.sessions.json(key))
        rows.append(_session(one) | {"partner": partners.get(key), "changes": tuple(changed.get(key, ()))})
    return _frame(rows, SESSIONS)


def commands(report: Report) -> pd.DataFrame:
    """One row a command, with the reply to it."""
    rows = []
    for key in report.sessions:
        for position, one in enumerate(orjson.loads(report.sessions.json(key))["commands"]):
            reply = one["reply"] or {}
            rows.append({
                "side": key[0], "session": key[1], "position": position, "time": one["time"], "verb": one["verb"],
                "argument": one["argument"], "frame": one["frame"], "code": reply.get("code"),
                "reply": reply.get("text"), "reply_time": reply.get("time"), "reply_frame": reply.get("frame"),
                "wait": reply["time"] - one["time"] if reply else None,
            })  # fmt: skip
    return _frame(rows, COMMANDS)


def pairs(report: Report) -> pd.DataFrame:
    """One row a pair of sessions."""
    keys = {place[:2]: key for place, key in judged(report)}
    rows = []
    for one in report.pairs:
        place = one.pair.outside, one.pair.inside
        outcome = report.sessions.facts(keys[place]).outcome
        rows.append(jsonfile.pair(one) | {"outcome": outcome, "differences": len(one.differences)})
    return _frame(rows, PAIRS)


def differences(report: Report) -> pd.DataFrame:
    """One row a difference between the two views of a session."""
    rows = [
        jsonfile.difference(one)
        | {"outside": result.pair.outside, "inside": result.pair.inside}
        | _piece("ingress", "came_in", one.ingress)
        | _piece("egress", "went_out", one.egress)
        for result in report.pairs
        for one in result.differences
    ]
    return _frame(rows, DIFFERENCES)


def findings(report: Report) -> pd.DataFrame:
    """One row a finding."""
    return _frame([_finding(one) for one in report.findings], FINDINGS)


def _session(one: Row) -> Row:
    """The cells of a session but for its partner."""
    mails = one["transactions"]
    senders = [mail["from"] for mail in mails if mail["from"] is not None]
    return one | {
        "session": one["index"],
        "client": one["client"]["address"],
        "client_port": one["client"]["port"],
        "server": one["server"]["address"],
        "server_port": one["server"]["port"],
        "took": one["end"] - one["start"],
        "sender": senders[0] if senders else None,
        "recipients": tuple(to for mail in mails for to in mail["to"]),
        "message_ids": tuple(mail["message_id"] for mail in mails if mail["message_id"] is not None),
        "bytes": sum(mail["bytes"] for mail in mails),
        "commands": len(one["commands"]),
    }


def _changed(report: Report) -> Mapping[tuple[str, int], list[str]]:
    """What the verdict rests on, for each session that it is said of."""
    found: dict[tuple[str, int], list[str]] = {}
    for brief in report.findings.briefs():
        if not counts(report, brief):
            continue
        for side, index in (("outside", brief.outside), ("inside", brief.inside), ("single", brief.session)):
            if index is not None and brief.name not in found.setdefault((side, index), []):
                found[side, index].append(brief.name)
    return found


def _piece(side: str, text: str, one: Piece | None) -> Row:
    """Where one side shows a difference."""
    if one is None:
        return {}
    frame = frame_number(one.frame)
    shown = escape(one.text)
    return {text: shown, f"{side}_side": one.side, f"{side}_frame": frame, f"{side}_time": one.time}


def _finding(one: Finding) -> Row:
    """The cells of a finding."""
    frames = {evidence.side: frame_number(evidence.frame) for evidence in reversed(one.evidence)}
    told = jsonfile.finding(one)
    return told | {
        "name": f"{told['label']}:{told['subject']}" if told["subject"] is not None else told["label"],
        "came_in": told["ingress"],
        "went_out": told["egress"],
        "outside_frame": frames.get("outside"),
        "inside_frame": frames.get("inside"),
        "frame": frames.get("single"),
    }


def _frame(rows: Sequence[Row], columns: Mapping[str, str]) -> pd.DataFrame:
    """The columns in their order, each of its kind."""
    import pandas as pd

    series = {name: _series([row.get(name) for row in rows], kind) for name, kind in columns.items()}
    return pd.DataFrame(series, columns=list(columns))


def _series(values: list[Any], kind: str) -> pd.Series[Any]:
    """One column."""
    import pandas as pd

    if kind == TIME:
        times = pd.to_datetime(pd.array(values, dtype="Int64"), unit="ns", utc=True)
        return pd.Series(times).astype("datetime64[ns, UTC]")
    if kind == SPAN:
        return pd.Series(pd.to_timedelta(pd.array(values, dtype="Int64"), unit="ns")).astype("timedelta64[ns]")
    if kind == LIST:
        return pd.Series([tuple(value or ()) for value in values], dtype="object")
    return pd.Series(values, dtype=kind)
