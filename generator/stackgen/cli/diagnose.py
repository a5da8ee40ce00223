"""`stackgen diagnose`: a support bundle, matched with the runbooks."""

from __future__ import annotations

import os
import sys

import click

from stackgen.cli.output import notes, say
from stackgen.report.style import style_for


@click.command()
@click.argument("path", metavar="DIR|FILE|-")
def diagnose(path: str) -> int:
    """Name the runbook for what a cluster shows. Nothing is contacted.

    The support bundle is a folder, a file or standard input with the output of these commands, in
    any mixture. Values of Secrets are not printed.

    \b
    kubectl get pods,gateways,httproutes,events --all-namespaces -o yaml > bundle/objects.yaml
    kubectl describe pods --all-namespaces > bundle/describe.txt
    kubectl logs POD --all-containers --previous > bundle/pod.log
    stackgen diagnose bundle

    Exit code 1: a runbook matches. 0: none matches.
    """
    from stackgen.diagnose.match import diagnose as diagnosed
    from stackgen.diagnose.match import read_bundle
    from stackgen.diagnose.runbooks import runbooks
    from stackgen.report.runbook_text import diagnosis_text

    bundle = read_bundle(path)
    found = diagnosed(bundle, runbooks())
    say(diagnosis_text(found, style_for(sys.stdout, "auto", os.environ)))
    notes(bundle.notes)
    return 1 if found else 0
