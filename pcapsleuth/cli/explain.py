"""`pcapsleuth explain`: the manual of a finding, a device or a symptom."""

from __future__ import annotations

import shutil
import sys

import click


@click.command
@click.argument("name", required=False, metavar="[LABEL|DEVICE|SYMPTOM]")
@click.option("--profiles", multiple=True, metavar="DIR", help="A folder with device profiles of your own; repeatable.")
@click.option("--plugins", is_flag=True, help="Take device profiles of installed packages too.")
def command(name: str | None, profiles: tuple[str, ...], *, plugins: bool) -> int:
    """Explain a finding (banner-masked), a device profile (cisco-asa-esmtp) or a symptom (S6).

    Without a name: what can be explained.
    """
    from pcapsleuth.errors import OptionError
    from pcapsleuth.profiles.profile import load
    from pcapsleuth.report.escape import harmless
    from pcapsleuth.report.look import WIDEST, WIDTH
    from pcapsleuth.report.manuals import contents, find, nearest, wrapped

    known = load(profiles, plugins=plugins)
    text = contents(known) if name is None else find(name, known)
    if text is None:
        near = nearest(name or "", known)
        hint = f"Did you mean {', '.join(near)}?" if near else "`pcapsleuth explain` lists what there is."
        raise OptionError(f"Nothing is called {harmless(name or '')!r}. {hint}")
    cells = min(max(shutil.get_terminal_size().columns, WIDTH), WIDEST) if sys.stdout.isatty() else WIDTH
    for line in wrapped(text, cells):
        click.echo(line)
    return 0
