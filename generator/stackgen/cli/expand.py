"""`stackgen expand`: what the controller of a serving platform will create."""

from __future__ import annotations

import os
from typing import Any

import click

from stackgen.cli import complete
from stackgen.cli.option import one_of, option
from stackgen.cli.options import kustomize_option
from stackgen.cli.output import notes, read_notes, say
from stackgen.cli.stack_options import DIRECTORY, environment
from stackgen.errors import UsageError
from stackgen.escape import comment, json_text
from stackgen.manifest.resource import Bundle, Resource

PREDICTED = "stackgen.dev/predicted"


@click.command()
@click.argument("paths", nargs=-1, metavar="[FILE|DIR|-]...", shell_complete=complete.paths)
@kustomize_option
@environment("Expand the services of this environment of stack.yaml.")
@option(
    "--release ROW",
    "Release of the controller.  [default: the newest that serves the API versions]",
)
@one_of("--output-format", ("yaml", "json"), "Output format.")
@DIRECTORY
def expand(
    paths: tuple[str, ...],
    kustomize: tuple[str, ...],
    env: str,
    release: str,
    output_format: str,
    directory: str,
) -> int:
    """Predict the objects that the serving platform creates for each service.

    \b
    stackgen expand service.yaml --release odh-3.5
    stackgen expand --env prod
    """
    from stackgen.cli.release import chosen, opened
    from stackgen.manifest.secret_values import to_show
    from stackgen.manifest.yaml_out import UnwritableError

    if bool(paths or kustomize) == bool(env):
        raise UsageError("name files to expand or --kustomize DIR, or an environment with --env")
    unreadable = False
    if env:
        bundle, release = _environment(directory, env, release)
    else:
        from stackgen.cli.deliverers import deliverers
        from stackgen.manifest.collect import collect

        collected = collect(paths, kustomize, deliverers=deliverers)
        bundle, unreadable = collected.bundle, collected.unreadable
        read_notes(collected.notes)
    without = "there is nothing to expand"
    prediction, row, remark = chosen(opened(directory), release, bundle, without)
    services = [r for r in bundle.objects if (r.group, r.kind) in prediction.services]
    if not services:
        notes((f"the input has no service of {prediction.name}: {without}",))
    elif remark:
        notes((remark,))
    predict = prediction.objects(bundle, row)
    found: list[tuple[Resource, dict[str, Any]]] = []
    for resource in services:
        if not resource.name:
            notes((f"{resource.file}: a service without a name is skipped",))
            continue
        predicted = predict(resource)
        notes(f"{resource.file}: {note}" for note in predicted.notes)
        found.extend((resource, to_show(_marked(data))) for data in predicted.objects)
    maker = f"{prediction.name} ({row.key})"
    try:
        say(_json(found) if output_format == "json" else _yaml(found, maker))
    except UnwritableError as error:
        raise UsageError(
            f"what {prediction.name} makes of it cannot be written as YAML: {error}"
        ) from None
    return 2 if unreadable else 0


def _environment(directory: str, env: str, release: str) -> tuple[Bundle, str]:
    from stackgen.cli.provenance import compiled_for

    compiled = compiled_for(os.path.abspath(directory), env)
    assert compiled.bundle is not None and compiled.stack is not None
    return compiled.bundle, release or compiled.stack.spec.release.value


def _marked(data: dict[str, Any]) -> dict[str, Any]:
    """A predicted object with the annotation that says so."""
    meta = data["metadata"]
    annotations = {**meta.get("annotations", {}), PREDICTED: "true"}
    return {**data, "metadata": {**meta, "annotations": annotations}}


def _yaml(found: list[tuple[Resource, dict[str, Any]]], maker: str) -> str:
    from stackgen.manifest.yaml_out import dump

    parts = []
    for owner, data in found:
        namespace = f"{owner.namespace}/" if owner.namespace else ""
        about = f"Predicted: {maker} makes it for {owner.kind} {namespace}{owner.name}."
        parts.append(f"---\n{comment(about)}\n{dump(data)}")
    return "".join(parts)


def _json(found: list[tuple[Resource, dict[str, Any]]]) -> str:
    items = [data for _, data in found]
    return json_text({"apiVersion": "v1", "kind": "List", "items": items}) + "\n"
