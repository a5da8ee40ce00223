"""A Pod whose image is behind a login that nothing gives it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.checks.context import Context, spec_place
from stackgen.checks.serving.podspecs import PodSpec, merged_pod_specs, pod_specs
from stackgen.checks.serving.view import view
from stackgen.escape import visible
from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.facts.openshift import on_openshift
from stackgen.facts.shape import as_dict, maps, text, texts
from stackgen.findings.model import Place, Severity, Violation, Violations, violation
from stackgen.findings.rules import rule_named
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource

RULE = rule_named(__name__)


def check(context: Context) -> Violations:
    """One finding for each Pod, or for all of a stack, and one for the charts of its platform."""
    # A look-up of a check is no input of what is rendered.
    catalog = context.catalog.copy()
    yield from _charts(context, catalog)
    accounts = {
        (r.namespace, r.name): r for r in context.bundle.of_kind("ServiceAccount", "") if r.name
    }
    theirs, several = _preset_images(context), list[Violation]()
    yield from _types(context)
    if on_openshift(context.bundle):  # the cluster has a pull secret for Red Hat's registries
        return
    for pod in merged_pod_specs(context):
        found = _behind_login(catalog, pod, theirs)
        if found is not None and not pod.spec.get("imagePullSecrets"):
            several.extend(_account(pod, *found, accounts, context.plan is not None))
    yield from _once(several) if context.plan is not None else several


def _once(several: Iterable[Violation]) -> Violations:
    """One finding for what one field of the spec changes, at all of its Pods."""
    alike: dict[str, Violation] = {}
    for one in several:
        first = alike.setdefault(one.message, one)
        if first is not one:
            alike[one.message] = replace(first, places=(*first.places, *one.places))
    yield from alike.values()


def _preset_images(context: Context) -> frozenset[str]:
    """The images of presets: how a cluster pulls them is part of its installation."""
    presets = view(context).newest.presets
    return frozenset(value for path, value in texts(presets) if path[-1:] == ("image",))


def _behind_login(
    catalog: Catalog, pod: PodSpec, theirs: frozenset[str]
) -> tuple[Path, str, str] | None:
    """The first image that needs a login: its path, the image and the registry."""
    for path, image in pod.images():
        if image in theirs:
            continue
        try:
            name = image_reference(image).name
        except ImageReferenceError:
            continue
        row = catalog.registry(name)
        if row is not None and row.data["authentication"] == "required":
            return path, image, row.key
    return None


def _account(
    pod: PodSpec,
    path: Path,
    image: str,
    registry: str,
    accounts: Mapping[tuple[str, str], Resource],
    whole: bool,
) -> Violations:
    """A finding unless the Pod's ServiceAccount has a secret. whole: the input is a whole stack."""
    name = pod.spec.get("serviceAccountName") or "default"
    account = accounts.get((pod.namespace, str(name)))
    if account is not None and account.get("imagePullSecrets"):
        return
    known = account is not None or whole
    has = "has none either" if known else "is not in the input"
    yield violation(
        f"{visible(image)} is pulled from {registry}, which requires a login; the Pod has no "
        f"imagePullSecrets, and ServiceAccount {visible(str(name))} {has}",
        pod.place(*path),
        confidence="high" if known else "medium",
        severity=Severity.WARNING,
    )


def _charts(context: Context, catalog: Catalog) -> Violations:
    """The operators that the stack installs, whose Pods are not in the input."""
    plan = context.plan
    if plan is None or context.loaded is None or plan.stack.spec.serving.imagePullSecret.value:
        return
    charts: dict[str, Any] = plan.release.row.data["charts"]
    by_registry: dict[str, list[str]] = {}
    for name, chart in charts.items():
        row = catalog.registry(chart.get("registry", ""))
        behind = row is not None and row.data["authentication"] == "required"
        if row is not None and behind and plan.installs(name).value:
            by_registry.setdefault(row.key, []).append(name)
    for registry, names in by_registry.items():
        yield violation(
            f"the images of {', '.join(names)} are pulled from {registry}, which requires a "
            "login; spec.serving has no imagePullSecret",
            spec_place(context.loaded, ("spec", "serving"), key=True),
            remedy=RULE.remedy_in_stack,
        )


_TYPES = ("kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg")
# Where an object says of which type its Secret is.
_MAKERS = {"ExternalSecret": ("spec", "target", "template"), "SealedSecret": ("spec", "template")}


def _types(context: Context) -> Violations:
    """Pull secrets of a type that the kubelet ignores."""
    types: dict[tuple[str, str], str] = {}
    for one in (*context.bundle.of_kind("Secret", ""), *context.bundle.outside):
        if one.kind == "Secret" and (one.get("type") or one.get("data")):
            docker = ".dockerconfigjson" in as_dict(one.get("data"))
            by_keys = _TYPES[0] if docker and one not in context.bundle.objects else "Opaque"
            types[one.namespace, one.name] = text(one.get("type")) or by_keys
    for kind, path in _MAKERS.items():
        for one in context.bundle.of_kind(kind):
            name = text(one.get("spec", "target", "name")) or one.name
            types[one.namespace, name] = text(one.get(*path, "type")) or "Opaque"
    places = [
        (pod.namespace, ref, pod.place("imagePullSecrets", i))
        for pod in pod_specs(context)
        for i, ref in maps(pod.spec.get("imagePullSecrets"))
    ]
    places += [
        (account.namespace, ref, Place(account, ("imagePullSecrets", i)))
        for account in context.bundle.of_kind("ServiceAccount", "")
        for i, ref in maps(account.get("imagePullSecrets"))
    ]
    for namespace, ref, place in places:
        given = types.get((namespace, text(ref.get("name"))), _TYPES[0])
        if given not in _TYPES:
            yield violation(
                f"Secret {visible(text(ref.get('name')))} is of type {visible(given)}; the "
                f"kubelet reads pull secrets of type {_TYPES[0]}",
                place,
            )
