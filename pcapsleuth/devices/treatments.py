"""The closed vocabulary at work: for each term of a profile the code that does it and tells its doing.

Adding a device is one TOML file; adding a treatment is a term in `profiles.vocabulary` and a class here.
"""

from __future__ import annotations

from collections.abc import Sequence

from pcapsleuth.devices.banners import MaskBanner, PrependBanner, RefuseGreeting, ReplaceBanner
from pcapsleuth.devices.doing import Doing
from pcapsleuth.devices.event import Event
from pcapsleuth.devices.keywords import AddKeyword, LimitKeyword, MaskKeywords, RemoveKeywords
from pcapsleuth.devices.limits import guard
from pcapsleuth.devices.maildata import AddHeader, ChangeHeader, FillBody, LoseSplitEnd
from pcapsleuth.devices.replies import ReplaceReply
from pcapsleuth.devices.transport import ChangeTcp, DropConnections, InterceptTls, OwnConnection, Reset
from pcapsleuth.devices.verbs import BlockVerbs, MaskVerbs, RewriteVerbs, SwallowVerbs
from pcapsleuth.profiles.profile import Profile

TREATMENTS: dict[str, type[Doing]] = {
    "mask-banner": MaskBanner,
    "replace-banner": ReplaceBanner,
    "prepend-banner": PrependBanner,
    "mask-keywords": MaskKeywords,
    "remove-keywords": RemoveKeywords,
    "limit-keyword": LimitKeyword,
    "add-keyword": AddKeyword,
    "mask-verbs": MaskVerbs,
    "rewrite-verbs": RewriteVerbs,
    "block-verbs": BlockVerbs,
    "swallow-verbs": SwallowVerbs,
    "replace-reply": ReplaceReply,
    "lose-split-end": LoseSplitEnd,
    "fill-body": FillBody,
    "change-header": ChangeHeader,
    "add-header": AddHeader,
    "reset": Reset,
    "drop-connections": DropConnections,
    "refuse-greeting": RefuseGreeting,
    "own-connection": OwnConnection,
    "intercept-tls": InterceptTls,
    "change-tcp": ChangeTcp,
}


def doings(profile: Profile) -> tuple[Doing, ...]:
    """What a device does, ready to be applied and to explain; limits that it only logs are no doing."""
    treatments = tuple(TREATMENTS[one.does](one) for one in profile.treatments)
    return treatments + tuple(guard(one) for one in profile.limits if not one.action.startswith("log"))


def treat(what: Sequence[Doing], event: Event) -> Event:
    """Apply the first treatment that changes an event: several of one element are what releases differ in."""
    for doing in what:
        done = doing.apply(event)
        if done != event:
            return done
    return event
