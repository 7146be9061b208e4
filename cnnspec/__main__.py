"""`python -m cnnspec` is the command `cnnspec`."""

from cnnspec.cli import main

main()
