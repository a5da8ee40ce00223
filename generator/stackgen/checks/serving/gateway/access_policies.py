"""Policies of Envoy Gateway and Kuadrant, and what each is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.shape import as_dict, maps, text
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.record import record

ENVOY, KUADRANT = "gateway.envoyproxy.io", "kuadrant.io"
AI_GATEWAY = "aigateway.envoyproxy.io"
KINDS = {
    ENVOY: (
        "BackendTrafficPolicy", "ClientTrafficPolicy", "EnvoyExtensionPolicy", "SecurityPolicy",
    ),
    KUADRANT: ("AuthPolicy", "RateLimitPolicy", "TokenRateLimitPolicy"),
}  # fmt: skip
_SECTIONS: tuple[Path, ...] = ((), ("defaults",), ("overrides",))


@record
class Target:
    """What a policy is for. section: a listener of a Gateway or a rule of a route; "" for all."""

    path: Path
    kind: str
    namespace: str
    name: str
    section: str

    @property
    def whole(self) -> tuple[str, str, str]:
        """The object, whatever part of it is meant."""
        return self.kind, self.namespace, self.name


def policies(context: Context, *kinds: str) -> Iterator[Resource]:
    """The policies of the input, of some kinds."""
    for group, known in KINDS.items():
        for kind in known:
            if kind in kinds or not kinds:
                yield from context.bundle.of_kind(kind, group)


def targets(policy: Resource) -> Iterator[Target]:
    """The objects that a policy names; those that it selects by labels are left out."""
    one = policy.get("spec", "targetRef")
    found: list[tuple[Path, dict[str, Any]]] = []
    if isinstance(one, dict):
        found.append((("spec", "targetRef"), one))
    found += [(("spec", "targetRefs", i), r) for i, r in maps(policy.get("spec", "targetRefs"))]
    for path, ref in found:
        yield Target(
            path, text(ref.get("kind")), policy.namespace, text(ref.get("name")),
            text(ref.get("sectionName")),
        )  # fmt: skip


def parts(policy: Resource, *path: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A map of a policy of Kuadrant: of the spec itself, and of its defaults and overrides."""
    for section in _SECTIONS:
        here = ("spec", *section, *path)
        found = policy.get(*here)
        if isinstance(found, dict):
            yield here, found


def parents(route: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The Gateways that a route attaches to, as `Target.whole`."""
    space = text(as_dict(route.get("metadata")).get("namespace"))
    for _, ref in maps(as_dict(route.get("spec")).get("parentRefs")):
        if ref.get("kind", "Gateway") == "Gateway":
            yield "Gateway", text(ref.get("namespace")) or space, text(ref.get("name"))


def lineage(context: Context, target: Target) -> set[tuple[str, str, str]]:
    """A target with the Gateways above it: a policy of a Gateway is for its routes, too."""
    found = {target.whole}
    for kind in ("HTTPRoute", "AIGatewayRoute"):
        for route in context.bundle.of_kind(kind):
            if target.kind == "HTTPRoute" and (route.namespace, route.name) == target.whole[1:]:
                found.update(parents(route.data))
    return found
