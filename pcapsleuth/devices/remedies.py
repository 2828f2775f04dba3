"""Which remedies follow from the findings: the smallest first, and none for what is not cured by it.

Verbs of Exchange that are hidden from the Internet are hidden with good reason (CVE-2005-0560): for them a remedy is
offered only where both ends are Exchange and the client needed the verb, and only one that is limited to that pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pcapsleuth.profiles.profile import Profile, Remedy, Sure

PROTECTED = frozenset({"X-EXPS", "X-LINK2STATE", "XEXCH50"})


def subject(name: str) -> str:
    """The subject of a finding's name."""
    return name.partition(":")[2].rstrip("=")


def remedies(
    profile: Profile, names: Iterable[str], needed: Iterable[str] = (), hosts: Sequence[str] = ()
) -> list[dict[str, object]]:
    """The remedies of a profile for these findings, as the document has them.

    `needed` are the names of findings about protected verbs that an Exchange client needed of an Exchange server;
    `hosts` are the pairs of hosts that were seen.
    """
    open_ = sorted(name for name in set(names) if subject(name) not in PROTECTED)
    limited = sorted(set(needed))
    found = []
    for remedy in profile.remedies:
        cured = [name for name in open_ if cures(remedy, name)]
        if remedy.pair_only:
            cured += [name for name in limited if cures(remedy, name)]
        if cured:
            found.append(_told(profile, remedy, cured, hosts if remedy.pair_only else ()))
    return found


def cures(remedy: Remedy, name: str) -> bool:
    """Tell whether a remedy ends a finding; `label` cures all subjects of it."""
    label = name.partition(":")[0]
    return any(cure in ("*", name, label) for cure in remedy.cures)


def _told(profile: Profile, remedy: Remedy, cured: Sequence[str], hosts: Sequence[str]) -> dict[str, object]:
    """A remedy with the order of work around it."""
    told: dict[str, object] = {
        "id": remedy.id,
        "title": remedy.title,
        "cures": list(cured),
        "first": [f"{check.command}: {check.tells}{_mark(check.sure)}" for check in profile.checks],
        "save": profile.work.save,
        "commands": list(remedy.commands),
        "test": " ".join(filter(None, [profile.work.test, remedy.verify])),
        "keep": profile.work.keep,
        "last": profile.work.last,
        "warning": " ".join(filter(None, [remedy.warning, profile.warning])),
        "sure": str(remedy.sure),
    }
    return told | ({"hosts": list(hosts)} if hosts else {})


def _mark(sure: Sure) -> str:
    """Mark what is only recalled."""
    return " (recalled: check the command reference)" if sure is Sure.RECALLED else ""
