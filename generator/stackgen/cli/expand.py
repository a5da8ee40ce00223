"""`stackgen expand`: what the KServe controller will create."""

from __future__ import annotations

import os
from typing import Any

import click

from stackgen.cli.options import kustomize_option
from stackgen.cli.output import notes, say
from stackgen.cli.stack_options import DIRECTORY
from stackgen.errors import UsageError
from stackgen.escape import comment, json_text
from stackgen.manifest.resource import Bundle, Resource

KIND = "LLMInferenceService"


@click.command()
@click.argument("paths", nargs=-1, metavar="[FILE|DIR|-]...")
@kustomize_option
@click.option("--env", default="", metavar="ENV", help="Expand what this environment renders.")
@click.option(
    "--release",
    default="",
    metavar="ROW",
    help="Whose controller it is.  [default: the newest that serves the API versions]",
)
@click.option(
    "--output-format",
    type=click.Choice(["yaml", "json"]),
    default="yaml",
    show_default=True,
    help="How to print it.",
)
@DIRECTORY
def expand(
    paths: tuple[str, ...],
    kustomize: tuple[str, ...],
    env: str,
    release: str,
    output_format: str,
    directory: str,
) -> int:
    """Print the objects that KServe will make of each LLMInferenceService: a prediction.

    \b
    stackgen expand service.yaml --release odh-3.5
    stackgen expand --env prod
    """
    from stackgen.cli.release import chosen, opened
    from stackgen.manifest.secret_values import without_secrets
    from stackgen.manifest.yaml_out import UnwritableError
    from stackgen.platforms.kserve.configs import configs_of
    from stackgen.platforms.kserve.expand import expand as predict
    from stackgen.platforms.kserve.expand import marked

    if bool(paths or kustomize) == bool(env):
        raise UsageError("name files to expand or --kustomize DIR, or an environment with --env")
    unreadable = False
    if env:
        bundle, release = _environment(directory, env, release)
    else:
        from stackgen.manifest.collect import collect

        collected = collect(paths, kustomize)
        bundle, unreadable = collected.bundle, collected.unreadable
        notes(collected.notes)
    controller, remark = chosen(opened(directory), release, bundle)
    if remark:
        notes((remark,))
    configs = configs_of(bundle)
    found: list[tuple[Resource, dict[str, Any]]] = []
    for resource in bundle.of_kind(KIND, "serving.kserve.io"):
        if not resource.name:
            notes((f"{resource.file}: a service without a name is passed over",))
            continue
        expanded = predict(resource.data, controller, configs)
        for name in expanded.effective.unknown:
            notes((f"{resource.file}: baseRefs names {name}, which is not in the input",))
        found.extend((resource, without_secrets(marked(data))) for data in expanded.objects)
    write = _json if output_format == "json" else _yaml
    try:
        say(write(found, controller.name))
    except UnwritableError as error:
        raise UsageError(f"what KServe makes of it cannot be written as YAML: {error}") from None
    return 2 if unreadable else 0


def _environment(directory: str, env: str, release: str) -> tuple[Bundle, str]:
    from stackgen.cli.provenance import compiled_for

    compiled = compiled_for(os.path.abspath(directory), env)
    assert compiled.bundle is not None and compiled.stack is not None
    return compiled.bundle, release or compiled.stack.spec.release.value


def _yaml(found: list[tuple[Resource, dict[str, Any]]], release: str) -> str:
    from stackgen.manifest.yaml_out import dump

    parts = []
    for owner, data in found:
        namespace = f"{owner.namespace}/" if owner.namespace else ""
        about = f"Predicted: KServe ({release}) makes it for {KIND} {namespace}{owner.name}."
        parts.append(f"---\n{comment(about)}\n{dump(data)}")
    return "".join(parts)


def _json(found: list[tuple[Resource, dict[str, Any]]], release: str) -> str:
    items = [data for _, data in found]
    return json_text({"apiVersion": "v1", "kind": "List", "items": items}) + "\n"
