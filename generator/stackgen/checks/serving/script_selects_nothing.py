"""A command of a script that selects Pods by labels which none has."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.network.view import view
from stackgen.escape import visible
from stackgen.facts.shape import plain, text
from stackgen.findings.model import Place, Violations, violation

# Commands for which it is no mistake that nothing is there.
_MAKE = ("apply", "create", "delete", "label")


def _of_controller(key: str) -> bool:
    """Whether a controller or a chart may give Pods the label."""
    prefix = key.strip().partition("/")[0]
    given = ("job-name", "controller-uid", "pod-template-hash", "ray.io", "release", "helm.sh")
    if key.strip() == "app.kubernetes.io/instance" or prefix in given:
        return True
    return prefix.endswith("k8s.io") and "/" in key


def _may_be(label: str | None, value: str) -> bool:
    """Whether a label has the value, or one that is filled in later."""
    return label == value or (label is not None and not plain(label))


def check(context: Context) -> Violations:
    """Selectors of kubectl for a namespace of which the input shows the Pods."""
    seen = view(context)
    for command in context.bundle.outside:
        selected = text(command.get("spec", "selector"))
        space = text(command.get("spec", "namespace"))
        if command.kind != "Command" or command.name in _MAKE or not plain(selected + space):
            continue
        pairs = [part.partition("=") for part in selected.replace("==", "=").split(",")]
        if any(not equals or key.endswith("!") or _of_controller(key) for key, equals, _ in pairs):
            continue
        wanted = {key.strip(): value for key, _, value in pairs}
        pods = seen.pods_in.get(space, [])
        if (
            seen.shows(space, wanted)
            and all(pod.complete for pod in pods)
            and not any(
                all(_may_be(pod.labels.get(key), value) for key, value in wanted.items())
                for pod in pods
            )
        ):
            yield violation(
                f"no Pod in the manifests in namespace {space} has the labels {visible(selected)}",
                Place(command, ("spec", "selector")),
            )
