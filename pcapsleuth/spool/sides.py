"""Both sides of a comparison: read, put away, paired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pcapsleuth.capture.points import Selector
from pcapsleuth.compare.comparison import Comparison, compare_pair
from pcapsleuth.compare.pair import Pair
from pcapsleuth.compare.pairing import pair as pair_sessions
from pcapsleuth.compare.signature import Signature, sign
from pcapsleuth.compare.view import Bounds
from pcapsleuth.detect.finding import Finding
from pcapsleuth.detect.hellos import Hellos
from pcapsleuth.detect.scope import Scope, Side
from pcapsleuth.detect.tries import Try, tries
from pcapsleuth.errors import OptionError
from pcapsleuth.report.judging import telling
from pcapsleuth.report.limits import nothing_chosen
from pcapsleuth.report.model import Capture, SessionKey
from pcapsleuth.report.selection import Selection
from pcapsleuth.smtp.dialogue import Dialogue
from pcapsleuth.spool.numbering import number
from pcapsleuth.spool.reading import Options, Paths, Reading, Watch, account_of, paths_of, share_out
from pcapsleuth.spool.shelf import Dialogues

SIDES = ("outside", "inside")


class View:
    """One side: its finished sessions, and what pairing needs of them."""

    def __init__(self, name: str, selection: Selection) -> None:
        self.name = name
        self.dialogues = Dialogues()
        self.tries: dict[int, list[Try]] = {}
        self.hellos = Hellos()
        self.chosen: set[int] = set()
        self.firsts: dict[int, int] = {}
        """The first frame of every session."""
        self._signatures: dict[int, Signature] = {}
        self._selection = selection

    @property
    def signatures(self) -> list[Signature]:
        """One a session, by index."""
        return [signature for _, signature in sorted(self._signatures.items())]

    def take(self, dialogue: Dialogue) -> None:
        """Put a finished session away."""
        index = dialogue.connection.index
        self.firsts[index] = dialogue.connection.first_frame
        self.dialogues.put(dialogue)
        self._signatures[index] = sign(dialogue)
        if attempts := tries(dialogue):
            self.tries[index] = attempts
        self.hellos.take(dialogue)
        if self._selection and self._selection.matches(dialogue):
            self.chosen.add(index)

    def join(self, others: Sequence[View], files: Sequence[int]) -> None:
        """Take what several processes put away; `files` is the order of reading."""
        for other, known in zip(others, number([one.firsts for one in others], files), strict=True):
            self.dialogues.join(other.dialogues, known)
            for signature in other.signatures:
                self._signatures[known[signature.index]] = signature._replace(index=known[signature.index])
            for index, attempts in other.tries.items():
                self.tries[known[index]] = [one.renumbered(known) for one in attempts]
            self.hellos.join(other.hellos, known)
            self.firsts.update((known[index], frame) for index, frame in other.firsts.items())
            self.chosen.update(known[index] for index in other.chosen)


class Views:
    """The sides whose sessions are read together: of one, or of both."""

    def __init__(self, names: Sequence[str], selection: Selection) -> None:
        self.all = [View(name, selection) for name in names]

    def take(self, dialogue: Dialogue) -> None:
        """Put a finished session away on its side."""
        self.all[dialogue.connection.point].take(dialogue)


class Paired:
    """The sessions of both sides, and which of them are one."""

    def __init__(
        self,
        outside: Paths,
        inside: Paths,
        points: tuple[str, str] | None,
        options: Options,
        watch: Watch,
    ) -> None:
        """Read everything and pair it; only what the options choose stays in `pairing`."""
        self.outside, self.inside = (View(name, options.selection) for name in SIDES)
        self._readings = self._read(paths_of(outside), paths_of(inside), points, options, watch)
        self.bounds: tuple[Bounds, Bounds] = (self._readings[0].bounds, self._readings[1].bounds)
        self.pairing = pair_sessions(self.outside.signatures, self.inside.signatures, *self.bounds)
        self.chosen: set[SessionKey] | None = None
        """The sessions that the reader asked for; None for all."""
        if options.selection:
            self.chosen = self._choose()
            if not self.chosen and any(account.sessions for account in self.accounts):
                raise OptionError(nothing_chosen(options.selection, self.accounts))

    @property
    def views(self) -> tuple[View, View]:
        """Outside, then inside."""
        return self.outside, self.inside

    @property
    def interrupted(self) -> bool:
        """Whether reading was stopped by hand."""
        return any(reading.interrupted for reading in self._readings)

    @property
    def accounts(self) -> tuple[Capture, Capture]:
        """What was read of each side."""
        first, second = (
            account_of(view.name, reading, len(view.dialogues))
            for view, reading in zip(self.views, self._readings, strict=True)
        )
        return first, second

    def _read(
        self, outside: list[str], inside: list[str], points: tuple[str, str] | None, options: Options, watch: Watch
    ) -> tuple[Reading, Reading]:
        """Read both sides, from files of their own or from the same ones."""
        if points is None:
            if not outside or not inside:
                raise OptionError("Nothing to compare with. Give captures of both sides, or one and two selectors.")
            first = self._fill([self.outside], outside, None, options, watch)
            return first, self._fill([self.inside], [] if first.interrupted else inside, None, options, watch)
        if inside:
            raise OptionError("Two selectors choose both sides from the same files. Give no second list of files.")
        selectors = Selector.parse(points[0]), Selector.parse(points[1])
        both = self._fill(self.views, outside, selectors, options, watch)
        return both, both

    @staticmethod
    def _fill(
        views: Sequence[View],
        paths: list[str],
        points: tuple[Selector, Selector] | None,
        options: Options,
        watch: Watch,
    ) -> Reading:
        """Read files that hold one side or both."""
        names = [view.name for view in views]
        parts, reading = share_out(paths, points, options, watch, lambda: Views(names, options.selection))
        for at, view in enumerate(views):
            view.join([part.all[at] for part in parts], reading.files)
        return reading

    def _choose(self) -> set[SessionKey]:
        """Keep what the reader asked for: a pair is meant if one of its views is."""
        outside, inside = self.outside.chosen, self.inside.chosen
        pairs = [pair for pair in self.pairing.pairs if pair.outside in outside or pair.inside in inside]
        outside |= {pair.outside for pair in pairs}
        inside |= {pair.inside for pair in pairs}
        self.pairing = replace(
            self.pairing,
            pairs=pairs,
            unpaired_outside=[one for one in self.pairing.unpaired_outside if one.index in outside],
            unpaired_inside=[one for one in self.pairing.unpaired_inside if one.index in inside],
        )
        return {("outside", index) for index in outside} | {("inside", index) for index in inside}

    def compare(self, pair: Pair) -> Comparison:
        """Compare the two views of a pair."""
        views = self.outside.dialogues.load(pair.outside), self.inside.dialogues.load(pair.inside)
        return compare_pair(*views, pair, direction=pair.direction, clock=self.pairing.clock, bounds=self.bounds)

    def outcome(self, pair: Pair) -> str:
        """What became of a session: as its client saw it, or its server where the client's side does not show it."""
        return self._outcome(telling(pair, self._outcome))

    def _outcome(self, key: SessionKey) -> str:
        """What one side shows of the end of a session."""
        side, index = key
        return next(view for view in self.views if view.name == side).dialogues.facts(index).outcome

    def outcomes(self) -> dict[int, str]:
        """What became of the outside sessions, by index."""
        alone = {one.index: self.outside.dialogues.facts(one.index).outcome for one in self.pairing.unpaired_outside}
        return alone | {pair.outside: self.outcome(pair) for pair in self.pairing.pairs}

    def directions(self) -> dict[SessionKey, str | None]:
        """Which way each paired session runs."""
        found: dict[SessionKey, str | None] = {}
        for pair in self.pairing.pairs:
            found["outside", pair.outside] = found["inside", pair.inside] = pair.direction
        return found

    def scope(self, findings: Sequence[Finding] = ()) -> Scope:
        """All of it, as the detectors of a whole comparison look at it; `findings` are those of the pairs."""
        pairing = self.pairing
        outside, inside = (
            Side(
                view.name,
                view.signatures,
                view.tries,
                [one.index for one in alone],
                bounds,
                view.dialogues.load,
                view.hellos,
                reading.account.unreadable,
            )
            for view, alone, bounds, reading in zip(
                self.views,
                (pairing.unpaired_outside, pairing.unpaired_inside),
                self.bounds,
                self._readings,
                strict=True,
            )
        )
        outbound = {pair.outside for pair in pairing.pairs if pair.direction == "outbound"}
        return Scope(outside, inside, pairing.pairs, outbound, pairing.clock, findings)
