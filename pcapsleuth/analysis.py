"""A case to explore: what `pcapsleuth.compare` and `pcapsleuth.inspect` return, with tables, charts and pages.

    case = pcapsleuth.compare("outside.pcap", "inside.pcap")
    case.findings                  # DataFrames: sessions, commands, pairs, differences, findings
    case.diff(5)                   # one dialogue side by side
    case.plot.capabilities()       # matplotlib figures
    case.save("report.html")

The report itself, without pandas, is `case.report`.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pcapsleuth.case import compare as report_of_both
from pcapsleuth.case import inspect as report_of_one
from pcapsleuth.detect.finding import Place
from pcapsleuth.errors import OptionError
from pcapsleuth.report.look import Look
from pcapsleuth.report.model import Capture, Report, Verdict
from pcapsleuth.report.overview import entries
from pcapsleuth.report.plots import Plots
from pcapsleuth.spool.reading import DEFAULT, Options, Paths
from pcapsleuth.spool.reading import Path as CapturePath

if TYPE_CHECKING:
    import pandas as pd


def compare(
    outside: Paths,
    inside: Paths = (),
    *,
    points: tuple[str, str] | None = None,
    options: Options = DEFAULT,
) -> Case:
    """Compare the captures of both sides of a device.

    Either give the files of each side, or only those that saw both and, as `points`, the selectors of the outside
    and of the inside (`if:NAME`, `vlan:N`, `mac:ADDR`, `net:CIDR`).
    """
    return Case(report_of_both(outside, inside, points=points, options=options))


def inspect(*captures: CapturePath, options: Options = DEFAULT) -> Case:
    """Look at the captures of one observation point; several files are one capture, in the order of their time."""
    return Case(report_of_one(*captures, options=options))


class Case:
    """The answer to one question put to captures, to look at from all sides."""

    def __init__(self, report: Report) -> None:
        self.report = report

    @property
    def verdict(self) -> Verdict:
        """What was changed, and whether mail failed because of it."""
        return self.report.verdict

    @property
    def captures(self) -> tuple[Capture, ...]:
        """What was read."""
        return self.report.captures

    @property
    def exit_status(self) -> int:
        """As the command would end: 0 nothing, 1 something, 2 trouble."""
        return self.report.exit_status

    @cached_property
    def sessions(self) -> pd.DataFrame:
        """One row a session of a side."""
        from pcapsleuth.report.tables import sessions

        return sessions(self.report)

    @cached_property
    def commands(self) -> pd.DataFrame:
        """One row a command, with the reply to it."""
        from pcapsleuth.report.tables import commands

        return commands(self.report)

    @cached_property
    def pairs(self) -> pd.DataFrame:
        """One row a pair of sessions."""
        from pcapsleuth.report.tables import pairs

        return pairs(self.report)

    @cached_property
    def differences(self) -> pd.DataFrame:
        """One row a difference between the two views of a session."""
        from pcapsleuth.report.tables import differences

        return differences(self.report)

    @cached_property
    def findings(self) -> pd.DataFrame:
        """One row a finding."""
        from pcapsleuth.report.tables import findings

        return findings(self.report)

    @property
    def plot(self) -> Plots:
        """The charts."""
        return Plots(self.report, self.place)

    def diff(self, session: int | str) -> Diff:
        """One dialogue, side by side where there are two: `5` by its outside number, or `"inside:5"`."""
        return Diff(self.report, self.place(session))

    def save(self, path: str | Path) -> None:
        """Write the report to a file; its suffix names the format, as with `-o`."""
        from pcapsleuth.report.formats import FORMATS, form_of, pieces

        form = form_of(str(path))
        if form is None:
            known = ", ".join(suffix for one in FORMATS.values() for suffix in one.suffixes)
            raise OptionError(f"{Path(path).name!r} does not say in which format. End it in one of {known}.")
        with Path(path).open("wb") as file:
            file.writelines(pieces(self.report, form, Look()))

    def place(self, session: int | str) -> Place:
        """Where a session stands among those of the report."""
        side, _, number = str(session).removeprefix("#").rpartition(":")
        if number.isdecimal() and side in ("", "outside", "inside"):
            for place, _ in entries(self.report):
                index = place[1] if side == "inside" else place[0]
                if int(number) == (place[2] if self.report.mode != "compare" else index):
                    return place
        raise OptionError(f"There is no session {session!r}. The numbers are in case.sessions.")

    def __repr__(self) -> str:
        """The verdict."""
        return f"<{type(self).__name__} {self.verdict.status.value}: {self.verdict.text}>"

    def __str__(self) -> str:
        """The report as the terminal shows it."""
        from pcapsleuth.report.text import text

        return "\n".join(text(self.report, Look()))

    def _repr_html_(self) -> str:
        """What a notebook shows: verdict, changes, heat strip."""
        from pcapsleuth.report.html import fragment

        return fragment(self.report)


class Diff:
    """One dialogue, for a notebook or to print."""

    def __init__(self, report: Report, place: Place) -> None:
        self._report = report
        self._place = place

    def __repr__(self) -> str:
        """Both sides, or the one there is, as lines of text."""
        from pcapsleuth.report.page import talk

        rows = []
        for line in talk(self._report, Look(), self._place).lines:
            outside, inside = ("".join(part.text for part in one) for one in (line.outside, line.inside))
            rows.append((f"{line.time:8} {line.who}", outside, "=" if line.same else "≠", inside))
        room = max((len(outside) for _, outside, _, _ in rows), default=0)
        return "\n".join(f"{head} {outside:{room}} {mark} {inside}".rstrip() for head, outside, mark, inside in rows)

    def _repr_html_(self) -> str:
        """Side by side, what differs marked."""
        from pcapsleuth.report.html import dialogue

        return dialogue(self._report, Look(), self._place)


__all__ = ["Case", "Diff", "compare", "inspect"]
