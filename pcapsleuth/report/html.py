"""The report as one HTML page: no script, nothing from elsewhere, and whatever a peer said is text.

Two locks on every string: the values of `page` hold no control or bidirectional characters, and the templates escape
whatever they are given. The page forbids itself scripts and connections besides.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pcapsleuth.detect.finding import Place
from pcapsleuth.report.look import Look
from pcapsleuth.report.model import Report
from pcapsleuth.report.named import after
from pcapsleuth.report.page import page, talk
from pcapsleuth.report.strip import HEAT
from pcapsleuth.report.words import sentence
from pcapsleuth.version import VERSION

if TYPE_CHECKING:
    from jinja2 import Environment


def html(report: Report, look: Look | None = None) -> str:
    """The whole page."""
    look = look or Look()
    template = _environment().get_template("report.html")
    return template.render(page=page(report, look), heat=HEAT, zone=look.zone_name, version=VERSION)


def fragment(report: Report, look: Look | None = None) -> str:
    """What a notebook shows of a report: the verdict, the changes, the strip."""
    template = _environment().get_template("fragment.html")
    return template.render(page=page(report, look or Look(), dialogues=0), heat=HEAT)


def dialogue(report: Report, look: Look, place: Place) -> str:
    """One dialogue, for a notebook."""
    return _environment().get_template("dialogue.html").render(talk=talk(report, look, place))


@cache
def _environment() -> Environment:
    """The templates of the package; loading Jinja takes longer than most reports."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pcapsleuth.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["for_it"] = _for_it
    environment.filters["after"] = after
    environment.filters["sentence"] = sentence
    return environment


def _for_it(reason: str) -> bool:
    """Whether a reason speaks for a device; the others say what it cannot be told from, and what it is not."""
    return not reason.startswith(("cannot be told", "not "))
