"""The variables and addresses that containers take from ConfigMaps of the input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.facts.containers import containers
from stackgen.facts.generated_config import generated_literals
from stackgen.facts.object_references import references
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.service_addresses import ServiceAddress, addresses_in
from stackgen.facts.shape import as_dict, maps, text
from stackgen.manifest.resource import Bundle, Resource
from stackgen.regex import regex

_LARGE = 200_000  # characters of a file in a ConfigMap
_COMMENT = regex(r"(?m)(?:^|(?<=\s))(?:#|//)[^\n]*")
_Values = Mapping[int, Mapping[str, str]]


def config_values(bundle: Bundle, container: Mapping[str, Any]) -> Mapping[str, str]:
    """The variables of one container, as far as one ConfigMap of the input has them."""
    found: _Values = bundle.once(_found)
    return found.get(id(container), {})


def addresses_of_configs(
    bundle: Bundle, namespace: str, spec: Mapping[str, Any]
) -> Iterator[ServiceAddress]:
    """The addresses of Services in the ConfigMaps of which a Pod has the files or variables."""
    for one in dict.fromkeys(to.name for to in references(spec) if to.kind == "ConfigMap"):
        made = list(bundle.named("ConfigMap", namespace, one))
        if len(made) == 1:
            yield from addresses_of_config(made[0])


def without_comments(written: str) -> str:
    """A file without its comments, which may show addresses as examples."""
    return _COMMENT.sub("", written)


def addresses_of_config(config: Resource) -> Iterator[ServiceAddress]:
    """The addresses in a ConfigMap that can only be of Services."""
    for key, value in as_dict(config.get("data")).items():
        if isinstance(value, str) and ".svc" in value and len(value) <= _LARGE:
            found = addresses_in(without_comments(value), ("data", key))
            yield from (one for one in found if one.certain)


def has_other_values(bundle: Bundle, container: Mapping[str, Any]) -> bool:
    """Whether `envFrom` may bring variables of which `config_values` does not know."""
    whole: set[int] = bundle.once(_whole)
    return bool(container.get("envFrom")) and id(container) not in whole


def _whole(bundle: Bundle) -> set[int]:
    """The containers of which all sources of `envFrom` are ConfigMaps of the input."""
    return {
        id(container)
        for resource in bundle.objects
        for template in pod_templates(resource)
        for _, container in containers(template.spec)
        if all(
            _data(bundle, resource.namespace, as_dict(source.get("configMapRef")))
            for _, source in maps(container.get("envFrom"))
        )
    }


def _found(bundle: Bundle) -> _Values:
    """By the identity of the container."""
    found: dict[int, Mapping[str, str]] = {}
    for resource in bundle.objects:
        for template in pod_templates(resource):
            for _, container in containers(template.spec):
                values = dict(_of_container(bundle, resource.namespace, container))
                if values:
                    found[id(container)] = values
    return found


def _of_container(
    bundle: Bundle, namespace: str, container: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    for _, source in maps(container.get("envFrom")):
        data = _data(bundle, namespace, as_dict(source.get("configMapRef")))
        for key, value in data.items():
            if isinstance(value, str):
                yield text(source.get("prefix")) + str(key), value
    for _, entry in maps(container.get("env")):
        ref = as_dict(as_dict(entry.get("valueFrom")).get("configMapKeyRef"))
        value = _data(bundle, namespace, ref).get(text(ref.get("key"))) if ref else None
        if isinstance(value, str):
            yield text(entry.get("name")), value


def _data(bundle: Bundle, namespace: str, ref: Mapping[str, Any]) -> Mapping[str, Any]:
    """The data of the only ConfigMap of this name, which Kustomize may generate."""
    name = text(ref.get("name"))
    made = list(bundle.named("ConfigMap", namespace, name)) if ref else []
    if ref and not made:
        return {key: value for _, _, key, value in generated_literals(bundle).get(name, ())}
    return as_dict(made[0].get("data")) if len(made) == 1 else {}
