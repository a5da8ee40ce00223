"""`stackgen bootstrap`: scripts from an empty project to a stack that answers."""

from __future__ import annotations

import os
from collections.abc import Mapping

import click

from stackgen.cli.option import option
from stackgen.cli.output import ODD, notes, say, write_folder
from stackgen.cli.stack_options import DIRECTORY, environment
from stackgen.errors import UsageError
from stackgen.escape import lines, visible
from stackgen.folders import check_way


@click.command()
@environment("Environment of the stack.")
@option(
    "--out DIR",
    "Folder to write to. Each environment has its own folder in it.",
    default="bootstrap",
    show_default=True,
)
@option("--teardown", "Print the commands that remove the stack, and write nothing.", "down")
@option(
    "--hand-over", "Print how to hand the cluster over to another tool, and write nothing.", "over"
)
@option("--check", "Write nothing, and exit with 1 if files differ.")
@DIRECTORY
def bootstrap(env: str, out: str, down: bool, over: bool, check: bool, directory: str) -> int:
    """Write the scripts from an empty project to the first request, and a README.

    Scripts with gcloud and kubectl prepare the project and connect the clusters of an environment
    to the repository. Each script can run again. project.tf.json is Terraform for the project.
    verify.sh checks the result. Nothing is written while the environment has errors.
    """  # fmt: skip
    from stackgen.bootstrap.files import files
    from stackgen.bootstrap.teardown import hand_over, teardown
    from stackgen.cli.provenance import compiled_for

    root = os.path.abspath(directory)
    compiled = compiled_for(root, env, prove=True)
    assert compiled.plan is not None and compiled.bundle is not None
    if over:
        say(hand_over(compiled.plan))
        return 0
    if compiled.plan.stack.spec.delivery.engine.value == "none":
        raise UsageError("delivery.engine is none: there is no engine to connect")
    if down:
        say(teardown(compiled.plan, compiled.bundle.objects))
        return 0
    made = files(compiled.plan, compiled.bundle)
    if not os.path.isabs(out) and ".." not in out.split(os.sep):
        check_way(root, os.path.join(out, compiled.env))
    texts = {name: lines(text).encode("utf-8", ODD) for name, text in made.items()}
    if check:
        return _stale(os.path.join(root, out, compiled.env), os.path.join(out, compiled.env), texts)
    release = compiled.plan.release.row.key
    write_folder(os.path.join(root, out, compiled.env), texts, compiled.loaded.data, release)
    shown = os.path.relpath(os.path.join(root, out, compiled.env))
    notes((f"{shown}: {len(made)} files; {os.path.join(shown, 'README.md')} has the steps",))
    return 0


def _stale(folder: str, shown: str, texts: Mapping[str, bytes]) -> int:
    """Name the files of a folder that would be written differently: 1 if there are any."""
    from stackgen.tree.compare import compare

    changed = compare(folder, texts).changed
    say("".join(f"{visible(os.path.join(shown, name))}: differs\n" for name in changed))
    return 1 if changed else 0
