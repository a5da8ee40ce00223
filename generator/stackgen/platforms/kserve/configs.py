"""What a bundle holds that the controller reads beside a service, by namespace and name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.manifest.resource import Bundle
from stackgen.platforms.kserve.expand import Found, Known
from stackgen.platforms.kserve.names import CONFIG_KIND
from stackgen.platforms.kserve.presets import Configs
from stackgen.platforms.kserve.release import GROUP, OLD_POOLS, V1_POOLS


def known_of(bundle: Bundle) -> Known:
    """What a bundle has for a service; any other object may be there, too."""
    accounts, secrets = (_found(_by_name(bundle, k, "")) for k in ("ServiceAccount", "Secret"))
    return Known(configs_of(bundle), accounts, secrets, _found(_by_name(bundle, "ConfigMap", "")))


def all_of(bundle: Bundle) -> Known:
    """The bundle as all that the cluster has, but for what comes with the controller."""
    pools = {group: _by_name(bundle, "InferencePool", group) for group in (OLD_POOLS, V1_POOLS)}
    gateways = _by_name(bundle, "Gateway", "gateway.networking.k8s.io")
    routes = _by_name(bundle, "HTTPRoute", "gateway.networking.k8s.io")
    return Known(
        configs_of(bundle),
        _found(_by_name(bundle, "ServiceAccount", "")),
        _found(_by_name(bundle, "Secret", "")),
        _found(_by_name(bundle, "ConfigMap", "")),
        lambda group, namespace, name: pools.get(group, {}).get((namespace, name)),
        lambda namespace, name: (namespace, name) in gateways,
        lambda namespace, name: routes.get((namespace, name)),
        whole=True,
    )


def configs_of(bundle: Bundle) -> Configs:
    """Looks up the spec of a config of the bundle; None for those that it does not have."""
    known = _by_name(bundle, CONFIG_KIND, GROUP)

    def find(namespace: str, name: str) -> Mapping[str, Any] | None:
        spec = known.get((namespace, name), {}).get("spec")
        return spec if isinstance(spec, dict) else None

    return find


def _by_name(bundle: Bundle, kind: str, group: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The first of each name."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for resource in bundle.of_kind(kind, group):
        found.setdefault((resource.namespace, resource.name), resource.data)
    return found


def _found(objects: dict[tuple[str, str], dict[str, Any]]) -> Found:
    def find(namespace: str, name: str) -> dict[str, Any] | None:
        return objects.get((namespace, name))

    return find
