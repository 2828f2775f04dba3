"""A scripted server on the loopback plays what stands behind a device; the program is run against it."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from pcapsleuth.capture.reader import CaptureReader
from pcapsleuth.errors import OptionError
from pcapsleuth.probe.address import Target, servers, target
from pcapsleuth.probe.talk import talk
from pcapsleuth.smtp.builder import DialogueBuilder
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.tcp.table import ConnectionTable

CLEAN = {
    "": "220 mx1.example.com ESMTP",
    "EHLO": "250-mx1.example.com\r\n250-PIPELINING\r\n250 STARTTLS",
    "GOODMORNING": "500 5.5.1 command unrecognized",
    "NOOP": "250 2.0.0 Ok",
    "HELP": "214 see RFC 5321",
    "QUIT": "221 2.0.0 Bye",
}
MASKED = CLEAN | {
    "": "220 " + "*" * 21,
    "EHLO": "250-mx1.example.com\r\n250-PIPELINING\r\n250 XXXXXXXA",
    "GOODMORNING": '500 Error: command "XXXXXXXXXXX" not recognized',
}
MAILHOST = CLEAN | {"": "220 SMTP/cmap ready" + "_" * 20, "EHLO": "OK", "GOODMORNING": "OK", "HELP": "OK"}
HELO_ONLY = CLEAN | {"": "220 mx1.example.com SMTP", "EHLO": "500 Command unrecognized", "HELO": "250 mx1.example.com"}
HELPFUL = HELO_ONLY | {"HELP": "214-HELO EHLO MAIL RCPT DATA\r\n214 End of HELP info"}
YES_MAN = dict.fromkeys(CLEAN, "250 OK") | {"": "220 mx1.example.com"}
ACCEPTING = CLEAN | {"GOODMORNING": "250 2.0.0 Ok"}
REFUSING = CLEAN | {"EHLO": "500 Command unrecognized", "HELO": "250 mx1.example.com"}
SWALLOWING = {verb: text for verb, text in CLEAN.items() if verb != "GOODMORNING"}


@contextmanager
def server(answers: dict[str, str], family: int = socket.AF_INET) -> Iterator[tuple[int, list[bytes]]]:
    """Serve one conversation on the loopback; yields the port, and the segments as they come in."""
    came: list[bytes] = []
    with socket.socket(family, socket.SOCK_STREAM) as door:
        door.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        door.listen()

        def serve() -> None:
            plug, _ = door.accept()
            with plug:
                plug.settimeout(10)
                if "" in answers:
                    plug.sendall(answers[""].encode() + b"\r\n")
                while data := plug.recv(4096):
                    came.append(data)
                    verb = data.split()[0].decode().upper()
                    if verb in answers:
                        plug.sendall(answers[verb].encode() + b"\r\n")
                    if verb == "QUIT":
                        break

        thread = threading.Thread(target=serve)
        thread.start()
        yield door.getsockname()[1], came
        thread.join()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    command = [sys.executable, "-m", "pcapsleuth", "probe", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def ask(answers: dict[str, str], *more: str, host: str = "127.0.0.1") -> subprocess.CompletedProcess[str]:
    """Ask a server that answers so."""
    with server(answers, socket.AF_INET6 if ":" in host else socket.AF_INET) as (port, _):
        return run(f"[{host}]:{port}", "--timeout", "1", *more)


def test_a_clean_server_is_clean_and_that_proves_little() -> None:
    done = ask(CLEAN)

    assert (done.returncode, done.stdout.split(":")[0]) == (0, "CLEAN")
    assert "STARTTLS   offered" in done.stdout
    assert "from inside it proves nothing" in done.stdout
    assert "Looked     from 127.0.0.1 at 127.0.0.1" in done.stdout


def test_what_will_be_sent_is_said_before() -> None:
    done = ask(CLEAN, "--ehlo", "probe.example.net")

    assert "\n  EHLO probe.example.net\n" in done.stderr
    assert "\n  goodmorning\n" in done.stderr
    assert "No mail" in done.stderr
    assert "from 127.0.0.1" in done.stderr


def test_each_line_is_one_segment_and_no_mail_is_sent() -> None:
    with server(CLEAN) as (port, came):
        run(f"127.0.0.1:{port}")

    assert came == [b"EHLO [127.0.0.1]\r\n", b"goodmorning\r\n", b"NOOP\r\n", b"HELP\r\n", b"QUIT\r\n"]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (
            MASKED,
            (
                "banner-masked",
                "capability-masked:STARTTLS",
                "verb-masked:GOODMORNING",
                "(proven)",
                "Device     like Cisco ASA",
            ),
        ),
        (MAILHOST, ("banner-rewritten", "reply-injected:GOODMORNING", "reply-injected:EHLO", "(likely)")),
        (REFUSING, ("verb-blocked:EHLO", "(possible)", "C HELO [127.0.0.1]")),
        (HELPFUL, ("verb-blocked:EHLO", "(possible)", "switched off")),
        (SWALLOWING, ("command-swallowed:GOODMORNING", "(possible)")),
        (ACCEPTING, ("reply-injected:GOODMORNING", "(possible)", "or: a server that accepts anything")),
    ],
)
def test_a_device_is_suspected(answers: dict[str, str], said: tuple[str, ...]) -> None:
    done = ask(answers)

    assert (done.returncode, done.stdout.split(":")[0]) == (1, "SUSPICIOUS"), done.stderr
    assert [words for words in said if words not in done.stdout] == []


def test_a_server_that_knows_only_helo_is_no_suspect() -> None:
    done = ask(HELO_ONLY)

    assert (done.returncode, done.stdout.split(":")[0]) == (0, "CLEAN"), done.stdout
    assert "EHLO       refused: a server that knows only HELO does so, and a device may" in done.stdout
    assert "STARTTLS   not known" in done.stdout


def test_who_falls_silent_is_not_called_clean() -> None:
    done = ask({"": CLEAN[""], "EHLO": CLEAN["EHLO"], "QUIT": "221 bye"}, "--timeout", "0.3")

    assert (done.returncode, done.stdout.split(":")[0]) == (2, "CANNOT TELL"), done.stdout
    assert "nothing more was heard after NOOP" in " ".join(done.stdout.split())


def test_who_never_stops_talking_is_not_listened_to_for_ever() -> None:
    def chat(plug: socket.socket) -> None:
        with plug, suppress(OSError):
            plug.sendall(b"220 mx\r\n")
            while True:
                plug.sendall(b"x")
                time.sleep(0.02)

    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        thread = threading.Thread(target=lambda: chat(door.accept()[0]))
        thread.start()
        begun = time.monotonic()
        found = talk(door.getsockname(), "me", 0.3, lambda said: None)
        thread.join()

    assert time.monotonic() - begun < 5
    assert [said.data.split()[0] for said in found.said if said.who == "C"][-1:] == [b"QUIT"]


def test_of_who_says_yes_to_everything_nothing_is_told() -> None:
    done = ask(YES_MAN)

    assert (done.returncode, done.stdout.split(":")[0]) == (2, "CANNOT TELL"), done.stdout
    assert "a server that accepts anything" in done.stdout


def test_findings_need_not_fail_a_script() -> None:
    assert ask(MASKED, "--exit-zero").returncode == 0


def test_ipv6_is_asked_as_well() -> None:
    done = ask(CLEAN, host="::1")

    assert done.returncode == 0, done.stderr
    assert "C EHLO [IPv6:::1]" in done.stdout


def test_nobody_there_is_trouble() -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        done = run(f"127.0.0.1:{door.getsockname()[1]}")

    assert done.returncode == 2
    assert "refused" in done.stderr


def test_a_port_that_does_not_greet_is_trouble() -> None:
    done = ask({"QUIT": "221 bye"})

    assert done.returncode == 2
    assert "nobody greets" in done.stderr


@pytest.mark.parametrize("name", ["evidence.pcap", "evidence.pcapng"])
def test_the_evidence_is_a_capture_of_the_same_dialogue(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with server(MASKED) as (port, _):
        done = run(f"127.0.0.1:{port}", "--pcap", str(path))
    table = ConnectionTable(DialogueBuilder, (port,))
    found = [one for batch in CaptureReader([str(path)], (port,)) for one in table.feed(batch)] + table.close()

    (session,) = found
    assert isinstance(session, Dialogue)
    assert "synthetic" in done.stderr
    assert session.text(session.rows[0]) == b"220 " + b"*" * 21 + b"\r\n"
    assert [(row.word, row.first_frame) for _, row in session.commands()][:2] == [(b"EHLO", 5), (b"GOODMORNING", 7)]


def test_evidence_that_cannot_be_kept_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    done = run("mx.invalid", "--pcap", str(tmp_path / "nowhere" / "asked.pcap"))

    assert (done.returncode, done.stdout) == (2, "")
    assert "Asking" not in done.stderr
    assert "--pcap" in done.stderr


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("mx.example.com", Target("mx.example.com")),
        ("mx.example.com:2525", Target("mx.example.com", 2525)),
        ("2001:db8::25", Target("2001:db8::25")),
        ("[2001:db8::25]:2525", Target("2001:db8::25", 2525)),
    ],
)
def test_a_server_is_written_as_usual(text: str, meant: Target) -> None:
    assert target(text) == meant


def test_a_server_that_is_none_is_refused() -> None:
    with pytest.raises(OptionError, match="is no server"):
        target("mx.example.com:smtp")


def test_neither_host_nor_domain_is_bad_usage() -> None:
    assert run().returncode == 2


class FakeResolver(ModuleType):
    """Stands in for `dns.resolver`."""

    class NoAnswer(Exception):  # noqa: N818
        pass

    def __init__(self, *records: tuple[int, str]) -> None:
        super().__init__("dns.resolver")
        self.records = [SimpleNamespace(preference=number, exchange=name) for number, name in records]

    def resolve(self, domain: str, kind: str) -> list[SimpleNamespace]:
        if not self.records:
            raise self.NoAnswer
        return self.records


def fake(monkeypatch: pytest.MonkeyPatch, *records: tuple[int, str]) -> None:
    """Have the DNS say so."""
    package, exception, resolver = ModuleType("dns"), ModuleType("dns.exception"), FakeResolver(*records)
    exception.DNSException = RuntimeError  # type: ignore[attr-defined]
    package.exception, package.resolver = exception, resolver  # type: ignore[attr-defined]
    for module in (package, exception, resolver):
        monkeypatch.setitem(sys.modules, module.__name__, module)


def test_the_servers_of_a_domain_come_best_first(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, (20, "b.example.com."), (10, "a.example.com."))

    assert servers("example.com") == [Target("a.example.com"), Target("b.example.com")]


def test_a_domain_without_mx_takes_mail_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch)

    assert servers("example.com") == [Target("example.com")]


def test_a_domain_may_say_that_it_takes_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    fake(monkeypatch, (0, "."))

    with pytest.raises(OptionError, match="takes no mail"):
        servers("example.com")


def test_without_dnspython_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dns", None)

    with pytest.raises(OptionError, match=r"pcapsleuth\[probe\]"):
        servers("example.com")
