"""A Backend of Envoy Gateway whose configuration does not turn the API on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.composed import folder
from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, at, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse

_FLAG = ("extensionApis", "enableBackend")
_KEY = "envoy-gateway.yaml"


def check(context: Context) -> Violations:
    """One finding for each configuration, if the input has a Backend."""
    backends = list(context.bundle.of_kind("Backend", "gateway.envoyproxy.io"))
    configs = list(_configs(context)) if backends else []
    for resource, path, config in configs:
        # Of several samples, each has its own configuration.
        mine = [b for b in backends if len(configs) == 1 or folder(b) == folder(resource)]
        if mine and at(config, *_FLAG) is not True:
            yield violation(
                f"{'.'.join(_FLAG)} is not true, and Envoy Gateway ignores Backend {mine[0].name}",
                Place(resource, path),
            )


def _configs(context: Context) -> Iterator[tuple[Resource, Path, Any]]:
    """The configurations of Envoy Gateway: the file of a ConfigMap, and values of its chart."""
    for one in context.bundle.of_kind("ConfigMap", ""):
        content = as_dict(one.get("data")).get(_KEY)
        for document in parse(text(content), _KEY, learning=False) if content else ():
            if at(document.data, "kind") == "EnvoyGateway":
                yield one, ("data", _KEY), document.data
    for one in context.bundle.of_kind("HelmRelease"):
        if text(one.get("spec", "chart", "spec", "chart")).endswith("gateway-helm"):
            config = one.get("spec", "values", "config", "envoyGateway")
            if isinstance(config, dict):
                yield one, ("spec", "values", "config", "envoyGateway"), config
