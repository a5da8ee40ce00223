"""`stackgen lsp`: the language server for editors."""

from __future__ import annotations

import click

from stackgen.errors import UsageError


@click.command()
def lsp() -> None:
    """Run the language server for editors, on standard input and output.

    It reports findings as you type, shows the meaning and the origin of values, completes fields
    and values, applies quick fixes, and goes from a line of the spec to the rendered lines and
    back. Install it with `pip install 'stackgen[lsp]'`. docs/editors.md describes the setup of
    editors.
    """
    try:
        from stackgen.editor.server import make_server
    except ImportError:
        raise UsageError("the language server needs pygls: pip install 'stackgen[lsp]'") from None
    make_server().start_io()
