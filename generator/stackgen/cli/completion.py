"""`stackgen completion`: the script that completes commands in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from stackgen.cli.output import say

SHELLS = ("bash", "zsh", "fish")
_VARIABLE = "_STACKGEN_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script for a shell: commands, rules, environments and more.

    \b
    eval "$(stackgen completion bash)"              # in ~/.bashrc
    eval "$(stackgen completion zsh)"               # in ~/.zshrc
    stackgen completion fish | source               # in ~/.config/fish/config.fish
    """
    made = get_completion_class(shell)
    assert made is not None  # click has the three
    group = context.find_root().command
    script = made(group, {}, "stackgen", _VARIABLE)
    # What `source` runs beside this asks for the version of the shell.
    say(script.source_template % script.source_vars())
