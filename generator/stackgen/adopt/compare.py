"""The rendered objects against those that exist, and patches for what the spec does not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Literal

from stackgen.adopt.spelling import equal, is_default, same_version
from stackgen.facts.shape import as_dict, as_list, maps
from stackgen.findings.edit import flow
from stackgen.manifest.document import Path, show_path
from stackgen.manifest.merge_keys import merge_key
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.secret_values import HIDDEN, to_show
from stackgen.manifest.yaml_out import dump
from stackgen.record import record

State = Literal["equal", "adds", "differs", "missing"]
# Labels and annotations that say who rendered an object, and change nothing else.
MARKS = ("app.kubernetes.io/managed-by", "app.kubernetes.io/part-of")
# What the API server and kubectl write into objects.
_BY_SERVER = (
    "creationTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
    "selfLink",
)
_BY_TOOLS = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
)
# Fields of which an object has one: the one that is given replaces the other.
_UNIONS = (
    frozenset(("httpGet", "tcpSocket", "grpc", "exec", "sleep")),
    frozenset(("value", "valueFrom")),
    frozenset(("minAvailable", "maxUnavailable")),
)
# Fields that belong to one `type` of what they are in.
_OF_TYPE = ("rollingUpdate",)

# The longest value of a field that is shown in the list, in characters.
_SHORT = 60
_SELECTORS = (("matchLabels",), ("selector",))
_LINE = frozenset(("command", "args"))


@record
class Result:
    """One object. changed: what the rendered one says otherwise; added: what it says beside.

    extra: it is among the `extraObjects` of the spec.
    """

    resource: Resource
    state: State
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    patch: Mapping[str, Any] | None = None
    extra: bool = False


def compare(given: Bundle, rendered: Bundle) -> list[Result]:
    """Each object of `given` against the rendered one of the same kind, namespace and name."""
    return [_compared(r, _same(r, rendered)) for r in given.objects]


def others(given: Bundle, rendered: Bundle) -> tuple[Resource, ...]:
    """The rendered objects that are not among the given ones."""
    there = {(r.group, r.kind, r.name, r.namespace) for r in given.objects}
    return tuple(
        r
        for r in rendered.objects
        if not {(r.group, r.kind, r.name, n) for n in (r.namespace, "")} & there
    )


def _same(given: Resource, rendered: Bundle) -> Resource | None:
    """The rendered object that `given` is. Without a namespace it is applied in any."""
    for resource in rendered.of_kind(given.kind, given.group):
        if resource.name == given.name and given.namespace in ("", resource.namespace):
            return resource
    return None


def _compared(given: Resource, rendered: Resource | None) -> Result:
    if rendered is None:
        return Result(given, "missing")
    changed: list[str] = []
    added: list[str] = []
    named = bool(given.namespace)
    # What is secret is neither compared nor copied.
    there, made = to_show(given.data), to_show(rendered.data)
    if given.kind in ("Role", "ClusterRole"):
        there, made = _permitted(there, made, added)
    there, made = _plain(there, namespaced=named), _plain(made, namespaced=named)
    there, made = (_with_own_defaults(one, made) for one in (there, made))
    patch = _patch(there, made, (), changed, added)
    state: State = "differs" if changed else "adds" if added else "equal"
    return Result(given, state, tuple(changed), tuple(added), patch or None)


def _permitted(given: Any, rendered: Any, added: list[str]) -> tuple[Any, Any]:
    """Two roles, without their rules if the rendered one permits all that the given one does."""
    asked, more = (set(_permissions(one)) for one in (given, rendered))
    if not asked <= more:
        return given, rendered
    added += sorted(
        f"rules: {verb} {resource}{group and '.'}{group}"
        for group, resource, _, verb in more - asked
    )
    plain = ({k: v for k, v in one.items() if k != "rules"} for one in (given, rendered))
    return next(plain), next(plain)


def _permissions(role: Any) -> Iterator[tuple[str, str, str, str]]:
    """Group, resource, names and verb of each permission. Rules are sets, in any order."""
    for _, rule in maps(role.get("rules")):
        names = repr(sorted(map(str, as_list(rule.get("resourceNames")))))
        kinds = [(str(g), str(r)) for g in as_list(rule.get("apiGroups"))
                 for r in as_list(rule.get("resources"))]  # fmt: skip
        paths = [("", str(path)) for path in as_list(rule.get("nonResourceURLs"))]
        for (group, resource), verb in product([*kinds, *paths], as_list(rule.get("verbs"))):
            yield group, resource, names, str(verb)


def applied(data: Mapping[str, Any]) -> dict[str, Any]:
    """The object as it was applied: without what the API server and kubectl add."""
    metadata = {k: v for k, v in as_dict(data.get("metadata")).items() if k not in _BY_SERVER}
    marks = metadata.get("annotations")
    if isinstance(marks, dict):
        metadata["annotations"] = {k: v for k, v in marks.items() if k not in _BY_TOOLS}
        if not metadata["annotations"]:
            del metadata["annotations"]
    return {**{k: v for k, v in data.items() if k != "status"}, "metadata": metadata}


def holds_secret(resource: Resource) -> bool:
    """Whether a value of the object is secret, and therefore not copied."""
    return HIDDEN in dump(to_show(resource.data))


def _plain(data: Mapping[str, Any], *, namespaced: bool) -> dict[str, Any]:
    """The object without status, and without marks of who rendered it; namespace if asked for."""
    data = applied(data)
    metadata = data["metadata"]
    labels = metadata.pop("labels", None)
    if isinstance(labels, dict):
        labels = {k: v for k, v in labels.items() if k not in MARKS}
    if not namespaced:
        metadata.pop("namespace", None)
    if labels:
        metadata["labels"] = labels
    return data


def _with_own_defaults(data: dict[str, Any], rendered: dict[str, Any]) -> dict[str, Any]:
    """With fields whose default is another field: the port of Pods, the namespace of a Gateway.

    A rendered Gateway of another namespace is the one that is meant all the same.
    """
    kind, own = data.get("kind"), data["metadata"].get("namespace")
    field = {"Service": "ports", "HTTPRoute": "parentRefs"}.get(str(kind), "")
    items, made = (as_dict(one.get("spec")).get(field) for one in (data, rendered))
    spaces = {ref.get("namespace", own) for _, ref in maps(made)}
    if not isinstance(items, list) or (kind == "HTTPRoute" and spaces != {own}):
        return data

    def filled(item: Any) -> Any:
        if not isinstance(item, dict):
            return item
        more = {"targetPort": item.get("port")} if kind == "Service" else {"namespace": own}
        return {k: v for k, v in more.items() if v is not None} | item

    return {**data, "spec": {**data["spec"], field: list(map(filled, items))}}


def _patch(
    given: Any, rendered: Any, path: Path, changed: list[str], added: list[str]
) -> dict[str, Any]:
    """What has to be merged into the rendered mapping so that it says what the given one says."""
    found: dict[str, Any] = {}
    if path[-1:] == ("resources",):
        given, rendered = _requested(given), _requested(rendered)
    for key, value in given.items():
        here = (*path, key)
        if key not in rendered:
            if is_default(here, value):
                continue
            changed.append(show_path(here))
            if (shown := _shown(value)) is not None:
                found[key] = shown
        elif isinstance(value, dict) and isinstance(rendered[key], dict):
            inner = _patch(value, rendered[key], here, changed, added)
            if inner:
                found[key] = inner
        elif isinstance(value, list) and isinstance(rendered[key], list):
            items = _items(value, rendered[key], here, changed, added)
            if items:
                found[key] = items
        elif here == ("apiVersion",) and same_version(value, rendered[key]):
            continue
        elif not equal(value, rendered[key], here):
            changed.append(show_path(here))
            if (shown := _shown(value)) is not None:
                found[key] = shown
    more = [key for key in rendered if key not in given]
    if path == ("metadata", "labels") and more:
        added.append(_told(path, {key: rendered[key] for key in more}))
        return found
    for key in more:
        if path[-1:] in _SELECTORS and isinstance(rendered[key], str):
            # A selector with one more label selects other Pods.
            changed.append(show_path((*path, key)))
            found[key] = None
            continue
        if "nodeSelector" in (key, *path[-1:]):
            # One more label leaves fewer nodes, or none.
            found[key] = None
        elif any(key in union and union & found.keys() for union in _UNIONS):
            found[key] = None
        elif (key in _OF_TYPE and "type" in found) or path[-2:-1] == ("volumes",):
            # Of a volume there is one source.
            found[key] = None
        elif key in _LINE and _LINE & found.keys():
            # Arguments belong to the program that they were written for.
            found[key] = None
        elif not is_default((*path, key), rendered[key]):
            added.append(_told((*path, key), rendered[key]))
    return found


def _requested(resources: Mapping[str, Any]) -> dict[str, Any]:
    """Resources of a container with the requests that the API server sets from its limits."""
    limits, requests = (as_dict(resources.get(key)) for key in ("limits", "requests"))
    return {**resources, "requests": {**limits, **requests}} if limits else dict(resources)


def _told(path: Path, value: Any) -> str:
    """A field that is added: with its value, or with the fields in it where that is long."""
    if isinstance(value, dict):
        whole = flow(value)
        names = f" ({', '.join(map(str, value))})"
        return show_path(path) + (f": {whole}" if len(whole) <= _SHORT else names)
    if isinstance(value, bool):
        value = str(value).lower()
    return show_path(path) if isinstance(value, list) else f"{show_path(path)}: {value}"


def _items(
    given: list[Any], rendered: list[Any], path: Path, changed: list[str], added: list[str]
) -> list[Any]:
    """The same for a list: by the key that its items merge by, or the list as a whole."""
    if given == rendered:
        return []
    key = merge_key(given, rendered)
    if key is None or any(isinstance(x[key], (dict, list)) for x in (*given, *rendered)):
        if _same_items(given, rendered, path):
            return []
        changed.append(show_path(path))
        return list(_shown(given))
    there = {item[key]: item for item in rendered}
    found: list[Any] = []
    for index, item in enumerate(given):
        if item[key] not in there:
            changed.append(show_path((*path, index)))
            if (shown := _shown(item)) is not None:
                found.append(shown)
            continue
        inner = _patch(item, there[item[key]], (*path, index), changed, added)
        if inner:
            found.append({key: item[key], **inner})
    names = {item[key] for item in given}
    added.extend(f"{show_path(path)}: {x[key]}" for x in rendered if x[key] not in names)
    return found


def _same_items(given: list[Any], rendered: list[Any], path: Path) -> bool:
    """Whether the items of two lists without a key differ in nothing but defaults."""
    if len(given) != len(rendered):
        return False
    differs: list[str] = []
    for one, other in zip(given, rendered, strict=True):
        if isinstance(one, dict) and isinstance(other, dict):
            _patch(one, other, (*path, 0), differs, differs)
        elif not equal(one, other, (*path, 0)):
            return False
    return not differs


def _shown(value: Any) -> Any:
    """The value without what is secret in it; None for a secret value."""
    if isinstance(value, dict):
        kept = {key: _shown(item) for key, item in value.items()}
        # A variable without its value is another variable.
        if any(item is None and value[key] is not None for key, item in kept.items()):
            return None if "name" in value else {k: v for k, v in kept.items() if v is not None}
        return kept
    if isinstance(value, list):
        shown = [_shown(item) for item in value]
        return [
            new for new, old in zip(shown, value, strict=True) if new is not None or old is None
        ]
    return None if isinstance(value, str) and HIDDEN in value else value


def patches(results: list[Result]) -> Iterator[dict[str, Any]]:
    """The `patches` of the spec that make the rendered objects say what the given ones say."""
    for result in results:
        if result.patch:
            target = {"kind": result.resource.kind, "name": result.resource.name}
            if result.resource.namespace:
                target["namespace"] = result.resource.namespace
            # A patch may not make another object of it.
            patch = {k: v for k, v in result.patch.items() if k not in ("apiVersion", "kind")}
            if patch:
                yield {"target": target, "patch": patch}
