"""`stackgen lsp`: the language server for editors."""

from __future__ import annotations

import click

from stackgen.errors import UsageError


@click.command()
def lsp() -> None:
    """Serve an editor by the Language Server Protocol, on standard input and output.

    Findings as you type, meaning and origin of values, completion, quick fixes, and the way from
    a line of the spec to the rendered lines and back. Install it with `pip install
    'stackgen[lsp]'`. docs/editors.md says how to set up an editor.
    """
    try:
        from stackgen.editor.server import make_server
    except ImportError:
        raise UsageError("the language server needs pygls: pip install 'stackgen[lsp]'") from None
    make_server().start_io()
