"""The stack that renders manifests that exist: found in steps, each checked by a build."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from stackgen.adopt.compare import Result, compare, others, patches
from stackgen.adopt.engine_features import FLAGS, offloaded
from stackgen.adopt.extra import extra_objects, say_templates
from stackgen.adopt.prefill import halves
from stackgen.adopt.read import read, servers
from stackgen.adopt.spelling import converted, files_respelled, picker_respelled, respelled
from stackgen.adopt.trial import tried
from stackgen.catalog.load import Catalog
from stackgen.compiler import DEFAULT_ENV, Compiled, compile_environment
from stackgen.facts.shape import as_dict, at
from stackgen.facts.workloads import Container
from stackgen.findings.model import Finding, Severity
from stackgen.manifest.document import show_path
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.secret_values import without_secrets
from stackgen.manifest.yaml_out import dump
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


def adopt(bundle: Bundle, release: str, name: str, *, with_patches: bool = True) -> Stack:
    """The stack of the objects in `bundle`. name: of the stack."""
    catalog = Catalog()
    adopted = read(bundle, release, catalog)
    spec, env = copy.deepcopy(adopted.spec), adopted.env
    made = _compiled(_files(spec, name, env), env)
    assumed = list(adopted.assumed)
    if made.bundle is not None:
        assumed += _renamed(bundle, made.bundle, release, catalog)
        _say_models(spec, bundle, made.bundle, release, catalog)
        made = _compiled(_files(spec, name, env), env)
        while made.bundle is None and (refused := _refused(spec, made.findings)):
            assumed += refused
            made = _compiled(_files(spec, name, env), env)
    if made.bundle is None or made.plan is None:
        errors = tuple(f for f in made.findings if f.level is Severity.ERROR)
        return Stack(_files(spec, name, env), (), errors, tuple(assumed))

    pickers = frozenset(str(picker_name(model).value) for model in made.plan.models)

    def of(spec: dict[str, Any]) -> tuple[list[Result], tuple[Resource, ...]] | None:
        made = _compiled(_files(spec, name, env), env)
        if made.bundle is None:
            return None
        return compared(made.bundle), others(bundle, made.bundle)

    def compared(rendered: Bundle) -> list[Result]:
        flags = _added_flags(bundle, rendered, release, catalog)
        return [
            replace(
                r, added=(*r.added, *more), state="adds" if r.state == "equal" and more else r.state
            )
            for r in compare(_respelled(bundle, rendered, release, catalog, pickers), rendered)
            for more in (flags.get((r.resource.kind, r.resource.name), ()),)
        ]

    first = (compared(made.bundle), others(bundle, made.bundle))
    chosen = tried(spec, first, bundle, of)
    if chosen != spec:
        spec, made = chosen, _compiled(_files(chosen, name, env), env)
    assert made.bundle is not None and made.plan is not None
    results = compared(made.bundle)
    more = copy.deepcopy(spec)
    say_templates(more, results, made.plan)
    serving = {(w.resource.kind, w.resource.name) for w, _ in servers(bundle, release, catalog)}
    carried = [r for r in results if (r.resource.kind, r.resource.name) not in serving]
    if extra := list(extra_objects(carried)):
        more["extraObjects"] = extra
    again = _compiled(_files(more, name, env), env)
    if again.bundle is not None:
        spec, made = more, again
        assert made.bundle is not None
        results = [
            replace(new, extra=old.state == "missing" and new.state == "equal")
            for new, old in zip(compared(made.bundle), results, strict=True)
        ]
    wanted = list(patches(results)) if with_patches else []
    if wanted:
        patched = {**spec, "patches": wanted}
        again = _compiled(_files(patched, name, env), env)
        if again.bundle is not None:
            spec = patched
            results = [
                replace(new, patch=old.patch, extra=old.extra)
                for old, new in zip(results, compared(again.bundle), strict=True)
            ]
    assert made.bundle is not None
    beside = others(bundle, made.bundle)
    return Stack(_files(spec, name, env), tuple(results), (), tuple(assumed), beside)


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


def _renamed(given: Bundle, rendered: Bundle, release: str, catalog: Catalog) -> Iterator[str]:
    """The containers that the platform calls by another name, or runs as another user."""
    there = _servers(rendered, release, catalog)
    for workload, container in servers(given, release, catalog):
        made = there.get(workload.resource.name)
        if made is not None and made.name != container.name:
            yield f"{workload.display_name}: container {container.name} is called {made.name}"
        if made is not None and (now := _user(made)) and not _user(container):
            yield (
                f"{workload.display_name}: {now}; a volume or an image that needs root fails, such "
                "as a gcsfuse volume without uid in mountOptions"
            )


def _user(container: Container) -> str:
    """As whom a container runs; "" if its manifest leaves that to the image."""
    of_pod = as_dict(container.resource.get(*container.path[:-2], "securityContext"))
    own = of_pod | as_dict(container.data.get("securityContext"))
    if own.get("runAsUser") is None:
        return "runs as another user than root" if own.get("runAsNonRoot") is True else ""
    reads = ", with a read-only root file system" if own.get("readOnlyRootFilesystem") else ""
    return f"runs as user {own['runAsUser']}{reads}"


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
            if len(name) > 1 and name not in {*c.line.flags, *_SAME}
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
    differing = {k: v for k, v in resources.items() if usual.get(k) != v}
    if differing:
        model["resources"] = differing
    taken = _DERIVED.union(*(flags for field, flags in FLAGS.items() if field in model))
    flags = [
        text
        for flag, found in container.line.flags.items()
        if len(flag) > 1 and flag not in taken and made.line.text(flag) != found.value
        and (text := _flag(flag, found.value))
    ]  # fmt: skip
    if flags:
        model["args"] = flags


def _flag(name: str, value: str | None) -> str:
    """The flag as the spec takes it; empty where it cannot: an unknown value, braces, a secret."""
    text = f"--{name}={value}" if value else f"--{name}"
    return "" if value is None or "{" in text or without_secrets(text) != text else text


def _requests(container: Container) -> dict[str, str]:
    resources = container.data.get("resources")
    given = resources.get("requests") if isinstance(resources, Mapping) else None
    known = given if isinstance(given, Mapping) else {}
    return {k: str(known[k]) for k in ("cpu", "memory") if k in known}


def _compiled(files: Mapping[str, bytes], env: str) -> Compiled:
    with tempfile.TemporaryDirectory() as folder:
        write_new(folder, files)
        return compile_environment(folder, env or DEFAULT_ENV, prove=False)


def _files(spec: dict[str, Any], name: str, env: str) -> dict[str, bytes]:
    stack = {"apiVersion": "stackgen.dev/v1alpha1", "kind": "Stack", "metadata": {"name": name}}
    files = {SPEC_FILE: (_HEAD + dump({**stack, "spec": spec})).encode("utf-8", "surrogateescape")}
    if env:
        files[overlay_file(env)] = _OVERLAY.format(env).encode()
    return files
