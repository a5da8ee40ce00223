"""A Pod that asks for a ConfigMap, Secret or key that is there under another name."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.gateway.gateway_pods import gateway_pods
from stackgen.checks.serving.podspecs import PodSpec, pod_specs
from stackgen.checks.serving.provided import Provided, provided
from stackgen.facts.object_references import Reference, data_keys, references
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.spelling import did_you_mean


def check(context: Context) -> Violations:
    """Keys that do not exist, and objects that do not exist."""
    known = provided(context)
    told: set[tuple[object, ...]] = set()
    for pod in pod_specs(context):
        for to in references(pod.spec):
            there = known.has(to.kind, pod.namespace, to.name)
            key = (id(pod.resource), to.kind, to.name, to.key if there else "")
            if key in told:
                continue
            told.add(key)
            if there and (out := known.left_out(to.kind, pod.namespace, to.name, pod.resource)):
                yield violation(out, pod.place(*to.path), severity=Severity.WARNING)
            elif there:
                yield from _key(known, pod, to)
                yield from _empty(context, known, pod, to)
            else:
                yield from _object(known, pod, to)
        yield from _sub_paths(known, pod)
    for made in gateway_pods(context):
        for to in references(made.spec):
            if to.name == _of_platform(context):
                continue
            space = made.config.namespace
            found = known.missing(to.kind, space, to.name, made.config)
            if found is not None and not known.has(to.kind, space, to.name):
                yield violation(
                    f"nothing in the input provides {to.kind} {to.name} in namespace "
                    f"{space or 'default'}, which the Pods of the Gateway need{found[1]}",
                    Place(made.config, made.path),
                    severity=found[0],
                    confidence="medium",
                )


def _of_platform(context: Context) -> str:
    """The CA bundle of the release, which the platform has where nothing in the input makes it."""
    row = context.catalog.release(context.release)
    bundle = text(at(row.data, "ca", "bundle")) if row is not None else ""
    made = {one.name for one in context.bundle.of_kind("Bundle", "trust.cert-manager.io")}
    return "" if bundle in made else bundle


def _key(known: Provided, pod: PodSpec, to: Reference) -> Violations:
    sets = known.keys(to.kind, pod.namespace, to.name, pod.resource) if to.key else []
    if sets and all(to.key not in keys for keys in sets) and plain(to.key):
        hint = did_you_mean(to.key, sorted(frozenset().union(*sets)))
        yield violation(f"{to.kind} {to.name} has no key {to.key}{hint}", pod.place(*to.path))


def _sub_paths(known: Provided, pod: PodSpec) -> Violations:
    """Mounts of one file of a ConfigMap or Secret, which has no such file."""
    volumes = {text(one.get("name")): one for _, one in maps(pod.spec.get("volumes"))}
    for path, container in pod.containers():
        for i, mount in maps(container.get("volumeMounts")):
            wanted = text(mount.get("subPath"))
            volume = volumes.get(text(mount.get("name")), {})
            for to in references({"volumes": [volume]}) if wanted and plain(wanted) else ():
                if to.key or "projected" in to.path:
                    continue
                given = [text(x.get("path")) for _, x in maps(at(volume, to.path[2], "items"))]
                sets = [frozenset(given)] if given else []
                if not given and known.has(to.kind, pod.namespace, to.name):
                    sets = known.keys(to.kind, pod.namespace, to.name, pod.resource)
                # A folder of `items` is there too.
                if not sets or any(f"{x}/".startswith(f"{wanted}/") for k in sets for x in k):
                    continue
                hint = did_you_mean(wanted, sorted(frozenset().union(*sets)))
                yield violation(
                    f"subPath is {wanted}; {to.kind} {to.name} gives the volume no such file{hint}",
                    pod.place(*path, "volumeMounts", i, "subPath"),
                )


def _empty(context: Context, known: Provided, pod: PodSpec, to: Reference) -> Violations:
    """A ConfigMap without data, unless something fills it in, or a script makes it too."""
    made = list(context.bundle.named(to.kind, pod.namespace, to.name))
    scripted = any((r.kind, r.name) == (to.kind, to.name) for r in context.bundle.outside)
    marks = [as_dict(one.metadata.get(x)) for one in made for x in ("labels", "annotations")]
    filled = scripted or any("inject" in str(key) for mark in marks for key in mark)
    # A folder may be filled in later; the kubelet updates it. A chart leaves settings to its users.
    charted = "envFrom" in to.path and all(one.written is not None for one in made)
    later = ("volumes" in to.path or charted) and not to.key
    if to.kind != "ConfigMap" or not made or filled or later or known.incomplete(pod.resource):
        return
    if all(data_keys(one) is None for one in made):
        yield violation(
            f"ConfigMap {to.name} has no data, so that the Pod gets no file and no value of it",
            pod.place(*to.path),
            Place(made[0], ("metadata", "name"), note="the ConfigMap"),
            severity=Severity.WARNING,
        )


def _object(known: Provided, pod: PodSpec, to: Reference) -> Violations:
    found = known.missing(to.kind, pod.namespace, to.name, pod.resource)
    if found is not None:
        severity, hint = found
        where = pod.namespace or "default"
        yield violation(
            f"nothing in the input provides {to.kind} {to.name} in namespace {where}{hint}",
            pod.place(*to.path),
            severity=severity,
            confidence="medium",
        )
    elif to.kind == "Secret" and to.key and pod.namespace:
        meant = known.unused(to.kind, pod.namespace, to.key, to.name)
        if meant and known.commanded(to.kind, pod.namespace, meant):
            yield violation(
                f"nothing in the input provides Secret {to.name} in namespace {pod.namespace}; a "
                f"script makes {meant} with the key {to.key}, and nothing refers to it",
                pod.place(*to.path[:-1], "name"),
                severity=Severity.WARNING,
                confidence="medium",
            )
