"""`stackgen rollout`: the way of a delivery, step by step, and what never becomes ready."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from stackgen.cli.option import one_of, option
from stackgen.cli.output import say
from stackgen.cli.stack_options import COLOR, DIRECTORY, ENVIRONMENTS
from stackgen.compiler import Compiled, Inputs, compile_environment, read_inputs
from stackgen.errors import UsageError
from stackgen.folders import check_folder
from stackgen.report.style import Style, style_for

if TYPE_CHECKING:
    from stackgen.manifest.resource import Resource
    from stackgen.rollout.model import Rollout

FORMATS = ("text", "json", "mermaid", "markdown")


@click.command()
@ENVIRONMENTS
@option(
    "--from REF|DIR",
    "The current state: a commit, or a folder with a stack or its out/.  [default: an empty "
    "cluster]",
    "start",
)
@one_of("--output-format", FORMATS, "Output format.")
@COLOR
@DIRECTORY
def rollout(
    envs: tuple[str, ...], start: str, output_format: str, color: str, directory: str
) -> int:
    """Simulate the rollout of the stack: its steps, what each step waits for, and the longest wait.

    \b
    stackgen rollout                    the first installation
    stackgen rollout --from HEAD        from the commit to the working tree
    stackgen rollout --from ../before   from another folder

    The simulation reads the rendered delivery objects. An object is ready when everything that it
    needs exists, with the network policies of that step. The exit code is 1 if something never
    becomes ready.
    """
    check_folder(directory)
    root = os.path.abspath(directory)
    inputs = read_inputs(root, envs)
    found = [
        (env, one) for env in inputs.environments for one in _rollouts(root, env, start, inputs)
    ]
    if not found:
        raise UsageError("no delivery engine applies this stack: spec.delivery.engine is none")
    say(_render(output_format, found, style_for(sys.stdout, color, os.environ)))
    return 1 if any(one.blocked for _, one in found) else 0


def _rollouts(root: str, env: str, start: str, inputs: Inputs) -> list[Rollout]:
    compiled = compile_environment(root, env, prove=False, inputs=inputs)
    if compiled.bundle is None:
        raise UsageError(f"the spec has errors in {env}; `stackgen build` shows them")
    return rollouts_of(root, compiled, _start(root, env, start) if start else ())


def rollouts_of(root: str, compiled: Compiled, old: tuple[Resource, ...] = ()) -> list[Rollout]:
    """The rollouts of an environment that has a bundle, from the objects `old`."""
    from stackgen.cli.release import opened
    from stackgen.net.profile import profile_of
    from stackgen.rollout.rollout import known_of, rollouts
    from stackgen.schema.store import SchemaCatalog as Schemas

    assert compiled.bundle is not None and compiled.plan is not None
    catalog = compiled.catalog.copy()
    schemas = Schemas(opened(root).schemas, catalog.variants(compiled.plan.release.row.key))
    known = known_of(compiled.bundle, profile_of(compiled.plan), catalog)
    return [one.rollout for one in rollouts(known, old, schemas)]


def _start(root: str, env: str, start: str) -> tuple[Resource, ...]:
    from stackgen.review.commits import commit_of, environment_at
    from stackgen.review.side import has_spec, of_paths, of_spec

    if not os.path.isdir(start):
        return environment_at(commit_of(root, start, exact=True), env).objects
    if has_spec(start):
        return of_spec(os.path.abspath(start), env, start).objects
    inner = os.path.join(start, env)
    return of_paths((inner if os.path.isdir(inner) else start,)).objects


def _render(form: str, found: list[tuple[str, Rollout]], style: Style) -> str:
    if form == "json":
        from stackgen.report import rollout_json

        return rollout_json.render(found)
    if form == "text":
        from stackgen.report.rollout_text import rollout_text

        return "\n".join(rollout_text(env, one, style) for env, one in found)
    from stackgen.report import rollout_markdown

    if form == "markdown":
        return rollout_markdown.render(found)
    return "\n".join(rollout_markdown.graph(one) for _, one in found)
