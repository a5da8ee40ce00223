"""A script that means to stop, and leaves only a subshell."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.gitops.script_files import leaves_subshell
from stackgen.checks.serving.podspecs import merged_pod_specs
from stackgen.escape import visible
from stackgen.facts.containers import words
from stackgen.facts.shape import text
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each script of a container; those of files are found on the command line."""
    for pod in merged_pod_specs(context):
        for path, container in pod.containers():
            for at, word in words(container):
                if (found := next(leaves_subshell(word), None)) is not None:
                    yield violation(
                        f"container {visible(text(container.get('name')))} goes on after "
                        f"{visible(found[1])}: the parentheses are a subshell, and there is no "
                        "`set -e`",
                        pod.place(*path, *at),
                    )
