"""The values file of llm-d-infra-xks, as that project reads it: for those who run its Makefile."""

from __future__ import annotations

from stackgen.manifest.resource import Resource
from stackgen.origin import Origin, flatten
from stackgen.plan.model import Plan
from stackgen.render.objects import Rendered


def values_file(plan: Plan) -> Rendered:
    """`2-platform/values/llm-d-infra-xks.yaml`; no Kubernetes object, listed nowhere."""
    release = plan.release
    keys = release.value("values_file", "keys").value
    tree = {key: release.value("values_file", "keys", key, "value") for key in keys}
    flat = flatten(tree, Origin("rule", "platform/values", "the keys that project really reads"))
    dead = ", ".join(release.value("values_file", "dead").value)
    return Resource(
        data=flat.data,
        file=f"2-platform/values/{release.value('values_file', 'path').value}",
        layer="2-platform",
        origins=flat.origins,
        notes=(
            "For `make deploy-all` of llm-d-infra-xks. GitOps does not read this file.",
            "At this revision useSystemPodmanAuth: false has no effect, nor has pullSecretFile.",
            f"No effect there, so left out: {dead}.",
        ),
        index=True,
    )
