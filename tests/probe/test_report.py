"""What a probe says to programs: the document of the other commands, and the same as `inspect` says of its capture."""

from __future__ import annotations

import csv
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.probe.test_probe import (
    ACCEPTING,
    CLEAN,
    HELO_ONLY,
    HELPFUL,
    MAILHOST,
    MASKED,
    REFUSING,
    SWALLOWING,
    ask,
    run,
    server,
)

SCHEMA = json.loads((files("pcapsleuth.report") / "schema.json").read_text())
ALL = {
    "clean": CLEAN,
    "masked": MASKED,
    "mailhost": MAILHOST,
    "refusing": REFUSING,
    "knows only HELO": HELO_ONLY,
    "helpful": HELPFUL,
    "swallowing": SWALLOWING,
    "accepting": ACCEPTING,
}


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The document on standard output, which keeps to the schema."""
    found: dict[str, Any] = json.loads(done.stdout)
    Draft202012Validator(SCHEMA).validate(found)
    return found


def labels(found: Mapping[str, Any]) -> list[tuple[str, str | None, int, int]]:
    """What is said, of which session, by which frame."""
    return [(one["label"], one["subject"], one["session"], one["evidence"][0]["frame"]) for one in found["findings"]]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("suffix", ["pcap", "pcapng"])
def test_inspect_says_the_same_of_the_capture(tmp_path: Path, name: str, suffix: str) -> None:
    path = tmp_path / f"asked.{suffix}"
    with server(ALL[name]) as (port, _):
        done = run(f"127.0.0.1:{port}", "--timeout", "1", "--pcap", str(path), "--format", "json")
    command = [sys.executable, "-m", "pcapsleuth", "inspect", "--port", str(port), str(path), "--format", "json"]
    read = subprocess.run(command, capture_output=True, text=True, check=False)
    asked, inspected = document(done), document(read)

    assert labels(asked) == labels(inspected)
    assert done.returncode == read.returncode == int(name not in ("clean", "knows only HELO"))
    assert asked["devices"] == inspected["devices"]
    assert [one["commands"] for one in asked["sessions"]] == [one["commands"] for one in inspected["sessions"]]
    assert asked["captures"][0]["files"] == [str(path)]


def test_the_document_says_whom_was_asked_from_where() -> None:
    with server(CLEAN) as (port, _):
        found = document(run(f"localhost:{port}", "-4", "--format", "json"))

    assert (found["mode"], found["verdict"]["status"]) == ("probe", "clean")
    assert "from inside, a clean result proves nothing" in found["verdict"]["limits"][0]
    assert found["probes"] == [
        {
            "host": "localhost",
            "port": port,
            "address": "127.0.0.1",
            "from": "127.0.0.1",
            "session": 0,
            "starttls": True,
            "end": "closed",
            "error": None,
        }
    ]


def test_ipv6_stands_in_the_document() -> None:
    with server(MASKED, socket.AF_INET6) as (port, _):
        found = document(run(f"[::1]:{port}", "--format", "json"))

    assert found["probes"][0]["address"] == found["sessions"][0]["server"]["address"] == "::1"
    assert ("banner-masked", None, 0, 4) in labels(found)


def test_nobody_there_is_a_document_too() -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        done = run(f"127.0.0.1:{door.getsockname()[1]}", "--format", "json")
    found = document(done)

    assert (done.returncode, found["verdict"]["status"], found["sessions"]) == (2, "cannot-tell", [])
    assert "refused" in found["failures"][0]
    assert "refused" in found["probes"][0]["error"]


def test_lines_are_the_same_objects() -> None:
    with server(MASKED) as (port, _):
        done = run(f"127.0.0.1:{port}", "--format", "jsonl")
    kinds = [json.loads(line)["type"] for line in done.stdout.splitlines()]

    assert kinds[0] == "report"
    assert {"session", "capture", "finding", "probe", "device", "verdict"} <= set(kinds)


def test_what_is_said_of_sureness_is_what_a_socket_can_say() -> None:
    found = document(ask(MASKED, "--format", "json"))
    sure = {f"{one['label']}:{one['subject']}": one["confidence"] for one in found["findings"]}

    assert sure["verb-masked:GOODMORNING"] == "proven"
    assert sure["banner-masked:None"] == sure["capability-masked:STARTTLS"] == "likely"
    assert not any("redact" in doubt for one in found["findings"] for doubt in one["doubts"])


def test_a_table_has_a_row_for_each_finding() -> None:
    rows = list(csv.DictReader(ask(MASKED, "--format", "csv").stdout.splitlines()))

    assert (rows[0]["label"], rows[0]["session"], rows[0]["frame"]) == ("banner-masked", "0", "4")
    assert {"capability-masked", "starttls-stripped", "verb-masked"} <= {row["label"] for row in rows}
    assert {row["server"].partition(":")[0] for row in rows} == {"127.0.0.1"}


@pytest.mark.parametrize("form", ["markdown", "html"])
def test_a_page_says_what_was_found_and_what_it_is_worth(form: str) -> None:
    masked, clean = (ask(answers, "--format", form).stdout for answers in (MASKED, CLEAN))

    for words in ("banner-masked", "verb-masked:GOODMORNING", "Cisco ASA", "No mail was sent", "not captured"):
        assert words in masked
    for page in (masked, clean):
        assert "127.0.0.1 was seen from 127.0.0.1" in page
        assert "from inside, a clean result proves nothing" in page
    assert "banner-masked" not in clean


def test_a_page_gives_what_a_server_says_no_meaning() -> None:
    evil = CLEAN | {"": "220 <script>alert(1)</script> | [x](http://x) \x1b]0;x\x07", "GOODMORNING": "OK"}
    page, ticket, text = (ask(evil, "--format", form).stdout for form in ("html", "markdown", "text"))

    assert "reply-injected:GOODMORNING" in page
    assert "<script>alert" not in page
    assert "[x](http" not in ticket
    assert "\x1b" not in page + ticket + text


def test_several_forms_are_written_at_once(tmp_path: Path) -> None:
    with server(MASKED) as (port, _):
        done = run(f"127.0.0.1:{port}", "-o", str(tmp_path / "asked.json"), "-o", str(tmp_path / "asked.txt"))

    assert done.stdout == ""
    assert json.loads((tmp_path / "asked.json").read_text())["mode"] == "probe"
    assert (tmp_path / "asked.txt").read_text().startswith("SUSPICIOUS")


def test_a_server_that_falls_silent_does_not_hold_the_probe_for_ever() -> None:
    begun = time.monotonic()
    with server({"": CLEAN[""], "QUIT": "221 bye"}) as (port, _):
        done = run(f"127.0.0.1:{port}", "--timeout", "0.5", "--format", "json")
    found = document(done)

    assert time.monotonic() - begun < 15
    assert (done.returncode, found["verdict"]["status"]) == (2, "cannot-tell")
    assert [one["verb"] for one in found["sessions"][0]["commands"]] == ["EHLO", "GOODMORNING"]
    assert found["probes"][0]["end"] == "silent"


def test_who_is_interrupted_has_a_document_all_the_same() -> None:
    with server({"QUIT": "221 bye"}) as (port, _):
        command = [sys.executable, "-m", "pcapsleuth", "probe", f"127.0.0.1:{port}", "--format", "json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        while process.stderr.readline().strip() != "QUIT":  # the last line of what it says before it asks
            pass
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=20)
    found = json.loads(out)

    assert process.returncode == 130, errors
    assert (found["interrupted"], found["probes"]) == (True, [])
    assert found["verdict"]["status"] == "cannot-tell"
