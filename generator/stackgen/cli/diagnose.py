"""`stackgen diagnose`: a support bundle, matched with the runbooks."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from stackgen.cli import complete
from stackgen.cli.output import notes, say
from stackgen.cli.stack_options import DIRECTORY, environment
from stackgen.report.style import style_for

if TYPE_CHECKING:
    from stackgen.diagnose.expected import Expected


@click.command()
@click.argument("path", metavar="DIR|FILE|-", shell_complete=complete.paths)
@environment("Compare with this environment of stack.yaml.")
@DIRECTORY
def diagnose(path: str, env: str, directory: str) -> int:
    """Show the runbook for the symptoms in a cluster. The command contacts nothing.

    The support bundle is a folder, a file or standard input with the output of any of these
    commands. Values of Secrets are not printed.

    \b
    kubectl get pods,gateways,httproutes,events --all-namespaces -o yaml > bundle/objects.yaml
    kubectl describe pods --all-namespaces > bundle/describe.txt
    kubectl logs POD --all-containers --previous > bundle/pod.log
    stackgen diagnose bundle

    With --env, the command also lists objects that the stack needs and the bundle does not have,
    and fields that differ from the rendered ones.

    The exit code is 1 if a runbook matches, or if something is missing or differs, and 0 if nothing
    was found.
    """
    from stackgen.diagnose.expected import compare
    from stackgen.diagnose.match import diagnose as diagnosed
    from stackgen.diagnose.match import not_ready, read_bundle
    from stackgen.diagnose.runbooks import runbooks
    from stackgen.report.runbook_text import comparison_text, diagnosis_text

    bundle = read_bundle(path)
    found = diagnosed(bundle, runbooks())
    pods = not_ready(bundle, found)
    text = diagnosis_text(found, pods, style_for(sys.stdout, "auto", os.environ))
    wrong = bool(found)
    if env:
        compared = compare(_expected(directory, env), bundle.objects)
        text += comparison_text(compared)
        wrong = wrong or bool(compared.missing or compared.drift)
    say(text)
    notes(bundle.notes)
    return 1 if wrong else 0


def _expected(directory: str, env: str) -> list[Expected]:
    """What an environment renders for the workload cluster, and what controllers make of it."""
    from stackgen.cli.provenance import compiled_for
    from stackgen.diagnose.expected import Expected
    from stackgen.manifest.resource import Resource
    from stackgen.platforms.registry import predictions

    compiled = compiled_for(os.path.abspath(directory), env)
    assert compiled.plan is not None and compiled.bundle is not None
    rendered = compiled.bundle.objects
    found = [Expected(one) for one in rendered if "/1-cluster/" not in f"/{one.file}"]
    prediction = predictions().get(compiled.plan.release.platform)
    if prediction is None:
        return found
    predict = prediction.objects(compiled.bundle, compiled.plan.release.row)
    for one in rendered:
        if (one.group, one.kind) in prediction.services:
            maker = f"{prediction.name} makes it for {one.kind} {one.name}"
            made = predict(one).objects
            found += (Expected(Resource(data, one.file), maker) for data in made)
    return found
