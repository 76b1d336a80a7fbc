"""`python -m adapters.cli` is `hub`."""

from adapters.cli import main

main()
