"""Run the command line as `python -m pcapsleuth`."""

from pcapsleuth.cli.main import main

main()
