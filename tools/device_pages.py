"""Write docs/devices/ from the device profiles, which are the manual."""

from __future__ import annotations

import sys
from pathlib import Path

from pcapsleuth.devices.manual import manual, vocabulary
from pcapsleuth.profiles.profile import load

FOLDER = Path(__file__).parents[1] / "docs" / "devices"
NOTE = "<!-- Written by `python tools/device_pages.py` from pcapsleuth/profiles/: change those. -->\n\n"

HEAD = """\
# Devices

What is known of devices that change SMTP, one page each. How sure each fact is stands beside it: documented (a vendor's
document, source code, several captures), one report, inferred, or recalled. What is recalled never decides alone.

| profile | device | in a sentence |
| --- | --- | --- |
"""

FORMAT = """
## A profile of your own

A profile is a TOML file; its name is the file's. Put it into a folder and give that with `--profiles DIR`, or install a
package with an entry point in the group `pcapsleuth.profiles` that names a package with `api = 1` and TOML files in it.
A profile of the name of a shipped one takes its place.

```toml
api = 1
name = "Example 3000 SMTP filter"
vendor = "Example"
releases = "3.x"
summary = "Hides STARTTLS and refuses VRFY."
connection = "translated"   # in-place, translated, proxy, relay
sure = "reported"           # documented, reported, inferred, recalled
rare = true                 # named last of several that fit equally well
recognise = ["`502 no VRFY here`"]
doubts = ["another filter"]

[[treatments]]
does = "remove-keywords"
only = ["STARTTLS"]
sure = "reported"
sources = ["ticket"]
unless = "the filter is set to allow TLS"   # only where it may not be seen though the device is there

[[checks]]
command = "show filter"
tells = "whether it is on"
sure = "reported"

[[remedies]]
id = "allow-tls"
title = "Allow TLS"
cures = ["starttls-stripped", "capability-removed:STARTTLS"]   # label, label:SUBJECT, or *
commands = ["filter smtp allow tls"]
verify = "A new EHLO reply shows STARTTLS."
warning = ""
sure = "reported"
sources = ["ticket"]

[sources]
ticket = "our own measurement"
```

Also known: `inherits` (what the file states itself replaces what it inherits; sources are added), `abstract`, `limits`
(`what`, `value`, `action`, `sure`, `sources`), `warning`, `work` (`save`, `test`, `keep`, `last`), and in a remedy
`pair_only`. An unknown key is refused.

## What a treatment may be

"""


def pages() -> dict[str, str]:
    """All pages by file name."""
    profiles = load()
    rows = "".join(f"| [{one.id}]({one.id}.md) | {one.name} | {one.summary} |\n" for one in profiles.values())
    index = NOTE + HEAD + rows + FORMAT + vocabulary() + "\n"
    return {"index.md": index} | {f"{one.id}.md": NOTE + manual(one, profiles) for one in profiles.values()}


def main() -> int:
    """Write them, and take away what no longer has a profile."""
    FOLDER.mkdir(exist_ok=True)
    written = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in written:
            path.unlink()
    for name, text in written.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"wrote {len(written)} pages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
