"""Run the command line as `python -m pcapsleuth`."""

from pcapsleuth.cli.main import cli

cli(prog_name="pcapsleuth")
