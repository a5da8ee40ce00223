"""The stack that renders manifests that exist: found in steps, each checked by a build."""

from __future__ import annotations

import copy
import tempfile
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from stackgen.adopt.compare import Result, compare, others, patches
from stackgen.adopt.engine_features import FLAGS, offloaded
from stackgen.adopt.extra import extra_objects, say_templates, without_defaults
from stackgen.adopt.prefill import halves
from stackgen.adopt.read import in_one_namespace, read, servers
from stackgen.adopt.spelling import (
    converted,
    files_respelled,
    picker_container,
    picker_respelled,
    respelled,
)
from stackgen.adopt.trial import (
    ENGINE_DEFAULTS,
    Compared,
    choices,
    device_variables,
    harmless,
    restricted,
    tried,
)
from stackgen.catalog.load import Catalog
from stackgen.compiler import DEFAULT_ENV, Compiled, compile_environment
from stackgen.facts.shape import as_dict, at
from stackgen.facts.workloads import Container
from stackgen.findings.model import Finding, Severity
from stackgen.manifest.document import show_path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.secret_values import without_secrets
from stackgen.manifest.yaml_out import dump
from stackgen.plan.model import Plan
from stackgen.plan.picker import CONTAINER
from stackgen.record import record
from stackgen.render.endpoint_picker import picker_name
from stackgen.spec.overlays import SPEC_FILE, overlay_file
from stackgen.starter.write import write_new

_HEAD = """\
# Adopted from manifests by `stackgen adopt`. `stackgen build` compiles this file into out/.
"""
_OVERLAY = "# What differs in {}.\nspec: {{}}\n"
_IN_MODEL = len(("spec", "serving", "models", 0))
# Flags that follow from other fields of the spec.
_DERIVED = frozenset((
    "model", "served-model-name", "port", "host", "tensor-parallel-size", "pipeline-parallel-size",
    "max-model-len", "max-num-seqs", "ssl-certfile", "ssl-keyfile", "dtype",
))  # fmt: skip

_CALLED = "{}: container {} is called {}"
# Flags that say what the server does without them, or what the spec gives by other means.
_SAME = frozenset(("model", "served-model-name", "port", "host"))


@record
class Stack:
    """files: stack.yaml, and an overlay where there is an environment. results: each object
    against what they render. errors: of the spec,
    for which nothing is rendered yet. assumed: what the manifests do not say. beside: rendered
    objects that the manifests do not have.
    """

    files: Mapping[str, bytes]
    results: tuple[Result, ...]
    errors: tuple[Finding, ...]
    assumed: tuple[str, ...]
    beside: tuple[Resource, ...] = ()


@record
class _Given:
    """The manifests, and what is known of the stack before its spec."""

    bundle: Bundle
    release: str
    catalog: Catalog
    name: str
    env: str


def adopt(bundle: Bundle, release: str, name: str, *, with_patches: bool = True) -> Stack:
    """The stack of the objects in `bundle`. name: of the stack."""
    catalog = Catalog()
    adopted = read(bundle, release, catalog)
    spec, assumed = copy.deepcopy(adopted.spec), list(adopted.assumed)
    given = _Given(bundle, release, catalog, name, adopted.env)
    made = _built(given, spec)
    if made.bundle is not None and made.plan is not None:
        assumed += _renamed(bundle, made.bundle, release, catalog, _pickers(made.plan))
    made = _stated(given, spec, made, assumed)
    found = _compared(given, made)
    if found is not None:
        spec, found = tried(spec, found, device_variables(found), partial(_of, given))
        if without_defaults(spec, found[0]):
            made = _stated(given, spec, _built(given, spec), assumed)
            found = _compared(given, made)
    if found is None:
        errors = tuple(f for f in made.findings if f.level is Severity.ERROR)
        return Stack(_files(given, spec), (), errors, tuple(assumed))
    spec, found = tried(spec, found, choices(spec, found, bundle), partial(_of, given))
    if restricted(spec, found[0]):
        found = _of(given, spec) or found
    safe = copy.deepcopy(spec)
    if (told := harmless(safe, found[1])) and (made_safe := _of(given, safe)) is not None:
        spec, found = safe, made_safe
        assumed += told
    spec, results = _complete(given, spec, found[0], with_patches=with_patches)
    made = _built(given, {k: v for k, v in spec.items() if k != "patches"})
    beside = others(bundle, made.bundle) if made.bundle is not None else ()
    return Stack(_files(given, spec), tuple(results), (), tuple(assumed), beside)


def suppressed(made: Stack, entries: list[dict[str, str]]) -> Stack:
    """The stack with entries of `spec.suppress`."""
    text = made.files[SPEC_FILE].decode("utf-8", "surrogateescape")
    added = text + textwrap.indent(dump({"suppress": entries}), "  ")
    return replace(made, files={**made.files, SPEC_FILE: added.encode("utf-8", "surrogateescape")})


def _stated(given: _Given, spec: dict[str, Any], made: Compiled, assumed: list[str]) -> Compiled:
    """What renders with all that the manifests say of each model. made: what renders without.

    Writes it into `spec`, and what the spec refuses of it into `assumed`.
    """
    if made.bundle is None:
        return made
    _say_models(spec, given.bundle, made.bundle, given.release, given.catalog)
    made = _built(given, spec)
    while made.bundle is None and (refused := _refused(spec, made.findings)):
        assumed.extend(what for what in refused if what not in assumed)
        made = _built(given, spec)
    return made


def _complete(
    given: _Given, spec: dict[str, Any], results: list[Result], *, with_patches: bool
) -> tuple[dict[str, Any], list[Result]]:
    """The spec with templates, further objects and patches, and what then renders."""
    made = _built(given, spec)
    assert made.plan is not None
    more = copy.deepcopy(spec)
    say_templates(more, results, made.plan)
    served = in_one_namespace(list(servers(given.bundle, given.release, given.catalog)))
    serving = {(w.resource.kind, w.resource.name) for w, _ in served}
    carried = [r for r in results if (r.resource.kind, r.resource.name) not in serving]
    if extra := list(extra_objects(carried)):
        more["extraObjects"] = extra
    if (found := _of(given, more)) is not None:
        spec = more
        results = [
            replace(new, extra=old.state == "missing" and new.state == "equal")
            for new, old in zip(found[0], results, strict=True)
        ]
    patched = {**spec, "patches": list(patches(results)) if with_patches else []}
    if patched["patches"] and (found := _of(given, patched)) is not None:
        spec = patched
        results = [
            replace(new, patch=old.patch, extra=old.extra)
            for old, new in zip(results, found[0], strict=True)
        ]
    return spec, results


def _of(given: _Given, spec: dict[str, Any]) -> Compared | None:
    """What a spec renders, compared with the manifests; None if it does not build."""
    return _compared(given, _built(given, spec))


def _compared(given: _Given, made: Compiled) -> Compared | None:
    if made.bundle is None or made.plan is None:
        return None
    of = (given.bundle, made.bundle, given.release, given.catalog)
    flags = _added_flags(*of)
    pickers = _pickers(made.plan)
    results = [
        replace(
            r, added=(*r.added, *more), state="adds" if r.state == "equal" and more else r.state
        )
        for r in compare(_respelled(*of, pickers), made.bundle)
        for more in (flags.get((r.resource.kind, r.resource.name), ()),)
    ]
    return results, others(given.bundle, made.bundle)


def _refused(spec: dict[str, Any], findings: Iterable[Finding]) -> list[str]:
    """Take what the spec refuses of the fields of models out of it, and tell which; patches set it.

    Each round takes out at least one field, so that the rounds end.
    """
    taken: list[str] = []
    for path in {f.places[0].path for f in findings if f.level is Severity.ERROR and f.places}:
        holder = at(spec, *path[1:-1]) if path[1:3] == ("serving", "models") else None
        if len(path) > _IN_MODEL and isinstance(holder, dict) and path[-1] in holder:
            value = without_secrets(str(holder.pop(path[-1])))
            taken.append(f"{show_path(path)}: the spec cannot state {value}")
    return sorted(taken)


def _renamed(
    given: Bundle, rendered: Bundle, release: str, catalog: Catalog, pickers: frozenset[str]
) -> Iterator[str]:
    """The containers that the platform calls by another name: of servers and endpoint pickers."""
    there = _servers(rendered, release, catalog)
    for workload, container in servers(given, release, catalog):
        made = there.get(workload.resource.name)
        if made is not None and made.name != container.name:
            yield _CALLED.format(workload.display_name, container.name, made.name)
    for picker in given.of_kind("Deployment", "apps"):
        if picker.name in pickers and (own := picker_container(picker.data)) is not None:
            name = own.get("name")
            if name != CONTAINER:
                yield _CALLED.format(f"Deployment {picker.name}", name, CONTAINER)


def _pickers(plan: Plan) -> frozenset[str]:
    """The names of the Deployments of endpoint pickers."""
    return frozenset(str(picker_name(model).value) for model in plan.models)


def _servers(rendered: Bundle, release: str, catalog: Catalog) -> dict[str, Container]:
    return {w.resource.name: c for w, c in servers(rendered, release, catalog)}


def _respelled(
    given: Bundle, rendered: Bundle, release: str, catalog: Catalog, pickers: frozenset[str]
) -> Bundle:
    """The objects, with names and command lines of model servers as the platform writes them.

    pickers: names of the Deployments of endpoint pickers.
    """
    there = _servers(rendered, release, catalog)
    mine = {id(w.resource): c for w, c in servers(given, release, catalog)}

    row = catalog.release(release)
    served = as_dict(row.data.get("controller")).get("api_versions", ()) if row is not None else ()

    def data_of(resource: Resource) -> Any:
        if id(resource) in mine:
            own = mine[id(resource)]
            return respelled(converted(resource, rendered, served), own, there.get(resource.name))
        if resource.kind == "Deployment" and resource.name in pickers:
            return picker_respelled(resource)
        if resource.kind == "ConfigMap":
            return files_respelled(resource, rendered)
        return resource.data

    objects = tuple(replace(r, data=data_of(r)) for r in given.resources)
    return Bundle(objects, given.absent, given.outside)


def _added_flags(
    given: Bundle, rendered: Bundle, release: str, catalog: Catalog
) -> dict[tuple[str, str], list[str]]:
    """By kind and name of a server: the flags that only its rendered command line has.

    The API version as well, where that is another one.
    """
    there = _servers(rendered, release, catalog)
    return {
        (w.resource.kind, w.resource.name): [
            _flag(name, flag.value) or f"--{name}"
            for name, flag in there[w.resource.name].line.flags.items()
            if len(name) > 1
            and name not in {*c.line.flags, *_SAME}
            and flag.value != ENGINE_DEFAULTS.get(name)
        ]
        + [
            f"apiVersion: {version}"
            for version in (there[w.resource.name].resource.data["apiVersion"],)
            if version != w.resource.data["apiVersion"]
        ]
        for w, c in servers(given, release, catalog)
        if w.resource.name in there
    }


def _say_models(
    spec: dict[str, Any], given: Bundle, rendered: Bundle, release: str, catalog: Catalog
) -> None:
    """Image, resources and flags of each model, where what is rendered without them differs."""
    there = _servers(rendered, release, catalog)
    models = {model["name"]: model for model in spec["serving"]["models"]}
    for workload, container in servers(given, release, catalog):
        model, made = models.get(workload.resource.name), there.get(workload.resource.name)
        if model is not None and made is not None:
            if container.image and container.image != made.image:
                model["image"] = container.image
            _say_server(model, container, made)
    halves_there = halves(rendered, release, catalog)
    for key, (_, container) in halves(given, release, catalog).items():
        if key in halves_there and "prefill" in models.get(key[2], {}):
            _say_server(models[key[2]]["prefill"], container, halves_there[key][1])


def _say_server(model: dict[str, Any], container: Container, made: Container) -> None:
    """Resources and flags of a server. made: the rendered one."""
    resources, usual = _requests(container), _requests(made)
    if memory := offloaded(container, made):
        model["kvOffload"] = {"memory": memory}
        resources.pop("memory", None)
    if differing := {k: v for k, v in resources.items() if usual.get(k) != v}:
        model["resources"] = {**model.get("resources", {}), **differing}
    taken = _DERIVED.union(*(flags for field, flags in FLAGS.items() if field in model))
    flags = [
        text
        for flag, found in container.line.flags.items()
        if len(flag) > 1 and flag not in taken and made.line.text(flag) != found.value
        and (text := _flag(flag, found.value))
    ]  # fmt: skip
    if flags:
        model["args"] = [*model.get("args", ()), *flags]


def _flag(name: str, value: str | None) -> str:
    """The flag as the spec takes it; empty where it cannot: an unknown value, braces, a secret."""
    text = f"--{name}={value}" if value else f"--{name}"
    return "" if value is None or "{" in text or without_secrets(text) != text else text


def _requests(container: Container) -> dict[str, str]:
    resources = container.data.get("resources")
    given = resources.get("requests") if isinstance(resources, Mapping) else None
    known = given if isinstance(given, Mapping) else {}
    return {k: str(known[k]) for k in ("cpu", "memory") if k in known}


def _built(given: _Given, spec: dict[str, Any]) -> Compiled:
    with tempfile.TemporaryDirectory() as folder:
        write_new(folder, _files(given, spec))
        return compile_environment(folder, given.env or DEFAULT_ENV, prove=False)


def _files(given: _Given, spec: dict[str, Any]) -> dict[str, bytes]:
    metadata = {"name": given.name}
    stack = {"apiVersion": "stackgen.dev/v1alpha1", "kind": "Stack", "metadata": metadata}
    files = {SPEC_FILE: (_HEAD + dump({**stack, "spec": spec})).encode("utf-8", "surrogateescape")}
    if given.env:
        files[overlay_file(given.env)] = _OVERLAY.format(given.env).encode()
    return files
