"""What a bundle holds that the controller reads beside a service, by namespace and name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.facts.shape import as_dict, at, maps
from stackgen.manifest.resource import Bundle, Resource
from stackgen.platforms.kserve.expand import Expanded, Found, Known, expand
from stackgen.platforms.kserve.names import CONFIG_KIND
from stackgen.platforms.kserve.presets import Configs, Effective
from stackgen.platforms.kserve.release import GROUP, OLD_POOLS, V1_POOLS, Controller

EXTENSIONS, FLUX = "apiextensions.k8s.io", "helm.toolkit.fluxcd.io"
ARGO = ("Application", "argoproj.io")
# The value of the chart kserve-llmisvc-resources for definitions that are not KServe's.
LEFT_OUT = ("kserve", "llmisvc", "createGIECRDs")


def known_of(bundle: Bundle) -> Known:
    """What a bundle has for a service; any other object may be there, too."""
    accounts = _found(_by_name(bundle, "ServiceAccount", ""))
    config_maps = _found(_by_name(bundle, "ConfigMap", ""))
    return Known(
        configs_of(bundle), accounts, _secrets(bundle), config_maps, old_pools=_old_pools(bundle)
    )


def _old_pools(bundle: Bundle) -> bool:
    """Whether the older InferencePool is defined: not where the chart of the controller is told to
    leave out its definitions, and nothing else brings this one.
    """
    name = f"inferencepools.{OLD_POOLS}"
    if any(r.name == name for r in bundle.of_kind("CustomResourceDefinition", EXTENSIONS)):
        return True
    given = [
        *(r.get("spec", "values") for r in bundle.of_kind("HelmRelease", FLUX)),
        *(r.get("spec", "source", "helm", "valuesObject") for r in bundle.of_kind(*ARGO)),
    ]
    return not any(at(values, *LEFT_OUT) is False for values in given)


def expanded(bundle: Bundle, service: Resource, controller: Controller) -> Expanded:
    """What `controller` makes of a service of the bundle: made at the first request."""
    made = bundle.once(_made)
    key = (id(service.data), id(controller))
    if key not in made:
        found = expand(service.data, controller, bundle.once(known_of))
        made[key] = (service.data, controller, found)  # as long as they are here, so are their ids
    return made[key][2]


def expanded_in_all(bundle: Bundle, service: Resource, controller: Controller) -> Expanded:
    """The same where the bundle is all that the cluster has."""
    merged: Effective | None = expanded(bundle, service, controller).effective
    assert merged is not None
    scheduler = as_dict(as_dict(merged.spec.get("router")).get("scheduler"))
    if merged.failed or as_dict(scheduler.get("config")).get("ref"):
        merged = None  # a ConfigMap that is not in the bundle is now missing
    return expand(service.data, controller, bundle.once(all_of), merged)


def _made(_: Bundle) -> dict[tuple[int, int], tuple[Any, Controller, Expanded]]:
    return {}


def all_of(bundle: Bundle) -> Known:
    """The bundle as all that the cluster has, but for what comes with the controller."""
    pools = {group: _by_name(bundle, "InferencePool", group) for group in (OLD_POOLS, V1_POOLS)}
    gateways = _by_name(bundle, "Gateway", "gateway.networking.k8s.io")
    routes = _by_name(bundle, "HTTPRoute", "gateway.networking.k8s.io")
    return Known(
        configs_of(bundle),
        _found(_by_name(bundle, "ServiceAccount", "")),
        _secrets(bundle),
        _found(_by_name(bundle, "ConfigMap", "")),
        lambda group, namespace, name: pools.get(group, {}).get((namespace, name)),
        lambda namespace, name: (namespace, name) in gateways,
        lambda namespace, name: routes.get((namespace, name)),
        _old_pools(bundle),
        whole=True,
    )


def _secrets(bundle: Bundle) -> Found:
    """The Secrets of the bundle, and those that it has made elsewhere.

    No Secret is in a stack: an ExternalSecret names its keys, and of the other managers the spec
    says that the Secret with the token has the key of Hugging Face.
    """
    known = _by_name(bundle, "Secret", "")
    for resource in bundle.of_kind("ExternalSecret", "external-secrets.io"):
        name = resource.get("spec", "target", "name") or resource.name
        keys = [str(one.get("secretKey")) for _, one in maps(resource.get("spec", "data"))]
        made = {"metadata": {"name": name}, "data": dict.fromkeys(keys, "")}
        known.setdefault((resource.namespace, str(name)), made)
    rendered = any(resource.layer for resource in bundle.resources)

    def find(namespace: str, name: str) -> dict[str, Any] | None:
        elsewhere = {"data": {"HF_TOKEN": ""}} if rendered else None
        return known.get((namespace, name), elsewhere)

    return find


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
