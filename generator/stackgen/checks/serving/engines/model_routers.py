"""The model groups of LiteLLM proxies in the input, and names in their own settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Pods
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.digits import to_int
from stackgen.escape import visible
from stackgen.facts.config_values import config_values, has_other_values
from stackgen.facts.generated_config import generated_texts
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse
from stackgen.record import record
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

# Lists of {group: [other groups]}, and a list of groups.
_FALLBACKS = ("fallbacks", "context_window_fallbacks", "content_policy_fallbacks")
_REDIS = 6379
_ENVIRON = regex(r"os\.environ/[A-Za-z_][A-Za-z0-9_]*")
_SECTIONS = ("router_settings", "litellm_settings")


@record
class Router:
    """A configuration of LiteLLM, where it stands, and the ConfigMap that has it.

    namespace: None where Kustomize may set another one.
    """

    by: Resource
    path: Path
    settings: Mapping[str, Any]
    name: str
    namespace: str | None


def routers(context: Context) -> Iterator[Router]:
    """The configurations of LiteLLM in ConfigMaps, and in files of which Kustomize makes one."""
    for config in context.bundle.of_kind("ConfigMap", ""):
        for key, value in as_dict(config.get("data")).items():
            if isinstance(value, str) and "model_list:" in value:
                for document in parse(value, str(key), learning=False):
                    settings = as_dict(document.data)
                    yield Router(config, ("data", key), settings, config.name, config.namespace)
    for index, name, path, key, value in generated_texts(context.bundle):
        if "model_list:" in value:
            space = text(index.get("namespace")) or None
            for document in parse(value, key, learning=False):
                yield Router(index, path, as_dict(document.data), name, space)


def stores(found: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The hosts and ports of Redis that a proxy uses; a host may be the name of a Service."""
    router = as_dict(found.get("router_settings"))
    cache = as_dict(as_dict(found.get("litellm_settings")).get("cache_params"))
    for settings, before in ((router, "redis_"), (cache, "")):
        host, port = settings.get(f"{before}host"), settings.get(f"{before}port", _REDIS)
        if isinstance(host, str):
            yield host, to_int(str(port)) if str(port).isdecimal() else 0


def group_names(found: Mapping[str, Any]) -> set[str]:
    """What clients call the models; empty where there may be others."""
    names = {text(entry.get("model_name")) for _, entry in maps(found.get("model_list"))}
    general = as_dict(found.get("general_settings"))
    if found.get("include") or general.get("store_model_in_db") or general.get("database_url"):
        return set()
    if any("*" in name or not plain(name) or not name for name in names):
        return set()
    for section in _SECTIONS:
        aliases = as_dict(found.get(section)).get("model_group_alias")
        names.update(map(str, as_dict(aliases)))
    return names


def router_names(context: Context, pods: Pods) -> set[str]:
    """What a proxy in these Pods is asked for; empty where the Pods are no proxy, or not known."""
    volumes = [volume for _, volume in maps(pods.spec.get("volumes"))]
    mounted = {text(as_dict(volume.get("configMap")).get("name")) for volume in volumes}
    containers = [one for _, one in maps(pods.spec.get("containers"))]
    if not any("litellm" in text(one.get("image")) for one in containers):
        return set()
    if any("DATABASE_URL" in str(one.get("env")) or one.get("envFrom") for one in containers):
        return set()  # models may be added in the database
    configs = [
        one.settings
        for one in routers(context)
        if one.name in mounted and one.namespace in (pods.owner.namespace, None)
    ]
    return group_names(configs[0]) if len(configs) == 1 else set()


def unset_variables(context: Context) -> Violations:
    """Names after os.environ/ that no container with the configuration sets."""
    found = list(routers(context))
    for pod in pod_specs(context) if any(_read(one.settings) for one in found) else ():
        mounted = {
            text(as_dict(volume.get("configMap")).get("name"))
            for _, volume in maps(pod.spec.get("volumes"))
        }
        mine = [x for x in found if x.name in mounted]
        containers = [one for _, one in pod.containers() if "litellm" in text(one.get("image"))]
        if len(mine) != 1 or mine[0].namespace not in (pod.resource.namespace, None):
            continue
        for one in containers if len(containers) == 1 else ():
            own = {text(entry.get("name")) for _, entry in maps(one.get("env"))}
            own |= config_values(context.bundle, one).keys()
            if has_other_values(context.bundle, one) or one.get("command"):
                continue
            for name in sorted(_read(mine[0].settings) - own):
                owner = f"{pod.resource.kind} {visible(pod.resource.name)}"
                yield violation(
                    f"the configuration reads {visible(name)} from the environment, and container "
                    f"{visible(text(one.get('name')))} of {owner} "
                    f"does not set it{did_you_mean(name, sorted(own))}",
                    Place(mine[0].by, mine[0].path),
                    impact="LiteLLM sends no key, or starts without the setting.",
                    remedy=f"Add {visible(name)} to `env`, or correct its name.",
                )


def _read(settings: Any) -> set[str]:
    """The variables that a configuration takes with os.environ/NAME."""
    left, found = [settings], set[str]()
    while left:
        one = left.pop()
        if isinstance(one, str) and _ENVIRON.fullmatch(one):
            found.add(one.removeprefix("os.environ/"))
        left += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    return found


def unknown_fallbacks(context: Context) -> Violations:
    """Fallbacks of or to a group that the configuration does not have."""
    for router in routers(context):
        found, names = router.settings, group_names(router.settings)
        for section in _SECTIONS if names else ():
            settings = as_dict(found.get(section))
            asked = {
                name
                for field in _FALLBACKS
                for _, entry in maps(settings.get(field))
                for group, others in entry.items()
                for name in (str(group), *filter(_is_name, as_list(others)))
            } | {one for one in as_list(settings.get("default_fallbacks")) if _is_name(one)}
            for name in sorted(asked - names - {"*"}):
                yield violation(
                    f"{section} has a fallback with {visible(name)}, and model_list has no such "
                    f"model_name{did_you_mean(name, sorted(names))}",
                    Place(router.by, router.path),
                    severity=Severity.WARNING,
                )


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and plain(value)
