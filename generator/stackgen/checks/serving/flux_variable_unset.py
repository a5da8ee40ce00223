"""A variable of a script that Flux replaces with nothing."""

from __future__ import annotations

import os
from collections import Counter

from stackgen.checks.composed import is_step_changed, together
from stackgen.checks.context import Context
from stackgen.checks.serving.flux_generated import generated_files
from stackgen.escape import visible
from stackgen.facts.object_references import data_keys
from stackgen.facts.shape import as_dict, maps, text, texts
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.regex import regex
from stackgen.rollout import flux
from stackgen.rollout.applied import Folders
from stackgen.spelling import nearest

_FLUX = "kustomize.toolkit.fluxcd.io"
_SUBSTITUTE = f"{_FLUX}/substitute"
_USE = regex(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
# Fields that are not part of what a Kustomization builds.
_OWN = ("path", "sourceRef", "dependsOn", "healthChecks", "serviceAccountName")
# Fields with the variables of a shell.
_SCRIPTS = {"data", "command", "args", "script"}
_DELIVERY = (_FLUX, "source.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io", "argoproj.io")


def check(context: Context) -> Violations:
    """One finding for each object with such variables, if Flux substitutes in all of the input."""
    steps = [
        as_dict(one.get("spec", "postBuild"))
        for one in context.bundle.of_kind("Kustomization", _FLUX)
    ]
    known = {str(name) for step in steps for name in as_dict(step.get("substitute"))}
    yield from _of_the_step(context)
    yield from _nothing_substituted(context)
    for index, path, content, variables in generated_files(context):
        if unknown := _unknown(content, variables):
            yield violation(
                "Flux substitutes variables in the ConfigMap of this file, and the Kustomization "
                f"does not define {_shown(unknown)}",
                Place(index, path),
            )
    if any(step.get("substituteFrom") for step in steps):
        yield from _of_steps(context)
        return
    # A step without variables leaves all as they are.
    some = any(not step.get("substitute") for step in steps)
    own = _applied(context) if some and known else {}
    uses: dict[str, bool] = {}  # by the text of a file
    for resource in context.bundle.objects if steps else ():
        if not _may_use(resource, uses):
            continue
        if resource.group not in _DELIVERY and not _left_alone(context, resource):
            names = own.get(id(resource))
            yield from _unset(resource, names or known, some and not names)


def _of_the_step(context: Context) -> Violations:
    """Variables of a Kustomization in the Kustomization itself, which no other one substitutes."""
    steps = list(context.bundle.of_kind("Kustomization", _FLUX))
    given = [as_dict(step.get("spec", "postBuild")) for step in steps]
    setting = Counter(name for one in given for name in as_dict(one.get("substitute")))
    from_others = sum(bool(one.get("substituteFrom")) for one in given)
    for step, build in zip(steps, given, strict=True):
        alone = from_others == bool(build.get("substituteFrom"))
        own = as_dict(build.get("substitute")) if alone else ()
        free = [name for name in own if setting[name] == 1]
        for field in _OWN if free and not is_step_changed(context, step) else ():
            for path, content in texts(step.get("spec", field)):
                used = [name for name in _USE.findall(content) if name in free]
                if used:
                    yield violation(
                        f"Flux substitutes ${{{visible(used[0])}}} in what the Kustomization "
                        f"builds, and not in its own {field}",
                        Place(step, ("spec", field, *path)),
                        impact=f"The {field} keep the text ${{{visible(used[0])}}}: the "
                        "Kustomization is not Ready.",
                        remedy="Write the value, or substitute the variable in the Kustomization "
                        "that applies this one.",
                    )
                    break


def _nothing_substituted(context: Context) -> Violations:
    """Steps that substitute nothing, with variables that all others know."""
    steps = list(context.bundle.of_kind("Kustomization", _FLUX))
    given = [as_dict(step.get("spec", "postBuild")) for step in steps]
    if not any(given) or all(given):
        return
    known = [_defined(context, step) for step, build in zip(steps, given, strict=True) if build]
    if not all(known):
        return
    names = set[str]().union(*known)
    folders = Folders(context.bundle.resources)
    folders.settle(flux.paths(folders))
    others = {
        id(one)
        for step, build in zip(steps, given, strict=True)
        for one in (folders.below(text(step.get("spec", "path"))) or () if build else ())
    }
    uses: dict[str, bool] = {}
    for step, build in zip(steps, given, strict=True):
        if build or is_step_changed(context, step):
            continue
        for one in folders.below(text(step.get("spec", "path"))) or ():
            if id(one) in others or one.group in _DELIVERY or not _may_use(one, uses):
                continue
            used = [
                (path, name)
                for path, content in texts(one.data)
                if not _SCRIPTS & {str(part) for part in path}
                for name in _USE.findall(content)
                if name in names
            ]
            if used:
                yield violation(
                    f"Kustomization {step.name} has no postBuild, and ${{{used[0][1]}}}, which "
                    "others define, stays as it is",
                    Place(one, used[0][0]),
                    Place(step, ("metadata", "name"), note="substitutes nothing"),
                    impact=f"The object has the text ${{{used[0][1]}}}.",
                    remedy="Add `postBuild.substituteFrom` to the Kustomization.",
                )
                break


def _defined(context: Context, step: Resource) -> set[str]:
    """The variables of a step, as far as the input has them."""
    build = as_dict(step.get("spec", "postBuild"))
    found = {str(name) for name in as_dict(build.get("substitute"))}
    for _, source in maps(build.get("substituteFrom")):
        named = (text(source.get("kind")), step.namespace, text(source.get("name")))
        for one in context.bundle.named(*named, ""):
            found |= set(data_keys(one) or ())
    return found


def _applied(context: Context) -> dict[int, set[str]]:
    """The variables of the steps that apply an object, if all of them have some; by its id."""
    steps = list(context.bundle.of_kind("Kustomization", _FLUX))
    if any(one.get("spec", "patches") for one in steps):
        return {}  # a patch may add variables to steps
    folders = Folders(context.bundle.resources)
    folders.settle(flux.paths(folders))
    found: dict[int, set[str]] = {}
    without: set[int] = set()
    for one in steps:
        names = {str(name) for name in as_dict(one.get("spec", "postBuild", "substitute"))}
        for resource in folders.below(str(one.get("spec", "path"))) or ():
            found.setdefault(id(resource), set()).update(names)
            if not names:
                without.add(id(resource))
    return {key: names for key, names in found.items() if key not in without}


def _of_steps(context: Context) -> Violations:
    """What single steps apply whose variables are all in the input."""
    keys: dict[tuple[str, str, str], set[str]] = {}
    for one in context.bundle.objects:
        if one.kind in ("ConfigMap", "Secret") and not one.group:
            it = (one.kind, one.namespace, one.name)
            keys.setdefault(it, set()).update(data_keys(one) or ())
    folders = Folders(context.bundle.resources)
    folders.settle(flux.paths(folders))
    uses: dict[str, bool] = {}
    told: set[int] = set()
    for step in context.bundle.of_kind("Kustomization", _FLUX):
        given = as_dict(step.get("spec", "postBuild"))
        sources = [one for _, one in maps(given.get("substituteFrom"))]
        named = [(text(x.get("kind")), step.namespace, text(x.get("name"))) for x in sources]
        if not sources or any(not keys.get(it) for it in named) or is_step_changed(context, step):
            continue
        known = {str(name) for name in as_dict(given.get("substitute"))}.union(
            *(keys[it] for it in named)
        )
        for one in folders.below(text(step.get("spec", "path"))) or ():
            if id(one) in told or one.group in _DELIVERY or _left_alone(context, one):
                continue
            if _may_use(one, uses):
                told.add(id(one))
                yield from _unset(one, known, False)


def _may_use(resource: Resource, uses: dict[str, bool]) -> bool:
    """Whether the file of the object has a variable anywhere."""
    if resource.document is None:
        return True
    whole = resource.document.source.text
    if whole not in uses:
        uses[whole] = "${" in whole or "\\" in whole  # YAML writes a character as an escape, too
    return uses[whole]


def _left_alone(context: Context, resource: Resource) -> bool:
    """Whether the object, or a kustomization that is applied with it, turns substitution off."""
    fields = ("annotations", "labels")
    if any(as_dict(resource.metadata.get(f)).get(_SUBSTITUTE) == "disabled" for f in fields):
        return True
    world = together(context, resource)
    return world is not None and not world.folders.isdisjoint(context.once(_turned_off))


def _turned_off(context: Context) -> frozenset[str]:
    """The folders of kustomizations that name the setting, in annotations, labels or patches."""
    return frozenset(
        os.path.dirname(index.file)
        for index in context.bundle.resources
        if index.index and _SUBSTITUTE in repr(index.data)
    )


def _unset(resource: Resource, known: set[str], slips: bool) -> Violations:
    """slips: only names that differ from a known one in a letter or two."""
    for path, content in texts(resource.data):
        names = _unknown(content, known)
        near = {name: nearest(name, known) for name in names}
        names = [name for name in names if not slips or (near[name] and len(name) > 3)]
        if names:
            yield violation(
                "Flux substitutes variables here, but the Kustomization does not define "
                + _shown(names)
                + (f'; did you mean "{near[names[0]]}"?' if near[names[0]] else ""),
                Place(resource, path),
            )
            return


def _unknown(content: str, known: set[str]) -> list[str]:
    return [name for name in dict.fromkeys(_USE.findall(content)) if name not in known]


def _shown(names: list[str]) -> str:
    return ", ".join(f"${{{visible(name)}}}" for name in names[:3])
