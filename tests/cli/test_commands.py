"""The commands as a user meets them: results, streams and exit codes of the contract."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pcapsleuth.cli.main import COMMANDS, cli
from tests.building import transcript, write_pcap
from tests.cli.conftest import Files, capture

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Run a command."""

    def call(*words: str) -> Result:
        return CliRunner().invoke(cli, list(words))

    return call


def process(*words: str, **more: object) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own."""
    return subprocess.run([sys.executable, "-m", "pcapsleuth", *words], capture_output=True, check=False, **more)  # type: ignore[call-overload,no-any-return]


def test_compare_says_what_was_changed(run: Run, masked: Files) -> None:
    done = run("compare", *masked)

    assert done.exit_code == 1
    assert done.stdout.startswith("CHANGED: a device between the two points rewrites SMTP in 2 of 2 sessions.\n")
    assert "banner-masked" in done.stdout
    assert "outside.pcap: " in done.stderr


def test_clean_is_zero(run: Run, clean: Files) -> None:
    done = run("compare", *clean)

    assert done.exit_code == 0
    assert done.stdout.startswith("CLEAN: nothing was changed between the two points in 2 sessions compared.\n")


def test_exit_zero_makes_nothing_of_findings_but_not_of_trouble(run: Run, masked: Files, tmp_path: Path) -> None:
    assert run("compare", *masked, "--exit-zero").exit_code == 0
    assert run("inspect", capture(tmp_path / "empty.pcap"), "--exit-zero").exit_code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("compare",),
        ("compare", "OUT"),
        ("compare", "OUT", "IN", "OUT"),
        ("compare", "OUT", "/no/such/file"),
        ("compare", "--outside", "OUT"),
        ("compare", "OUT", "--outside", "OUT", "--inside", "IN"),
        ("compare", "OUT", "--outside", "vlan:1", "--inside", "IN"),
        ("compare", "OUT", "--outside", "vlan:9999", "--inside", "vlan:1"),
        ("compare", "-", "-"),
        ("compare", "OUT", "IN", "--format", "pdf"),
        ("compare", "OUT", "IN", "--port", "0"),
        ("compare", "OUT", "IN", "--tz", "Mars/Olympus"),
        ("compare", "OUT", "IN", "--since", "yesterday"),
        ("compare", "OUT", "IN", "--client", "nobody"),
        ("compare", "OUT", "IN", "-o", "IN"),
        ("compare", "OUT", "IN", "-o", "/no/such/folder/report.json"),
        ("inspect",),
        ("inspect", "/no/such/file"),
        ("show", "x", "OUT"),
        ("show", "0"),
        ("show", "7", "OUT"),
        ("show", "7", "OUT", "IN"),
        ("frobnicate",),
    ],
)
def test_bad_usage_is_two_and_says_what_to_do(run: Run, masked: Files, words: tuple[str, ...]) -> None:
    named = {"OUT": masked.outside, "IN": masked.inside}
    done = run(*(named.get(word, word) for word in words))

    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_what_is_no_capture_is_trouble(run: Run, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("this is no capture, it is a letter\n")
    done = run("inspect", str(tmp_path / "letter.txt"))

    assert done.exit_code == 2
    assert "letter.txt" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_packets_are_trouble_and_the_report_says_so(run: Run, tmp_path: Path) -> None:
    done = run("inspect", capture(tmp_path / "empty.pcap"), "--format", "json")

    assert done.exit_code == 2
    assert json.loads(done.stdout)["verdict"]["status"] == "cannot-tell"
    assert "no SMTP session" in done.stderr


def test_one_direction_cannot_be_compared(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "half.pcap"
    talk = transcript(("S", b"220 x\r\n"), ("C", b"EHLO y\r\n"), ("S", b"250 x\r\n"), ("C", b"QUIT\r\n"))
    write_pcap(path, [segment for segment in talk if segment.source == talk[0].source])
    done = run("compare", str(path), str(path))

    assert done.exit_code == 2
    assert done.stdout.startswith("CANNOT TELL: ")
    assert "Capture whole sessions" in done.stderr


def test_a_crashed_detector_is_reported_and_trouble(run: Run, clean: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: object) -> list[object]:
        raise RuntimeError("out of order")

    monkeypatch.setattr("pcapsleuth.detect.registry.entries", lambda entry: [("bad", crash)] * (entry == "detect_pair"))
    done = run("compare", *clean)

    assert done.exit_code == 2
    assert "The detector bad failed 2 times (RuntimeError: out of order)" in done.stderr
    assert "Trouble" in done.stdout


def test_a_fault_of_our_own_does_not_look_like_findings(
    run: Run, clean: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("pcapsleuth.case.compare", crash)
    done = run("compare", *clean)

    assert done.exit_code == 2
    assert "fault of pcapsleuth" in done.stderr


def test_files_by_suffix_and_nothing_on_standard_output(run: Run, masked: Files, tmp_path: Path) -> None:
    text, document, lines = (str(tmp_path / name) for name in ("report.txt", "report.json", "report.jsonl"))
    done = run("compare", *masked, "-o", text, "-o", document, "-o", lines)

    assert done.exit_code == 1
    assert done.stdout == ""
    assert Path(text).read_text().startswith("CHANGED: ")
    assert json.loads(Path(document).read_bytes())["mode"] == "compare"
    kinds = [json.loads(line)["type"] for line in Path(lines).read_text().splitlines()]
    assert kinds[0] == "report"
    assert kinds[-1] == "verdict"
    assert {"capture", "session", "pair", "finding", "symptom", "clock"} <= set(kinds)


def test_pages_tables_and_tickets_are_written(run: Run, masked: Files, tmp_path: Path) -> None:
    page, table, ticket = (tmp_path / name for name in ("report.html", "report.csv", "report.md"))
    done = run("compare", *masked, "-o", str(page), "-o", str(table), "-o", str(ticket))
    inspected = run("inspect", masked[0], "--format", "html")

    assert done.exit_code == 1
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert table.read_text().startswith("label,subject,")
    assert ticket.read_text().startswith("**CHANGED:** ")
    assert "as captured" in inspected.stdout


def test_the_format_is_for_what_has_no_suffix(run: Run, masked: Files, tmp_path: Path) -> None:
    plain = tmp_path / "report"
    done = run("compare", *masked, "--format", "json", "-o", str(plain), "-o", "-")

    assert json.loads(done.stdout) == json.loads(plain.read_bytes())


def test_the_same_input_gives_the_same_bytes(masked: Files) -> None:
    first = process(
        "compare", *masked, "--format", "json", env=os.environ | {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"}
    )
    second = process("compare", *masked, "--format", "json", env=os.environ | {"PYTHONHASHSEED": "2", "LC_ALL": "C"})

    assert first.returncode == 1
    assert first.stdout == second.stdout


def test_standard_input_is_a_capture(masked: Files) -> None:
    done = process("compare", masked.outside, "-", input=Path(masked.inside).read_bytes())

    assert done.returncode == 1
    assert b"rewrites SMTP in 2 of 2 sessions" in done.stdout


def test_several_files_a_side(run: Run, masked: Files, tmp_path: Path) -> None:
    late = capture(tmp_path / "late.pcap", offset=0)
    done = run("compare", "--outside", masked.outside, "--outside", late, "--inside", masked.inside, "--format", "json")

    assert json.loads(done.stdout)["captures"][0]["files"] == [masked.outside, late]


def test_one_file_that_saw_both_sides(run: Run, masked: Files, tmp_path: Path) -> None:
    both = tmp_path / "both.pcap"
    outside, inside = Path(masked.outside).read_bytes(), Path(masked.inside).read_bytes()
    both.write_bytes(outside + inside[24:])
    done = run(
        "compare", str(both), "--outside", "net:198.51.100.0/24", "--inside", "net:10.0.0.0/8", "--format", "json"
    )
    found = json.loads(done.stdout)

    assert done.exit_code == 1
    assert [(one["side"], one["sessions"], one["files"]) for one in found["captures"]] == [
        ("outside", 2, [str(both)]),
        ("inside", 2, [str(both)]),
    ]
    assert [one["outside"] for one in found["pairs"]] == [0, 1]


def test_choosing_sessions(run: Run, masked: Files) -> None:
    done = run("compare", *masked, "--from", "ann1@example.org", "--format", "json")
    found = json.loads(done.stdout)

    assert [(one["outside"], one["inside"]) for one in found["pairs"]] == [(1, 1)]
    assert [one["index"] for one in found["sessions"]] == [1, 1]
    assert {one["outside"] for one in found["findings"]} == {1}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--from", "nobody@example.org"), "None of 4 sessions matches; the captures cover"),
        (("--since", "2030-01-01"), "the captures end before the time asked for"),
        (("--until", "2001-01-01"), "the captures begin after the time asked for"),
    ],
)
def test_nothing_matched(run: Run, masked: Files, words: tuple[str, ...], expected: str) -> None:
    done = run("compare", *masked, *words)

    assert done.exit_code == 2
    assert expected in done.stderr


def test_inspect_looks_at_one_side(run: Run, clean: Files) -> None:
    done = run("inspect", clean.outside)

    assert done.exit_code == 0
    assert done.stdout.startswith("CLEAN: nothing looks rewritten in 2 sessions, as far as one capture can tell.\n")


def test_json_lines_come_while_reading(run: Run, clean: Files) -> None:
    rows = [json.loads(line) for line in run("inspect", clean.outside, "--format", "jsonl").stdout.splitlines()]

    assert [row["type"] for row in rows[:4]] == ["report", "session", "session", "capture"]
    assert [row["index"] for row in rows[1:3]] == [0, 1]


def test_show_side_by_side_and_alone(run: Run, masked: Files) -> None:
    both = run("show", "1", *masked)
    one = run("show", "1", masked.outside)
    same = run("show", "1", masked.outside, masked.inside, "--one")

    assert both.exit_code == one.exit_code == 0
    assert "≠" in both.stdout
    assert "MAIL FROM:<ann1@example.org>" in one.stdout
    assert "≠" not in same.stdout


def test_a_closed_pipe_ends_quietly(masked: Files) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "pcapsleuth", "compare", *masked, "--all"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)

    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"Broken" not in done.stderr


def test_an_interrupt_writes_what_there_is(run: Run, clean: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    from pcapsleuth.capture.reader import CaptureReader

    reading = CaptureReader.__iter__

    def interrupted(self: CaptureReader):  # type: ignore[no-untyped-def]  # noqa: ANN202
        yield from reading(self)
        raise KeyboardInterrupt

    monkeypatch.setattr(CaptureReader, "__iter__", interrupted)
    done = run("inspect", clean.outside)

    assert done.exit_code == 130
    assert "Reading was interrupted" in done.stdout


def test_help_and_version(run: Run) -> None:
    shown = run("--help")

    assert shown.exit_code == 0
    assert all(f"  {name} " in shown.stdout for name in COMMANDS)
    assert run("--version").stdout.startswith("pcapsleuth, version ")
    for name in COMMANDS:
        assert run(name, "--help").exit_code == 0


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    from pcapsleuth import __version__

    assert version("pcapsleuth") == __version__
