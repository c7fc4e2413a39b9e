"""`python -m claritas` is the command `claritas`."""

from claritas.cli.main import main

main()
