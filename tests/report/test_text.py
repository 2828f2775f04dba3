"""The text as a whole."""

from pcapsleuth.report.look import Look
from pcapsleuth.report.model import Report
from pcapsleuth.report.text import text


def test_p(report: Report) -> None:
    print("\n" + "\n".join(text(report, Look())))
