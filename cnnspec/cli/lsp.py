"""`cnnspec lsp`: what editors start."""

from __future__ import annotations

import logging

import click


@click.command()
def lsp() -> None:
    """Answer an editor: hints, mistakes, names, preview.

    The language server: editors start it, and speak the Language Server Protocol over its standard input and
    output. editors/README.md says how to tell them. It needs the extra lsp: pip install 'cnnspec[lsp]'.

    \b
    cnnspec lsp
    """
    from cnnspec.live.language_server import make_server

    # what an editor takes back after it was answered is no news for its log
    logging.getLogger("pygls").setLevel(logging.ERROR)
    make_server().start_io()
