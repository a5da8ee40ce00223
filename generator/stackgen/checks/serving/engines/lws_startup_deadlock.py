"""A LeaderWorkerSet whose leader waits for workers that wait for the leader."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, as_list, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.regex import regex

# What starts a server that answers only once all hosts of the group take part.
_SPREAD = regex(
    r"--pipeline-parallel-size|--nnodes|--data-parallel-size|--distributed-executor-backend|"
    r"ray start|jax\.distributed|--dist-init-addr"
)


def check(context: Context) -> Violations:
    """One finding for each such set."""
    for group in context.bundle.of_kind("LeaderWorkerSet", "leaderworkerset.x-k8s.io"):
        size = group.get("spec", "leaderWorkerTemplate", "size")
        if group.get("spec", "startupPolicy") != "LeaderReady" or size == 1:
            continue
        templates = list(pod_templates(group))
        leader = next((t for t in templates if t.part == "leader"), None)
        leader = leader or (templates[0] if templates else None)
        for i, container in maps(leader.spec.get("containers")) if leader is not None else ():
            probe = as_dict(container.get("readinessProbe"))
            if "httpGet" in probe and _SPREAD.search(_words(container)):
                assert leader is not None
                yield violation(
                    f"{group.name} starts its workers after the leader is ready, but the "
                    f"server of container {text(container.get('name'))} is ready only with its "
                    "workers",
                    Place(group, ("spec", "startupPolicy")),
                    Place(group, (*leader.spec_path, "containers", i, "readinessProbe"), key=True),
                )
                break


def _words(container: dict[str, Any]) -> str:
    words = [*as_list(container.get("command")), *as_list(container.get("args"))]
    return " ".join(word for word in words if isinstance(word, str))
