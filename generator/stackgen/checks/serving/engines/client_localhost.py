"""A client of a model server that looks for it in its own Pod."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.engines.model_client_mismatch import client_rows
from stackgen.checks.serving.engines.model_routers import routers
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.digits import to_int
from stackgen.facts.command_line import SHELLS
from stackgen.facts.shape import as_dict, as_list, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.regex import regex

_LOCAL = regex(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::(\d{1,5}))?(?:/\S*)?\Z")


def check(context: Context) -> Violations:
    """One finding for each variable, and for each configuration of LiteLLM."""
    variables = regex(client_rows()["addresses"])
    proxies: dict[tuple[str, str], list[PodSpec]] = {}
    for pod in pod_specs(context):
        for path, value in _variables(pod, variables):
            if _elsewhere(pod, value):
                yield violation(
                    "the address is the Pod itself, which has no other container and not this port",
                    pod.place(*path),
                )
        for _, volume in maps(pod.spec.get("volumes")):
            name = text(as_dict(volume.get("configMap")).get("name"))
            proxies.setdefault((pod.namespace, name), []).append(pod)
    for router in routers(context):
        pods = proxies.get((router.namespace or "", router.name), [])
        bases = [
            text(as_dict(entry.get("litellm_params")).get("api_base"))
            for _, entry in maps(router.settings.get("model_list"))
        ]
        if pods and any(all(_elsewhere(pod, base) for pod in pods) for base in bases):
            yield violation(
                "api_base is the Pod of LiteLLM itself, which has no other container and not this "
                "port",
                Place(router.by, router.path),
            )


def _variables(pod: PodSpec, names: Any) -> Iterator[tuple[Path, str]]:
    for i, container in maps(pod.spec.get("containers")):
        for j, one in maps(container.get("env")):
            if names.fullmatch(text(one.get("name"))):
                yield ("containers", i, "env", j, "value"), text(one.get("value"))


def _elsewhere(pod: PodSpec, address: str) -> bool:
    """Whether an address of the Pod itself is one on which nothing in it can listen."""
    found = _LOCAL.match(address)
    containers = [one for _, one in maps(pod.spec.get("containers"))]
    sidecars = [
        one
        for _, one in maps(pod.spec.get("initContainers"))
        if one.get("restartPolicy") == "Always"
    ]
    if found is None or len(containers) != 1 or sidecars or pod.spec.get("hostNetwork"):
        return False
    words = [*as_list(containers[0].get("command")), *as_list(containers[0].get("args"))]
    # A script may start the server, too.
    if any(os.path.basename(text(word)) in SHELLS or "\n" in text(word) for word in words):
        return False
    port = to_int(found[1]) if found[1] else 80
    own = {one.get("containerPort") for _, one in maps(containers[0].get("ports"))}
    return bool(own) and port not in own and str(port) not in " ".join(map(str, words))
