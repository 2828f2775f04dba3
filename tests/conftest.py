"""Settings of the whole suite: what may be skipped, and how hard properties are tried.

A skipped test is a hole in the suite: every run says which and why, and CI does not accept it.

Under CI (the variable `CI` is set) a run fails if anything was skipped for another reason than a capability that the
machine lacks by nature, which `tests/needs.py` names with `capability:`. A program that is missing is no such reason:
`.ci/run` installs it.

Property tests draw the same examples every time in CI, new ones elsewhere, and very many under `make fuzz`.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

settings.register_profile("quick", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("fuzz", deadline=None, max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "quick"))

LAWFUL = "capability: "


class Skips:
    """Collects the reasons of skips as they are reported."""

    def __init__(self) -> None:
        self.reasons: dict[str, int] = {}

    def note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        """Take note of a report, if it is one of a skip."""
        if report.skipped and not hasattr(report, "wasxfail"):
            text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            reason = text.removeprefix("Skipped: ")
            self.reasons[reason] = self.reasons.get(reason, 0) + 1

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hear of a test."""
        self.note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Hear of a module that was skipped as a whole."""
        self.note(report)

    @property
    def unlawful(self) -> dict[str, int]:
        """The reasons that CI does not accept."""
        return {reason: count for reason, count in self.reasons.items() if not reason.startswith(LAWFUL)}

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a run in CI that left out what it could have run."""
        if os.environ.get("CI") and self.unlawful and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was skipped and why, and what of it CI does not accept."""
        if not self.reasons:
            return
        terminalreporter.section("skipped, and why")
        for reason, count in sorted(self.reasons.items()):
            verdict = "  <- not accepted in CI" if os.environ.get("CI") and reason in self.unlawful else ""
            terminalreporter.line(f"{count:5}  {reason}{verdict}")


def pytest_configure(config: pytest.Config) -> None:
    """Listen to the reports of this run; the workers of a distributed run leave it to their master."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Skips(), "pcapsleuth-skips")
