"""`stackgen init`: a new stack that builds without changes."""

from __future__ import annotations

import os

import click

from stackgen.cli.output import ODD, say
from stackgen.errors import UsageError
from stackgen.escape import visible
from stackgen.starter import patterns
from stackgen.starter.files import CI, files, to_change
from stackgen.starter.write import taken, write_new


@click.command()
@click.argument("directory", default=".", metavar="[DIR]")
@click.option(
    "--pattern",
    default="single",
    show_default=True,
    metavar="NAME",
    help=f"What to start from: {', '.join(patterns.of_platform('kserve'))}.",
)
@click.option(
    "--platform",
    type=click.Choice(list(patterns.PLATFORMS)),
    default="kserve",
    show_default=True,
    help="What serves the models: KServe behind Istio, or llm-d behind GKE Inference Gateway.",
)
@click.option(
    "--ci",
    type=click.Choice(list(CI)),
    default="github",
    show_default=True,
    help="Whose workflow file to write.",
)
@click.option("--keep", is_flag=True, help="Keep files that are there, and write the others.")
def init(directory: str, pattern: str, platform: str, ci: str, keep: bool) -> None:
    """Write a small stack into DIR: stack.yaml, overlays, a pre-commit hook, CI and a README.

    Nothing is asked and nothing is overwritten. `stackgen build` passes without changes.
    bootstrap/ENV/verify.sh checks the stack once it runs. `stackgen bootstrap` writes it again.
    """
    name = patterns.named(pattern, platform)
    if os.path.lexists(directory) and not os.path.isdir(directory):
        raise UsageError(f"{directory}: is not a folder")
    wanted = files(name, ci)
    spec = [n for n in wanted if n.endswith("stack.yaml")]
    if not taken(directory, spec):
        # Of a stack that is kept, `stackgen bootstrap` writes it.
        wanted |= _verify_scripts(name, spec)
    there = taken(directory, wanted)
    if there and not keep:
        raise UsageError(
            "these files are there already, or something is in their way:",
            *(f"  {os.path.normpath(os.path.join(directory, n))}" for n in there),
            "Nothing was written. Name another folder, or keep them with --keep.",
        )
    new = {n: content for n, content in wanted.items() if n not in there}
    write_new(directory, new)
    say(_told(directory, name, new))


def _verify_scripts(pattern: str, spec: list[str]) -> dict[str, bytes]:
    """bootstrap/ENV with verify.sh, for each environment, as `stackgen bootstrap` writes it.

    spec: the stack.yaml and the overlays of the pattern.
    """
    from stackgen import __version__, paths
    from stackgen.bootstrap.verify import FILE, verify
    from stackgen.compiler import compile_environment
    from stackgen.tree import lock

    made: dict[str, bytes] = {}
    for env in (n.split("/")[1] for n in spec if "/" in n):
        compiled = compile_environment(paths.patterns(pattern), env, prove=False)
        assert compiled.plan is not None and compiled.bundle is not None
        script = verify(compiled.plan, compiled.bundle.objects)
        own = {FILE: script.encode("utf-8", ODD)}
        release = compiled.plan.release.row.key
        own[lock.NAME] = lock.lock_text(compiled.loaded.data, release, {}, __version__, own)
        made |= {f"bootstrap/{env}/{name}": content for name, content in own.items()}
    return made


def _elsewhere(directory: str, new: dict[str, bytes]) -> list[str]:
    """What to do with files that are read at the top of a repository, when this is not the top."""
    top = [n for n in new if n.startswith(".")]
    above = os.path.dirname(os.path.abspath(directory))
    if not top or os.path.lexists(os.path.join(directory, ".git")):
        return []
    while not os.path.lexists(os.path.join(above, ".git")):
        if above == os.path.dirname(above):
            return []
        above = os.path.dirname(above)
    below = os.path.relpath(os.path.abspath(directory), above)
    return [
        "",
        f"This is the folder {below} of a repository: set spec.delivery.path to {below}/out. Move",
        f"these to the top, where alone they are read, and give each stackgen in them -C {below}:",
        "",
        *(f"  {os.path.normpath(os.path.join(directory, n))}" for n in top),
    ]


def _told(directory: str, pattern: str, new: dict[str, bytes]) -> str:
    """What was written, what its owner has to change, and what comes next."""
    where = {n: os.path.normpath(os.path.join(directory, n)) for n in new}
    lines = [f"{pattern}: {patterns.summary(pattern)}", ""]
    lines += [f"  {where[n]}" for n in new] or ["  nothing: every file is there already"]
    changes = [
        (f"{where[n]}:{line}", what) for n, text in new.items() for line, what in to_change(text)
    ]
    if changes:
        width = max(len(place) for place, _ in changes)
        lines += ["", "Yours to change before it goes to a cluster:", ""]
        lines += [f"  {place:{width}}  {what}" for place, what in changes]
    lines += _elsewhere(directory, new)
    folder = "" if os.path.normpath(directory) == "." else f" -C {directory}"
    lines += ["", f"Next: stackgen build{folder}"]
    return "\n".join(map(visible, lines)) + "\n"
