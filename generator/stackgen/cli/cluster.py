"""`stackgen cluster`: cluster and node pools for other tools than Config Connector."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from stackgen.cli.option import one_of
from stackgen.cli.output import say
from stackgen.cli.stack_options import DIRECTORY, environment
from stackgen.errors import UsageError
from stackgen.redact import starred

if TYPE_CHECKING:
    from stackgen.compiler import Compiled
    from stackgen.manifest.resource import Resource

FORMATS = ("gcloud", "terraform", "config-connector")


@click.command()
@environment("Environment of the stack.")
@one_of(
    "--format",
    FORMATS,
    "A gcloud script, a Terraform file in JSON, or Config Connector objects.",
    "form",
)
@DIRECTORY
def cluster(env: str, form: str, directory: str) -> int:
    """Print the GKE cluster and its node pools for another tool.

    \b
    stackgen cluster --env prod > cluster.sh
    stackgen cluster --env prod --format terraform > cluster.tf.json

    With cluster.managed: false in the spec, out/ contains no Config Connector objects. Nothing is
    printed while the environment has errors.
    """  # fmt: skip
    from stackgen.cli.provenance import compiled_for

    compiled = compiled_for(os.path.abspath(directory), env, prove=True)
    made, pools = _machines(compiled)
    assert compiled.stack is not None
    project = compiled.stack.spec.cluster.project.value
    if form == "terraform":
        from stackgen.machines.terraform import document

        say(document(made, pools, project))
    elif form == "gcloud":
        from stackgen.machines.gcloud import script

        say(script(made, pools, project))
    else:
        if any(pool.get("spec", "nodeConfig", "flexStart") for pool in pools):
            raise UsageError("Config Connector cannot ask for flex-start machines")
        say("---\n".join(starred(r.text) for r in (made, *pools)))
    return 0


def _machines(compiled: Compiled) -> tuple[Resource, list[Resource]]:
    """The cluster and its pools, rendered or not."""
    assert compiled.bundle is not None
    found = [*compiled.bundle.objects, *compiled.bundle.outside]
    (made,) = (r for r in found if r.kind == "ContainerCluster")
    return made, [r for r in found if r.kind == "ContainerNodePool"]
