"""The charts: figures without a window and without global state (never pyplot), in colours that all can tell apart.

A chart shows what fits and says in its title what it left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pcapsleuth.report.columns import fit
from pcapsleuth.report.dialogue_rows import Line
from pcapsleuth.report.marking import Parts
from pcapsleuth.report.words import count

BARS = 25
KEYWORDS = 30
MESSAGES = 30
STEPS = 80
"""The most that a chart shows."""

NUMBERED = 16
"""Tries of a message that bear their number: more would write one over the other."""

SEVERE = {"critical": "#b2182b", "warning": "#e08214", "info": "#4393c3"}
GOOD, BAD, INK, SOFT = "#2166ac", "#c8401a", "#1c2024", "#6b7580"
"""Blue and vermilion: told apart by the colour-blind, and in print by their lightness."""


class Chart(Figure):
    """A figure that a notebook shows without being told to."""

    def _repr_png_(self) -> bytes:
        """The picture."""
        out = BytesIO()
        self.savefig(out, format="png", dpi=110, metadata={"Software": None})
        return out.getvalue()


class Bar(NamedTuple):
    """How often a label was said."""

    name: str
    severity: str
    sessions: int
    caused: int
    """Sessions of these in which mail failed because of it."""


class Try(NamedTuple):
    """One delivery of a message that came more than once."""

    message: str
    time: int
    session: int
    outcome: str


def labels(bars: Sequence[Bar], sessions: int) -> Chart:
    """In how many sessions each label was said, the share that made mail fail in full colour."""
    shown = list(bars[:BARS])[::-1]
    if not shown:
        return _empty(f"Nothing was said of {count(sessions, 'session')}")
    figure, axes = _axes(9, 1.3 + 0.34 * max(len(shown), 2))
    for place, bar in enumerate(shown):
        colour = SEVERE.get(bar.severity, SOFT)
        axes.barh(place, bar.sessions, color=colour, alpha=0.45, height=0.68)
        axes.barh(place, bar.caused, color=colour, height=0.68, hatch="///", edgecolor="white", linewidth=0)
        because = f", {bar.caused:,} failed of it" if bar.caused else ""
        axes.text(
            bar.sessions, place, f"  {bar.sessions:,} {bar.severity}{because}", va="center", color=INK, fontsize=9
        )
    axes.set_yticks(range(len(shown)), [fit(bar.name, 44) for bar in shown], family="monospace", fontsize=9)
    axes.set_xlim(0, max(bar.sessions for bar in shown) * 1.35)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("sessions")
    _title(axes, f"What was said of {count(sessions, 'session')}", len(bars) - len(shown), "rarer labels")
    return figure


def capabilities(passed: Counter[tuple[str, str]], ends: tuple[str, str]) -> Chart:
    """Keyword lines as the server offered them against those that the client was shown; the diagonal is what passed."""
    if not passed:
        return _empty("Capabilities: no session shows both what the server offered and what the client was shown")
    rows, columns, left_out = _keywords(passed)
    grid = [[passed[offered, shown] for shown in columns] for offered in rows]
    figure, axes = _axes(2.6 + 0.36 * max(len(columns), 12), 2.6 + 0.32 * max(len(rows), 3))
    _cells(axes, grid, rows, columns)
    named = [fit(name, 26) or "(not shown)" for name in columns]
    axes.set_xticks(range(len(columns)), named, rotation=90, family="monospace", fontsize=8)
    axes.set_yticks(
        range(len(rows)), [fit(name, 26) or "(not offered)" for name in rows], family="monospace", fontsize=8
    )
    axes.set_ylabel(f"offered {ends[0]}")
    axes.set_xlabel(f"shown {ends[1]}")
    _title(axes, "Capabilities: offered by the server, shown to the client", left_out, "rarer keywords")
    return figure


def _keywords(passed: Counter[tuple[str, str]]) -> tuple[list[str], list[str], int]:
    """The rows and the columns, so that what passed lies on the diagonal; and how many rows are left out."""
    often = Counter[str]()
    for (offered, _), number in passed.items():
        often[offered] += number
    kept = [name for name, _ in sorted(often.items(), key=lambda one: (-one[1], one[0])) if name][:KEYWORDS]
    rows = sorted(kept) + [""] * ("" in often)
    changed = sorted({shown for offered, shown in passed if offered in rows} - {*rows, ""})
    return rows, [*sorted(kept), *changed[:KEYWORDS], ""], len(often) - len(rows)


def _cells(axes: Axes, grid: list[list[int]], rows: list[str], columns: list[str]) -> None:
    """The counts, blue where a line passed as it was and vermilion where it did not."""
    most = max((number for row in grid for number in row), default=1) or 1
    blue = LinearSegmentedColormap.from_list("passed", ["#dbe7f3", GOOD])
    red = LinearSegmentedColormap.from_list("changed", ["#f8d3c4", BAD])
    picture = [[(1.0, 1.0, 1.0, 1.0)] * len(columns) for _ in rows]
    for y, row in enumerate(grid):
        for x, number in enumerate(row):
            if number:
                strength = number / most
                picture[y][x] = (blue if rows[y] == columns[x] else red)(strength)
                colour = "white" if strength > 0.5 else INK  # noqa: PLR2004  where black stops being read
                axes.text(x, y, f"{number:,}", ha="center", va="center", color=colour, fontsize=7.5)
    if rows:
        axes.imshow(picture, aspect="auto")
    axes.set_xticks([x - 0.5 for x in range(len(columns) + 1)], minor=True)
    axes.set_yticks([y - 0.5 for y in range(len(rows) + 1)], minor=True)
    axes.grid(which="minor", color="#e3e7eb", linewidth=0.6)
    axes.tick_params(which="both", length=0)


def duplicates(tries: Sequence[Try]) -> Chart:
    """Messages that were sent more than once, each on a line of its own, every try where it began."""
    messages: dict[str, list[Try]] = {}
    for one in tries:
        messages.setdefault(one.message, []).append(one)
    ordered = sorted(messages.items(), key=lambda one: (-len(one[1]), one[1][0].time))
    shown = sorted(ordered[:MESSAGES], key=lambda one: -one[1][0].time)
    if not shown:
        return _empty("No message came twice")
    figure, axes = _axes(9, 1.7 + 0.42 * max(len(shown), 2))
    for place, (_, all_) in enumerate(shown):
        times = [_date(one.time) for one in all_]
        axes.plot(times, [place] * len(times), color="#b9c1c9", linewidth=1.5, zorder=1)  # type: ignore[arg-type]
        for one, time in zip(all_, times, strict=True):
            good = one.outcome == "delivered"
            style = {"marker": "o" if good else "X", "color": GOOD if good else BAD}
            axes.plot([time], [place], markersize=9, linestyle="", zorder=2, **style)  # type: ignore[arg-type]
            if len(all_) <= NUMBERED:
                axes.annotate(
                    f"#{one.session}", (time, place), (0, 8), textcoords="offset points", ha="center", fontsize=8
                )
    names = [f"{fit(message, 34)}  ({len(all_)})" for message, all_ in shown]
    axes.set_yticks(range(len(shown)), names, family="monospace", fontsize=8)
    axes.set_ylim(-0.8, len(shown) - 0.2)
    locator = AutoDateLocator(minticks=3, maxticks=8, tz=UTC)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))  # type: ignore[no-untyped-call]
    axes.margins(x=0.08)
    axes.set_xlabel("begin of the session, UTC")
    for mark, colour, words in (
        ("o", GOOD, "delivered, as the client saw it"),
        ("X", BAD, "the client saw no success"),
    ):
        axes.plot([], [], mark, color=colour, label=words)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8.5)
    _title(axes, f"{count(len(messages), 'message')} sent more than once", len(messages) - len(shown), "more")
    return figure


def ladder(lines: Sequence[Line], title: str, *, client_outside: bool = True, two: bool = True) -> Chart:
    """A session as arrows between the client, the device and the server: what passed, what changed, what stopped.

    Of one point alone (not `two`) nothing is known of a device, and the arrows go from end to end.
    """
    shown = list(lines[:STEPS])
    figure, axes = _axes(11, 1.4 + 0.27 * max(len(shown), 3))
    ends = ("client", "device", "server") if two else ("client", "server")
    last = len(ends) - 1
    for place, name in enumerate(ends):
        axes.plot([place, place], [-0.9, len(shown) + 0.2], color="#c3cad1", linewidth=1.4, zorder=0)
        axes.text(place, -1.5, name, ha="center", fontsize=10, color=INK, weight="bold")
    for place, line in enumerate(shown):
        near, far = (line.outside, line.inside) if client_outside else (line.inside, line.outside)
        colour = INK if line.same else BAD
        for start, parts in ((0, near), (1, far)):
            if parts:
                _step(axes, place, start, line, parts, colour)
        if two and not (near and far):
            axes.plot([1], [place], marker="X", markersize=8, color=BAD, zorder=3)
        axes.text(-0.04, place, line.time, ha="right", va="center", fontsize=7.5, color=SOFT)
        axes.text(last + 0.04, place, line.frames, ha="left", va="center", fontsize=7.5, color=SOFT)
    axes.set_ylim(len(shown) + 0.4, -2)
    axes.set_xlim(-0.2, last + 0.25)
    axes.set_axis_off()
    _title(axes, title, len(lines) - len(shown), "more lines")
    return figure


def _step(axes: Axes, place: int, start: int, line: Line, parts: Parts, colour: str) -> None:
    """One arrow with what it carries."""
    ends = (start, start + 1) if line.who == "C" else (start + 1, start)
    style: dict[str, Any] = {"arrowstyle": "->", "color": colour, "linewidth": 1.0, "shrinkA": 0, "shrinkB": 3}
    axes.annotate("", (ends[1], place), (ends[0], place), arrowprops=style)
    text = fit("".join(part.text for part in parts), 56)
    axes.text(
        start + 0.5, place, text, ha="center", va="center", fontsize=7.5, family="monospace", color=colour,
        parse_math=False, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
    )  # fmt: skip


def _axes(width: float, height: float) -> tuple[Chart, Axes]:
    """An empty chart."""
    figure = Chart(figsize=(min(width, 16), min(height, 24)), layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    return figure, axes


def _empty(title: str) -> Chart:
    """A chart of nothing says so, without axes that would measure it."""
    figure, axes = _axes(9, 0.8)
    axes.set_axis_off()
    _title(axes, title, 0, "")
    return figure


def _title(axes: Axes, text: str, left_out: int, what: str) -> None:
    """What it shows, and how much it does not."""
    more = f" (and {left_out:,} {what})" if left_out > 0 else ""
    axes.set_title(f"{text}{more}", loc="left", fontsize=11, color=INK, parse_math=False)


def _date(time: int) -> datetime:
    """A time of the capture, to the microsecond."""
    return datetime.fromtimestamp(time // 1_000_000_000, UTC).replace(microsecond=time % 1_000_000_000 // 1000)
