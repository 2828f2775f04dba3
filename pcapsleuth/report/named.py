"""The device and what to do about it, for the top of a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pcapsleuth.profiles.profile import quoted
from pcapsleuth.report.columns import paragraph
from pcapsleuth.report.escape import harmless
from pcapsleuth.report.look import Look
from pcapsleuth.report.model import Report
from pcapsleuth.report.steps import steps
from pcapsleuth.report.words import listed

REASONS = 2
"""Reasons for a device that are told; the document has all."""

SIBLINGS = 4
REMEDIES = 3
CHECKS = 3
LABELS = 2
"""Labels that a remedy ends before the list is cut."""

AGAINST_SOME = "against "

RIVALS = 2
UNKNOWN = "it is not known to do this"
AGAINST = ("against it: ", "not ")
APART = "cannot be told from "
ELSEWHERE = ("an editor ", "a proxy ", "it answers as ")


def device(report: Report, look: Look, margin: str) -> Iterator[str]:
    """The best device, why it is that, and what it could be instead; the smallest remedy, or what to do next."""
    following = list(steps(report))
    if not report.devices:
        if following:
            yield ""
            yield from _block("Next", following, look, margin)
        return
    best: Mapping[str, Any] = report.devices[0]
    yield ""
    yield from _block(heading(report, best), list(_named(best, report.devices)), look, margin)
    if best["remedies"]:
        yield from _block("Remedy", list(_remedy(best)), look, margin)
    elif following:
        yield from _block("Next", following, look, margin)


def heading(report: Report, named: Mapping[str, Any]) -> str:
    """`Device` where it may be the one that was asked about; what both captures show alike was done elsewhere."""
    return "Device" if report.mode != "compare" or named["where"] == "between" else "Elsewhere"


def _block(word: str, lines: Sequence[str], look: Look, margin: str) -> Iterator[str]:
    """Lines behind a word in the margin."""
    for number, line in enumerate(lines):
        yield from paragraph(harmless(line), look.width, margin, f"{'' if number else word:11}")


def ranked(reasons: Sequence[str]) -> list[str]:
    """Reasons for a device in the order in which they tell it from others: any firewall changes TCP."""
    return sorted(reasons, key=lambda line: " TCP " in line)


def _named(best: Mapping[str, Any], devices: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """Its name, what speaks for it in short, and what it could be instead."""
    yield f"like {best['name']} ({best['confidence']})"
    told: list[str] = [str(line) for line in best["why"]]
    yield from (line for line in told if line.startswith(ELSEWHERE))
    for_it = [line for line in ranked(told) if not line.startswith((*AGAINST, APART, *ELSEWHERE))]
    # The example behind the colon stands in the list of changes.
    yield from (line.partition(": ")[0] for line in for_it[:REASONS])
    for start in AGAINST:
        yield from [short for line in told if line.startswith(start) and (short := _short(line))][:RIVALS]
    # What did something elsewhere is no rival of what did this.
    others = [str(other["profile"]) for other in devices[1:] if other["where"] == best["where"]]
    if others:
        yield f"cannot be told here from {listed(others, SIBLINGS)}"


def _short(line: str) -> str:
    """What speaks against a device in a few words; nothing where it takes examples."""
    name, _, reason = line.partition(": ")
    passes = reason.partition(UNKNOWN)[0].removesuffix(" and ")
    return f"{name}: {passes}" if passes else ""


def _labels(remedy: Mapping[str, Any]) -> list[str]:
    """What a remedy ends, each label once; with its subject where there is no other."""
    names: dict[str, list[str]] = {}
    for name in remedy["cures"]:
        names.setdefault(str(name).partition(":")[0], []).append(str(name))
    return [label if len(found) > 1 else found[0] for label, found in names.items()]


def choices(best: Mapping[str, Any]) -> list[str]:
    """The remedies of a device, smallest first; of those that do not end all it is said what they end."""
    remedies: list[Mapping[str, Any]] = best["remedies"]
    all_ = {name for one in remedies for name in one.get("cures", ())}
    return [_choice(one, whole=len(one.get("cures", all_)) == len(all_)) for one in remedies[:REMEDIES]]


def after(choice: str, word: str) -> str:
    """A remedy behind a word: `or: do this`, `or against that alone: do this`."""
    return f"{word} {choice}" if choice.startswith(AGAINST_SOME) else f"{word}: {choice}"


def _choice(remedy: Mapping[str, Any], *, whole: bool) -> str:
    """A remedy in a line: what ends one change of several is no answer to the others, and mail may fail of those."""
    hosts = f" ({listed(list(remedy['hosts']), 2)})" if remedy.get("hosts") else ""
    some = "" if whole else f"{AGAINST_SOME}{listed(_labels(remedy), LABELS)} alone: "
    return f"{some}{remedy['title']}{hosts}"


def _remedy(best: Mapping[str, Any]) -> Iterator[str]:
    """What to look at, then the remedies, smallest first."""
    remedies: list[Mapping[str, Any]] = best["remedies"]
    looks = [str(line).partition(": ")[0] for line in remedies[0]["first"]]
    if looks:
        yield f"first look, change nothing: {listed([quoted(one) for one in looks[:CHECKS]], CHECKS)}"
    for number, choice in enumerate(choices(best)):
        word = "or" if number else "then" if looks else ""
        yield after(choice, word) if word else choice
    yield f"`pcapsleuth explain {best['profile']}` has the commands, their order and the risks"
