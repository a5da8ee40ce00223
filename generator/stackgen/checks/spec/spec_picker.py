"""Settings of an endpoint picker that it does not have, or that have no effect."""

from __future__ import annotations

from typing import Any

from stackgen.catalog.rows import Row
from stackgen.checks.context import SpecContext
from stackgen.facts.pickers import picker_row, plugins_of
from stackgen.facts.shape import as_dict, maps
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path
from stackgen.plan.picker import LOAD, PREFIX, base_of, image_of, scorers_of
from stackgen.spelling import did_you_mean, nearest

_OF_PREFIXES = ("prefixBlocks", "prefixCapacity", "blockSize")
_TUNED = ("scorers", "queueThreshold", *_OF_PREFIXES)


def check(context: SpecContext) -> Violations:
    """One finding for each such field of a model."""
    release = context.catalog.copy().release(str(context.spec.get("release")))
    for path, model in context.items("serving", "models"):
        picker = as_dict(model.get("picker"))
        if not picker:
            continue
        if model.get("scheduler") is False:
            yield violation(
                f"{model.get('name', 'a model')} has scheduler: false; picker has no effect",
                context.place(*path, "picker", key=True),
            )
        elif release is not None:
            yield from _violations(context, (*path, "picker"), picker, release)


def _violations(
    context: SpecContext, path: Path, picker: dict[str, Any], release: Row
) -> Violations:
    tuned = [field for field in _TUNED if picker.get(field) is not None]
    if picker.get("config") is not None:
        for field in tuned:
            yield violation(
                f"{field} has no effect, because picker.config is set",
                context.place(*path, field, key=True),
                remedy=f"Write it into `config`, and remove `{field}`.",
            )
        return
    if not tuned:
        return
    base = base_of(release)
    image = image_of(release, str(as_dict(context.spec.get("gateway")).get("class", "istio")))
    if base is None or image is None:
        yield violation(
            f"release {release.key} has no configuration of the endpoint picker to change",
            context.place(*path, key=True),
        )
        return
    given = [(i, str(s.get("name"))) for i, s in maps(picker.get("scorers")) if s.get("name")]
    yield from _scorers(context, path, given, image.value)
    used = {name for _, name in given} or set(scorers_of(base.value))
    for field, needed in (("queueThreshold", LOAD), *((f, PREFIX) for f in _OF_PREFIXES)):
        if picker.get(field) is not None and needed not in used:
            yield violation(
                f"{field} is a setting of {needed}, which is not among the scorers "
                f"({', '.join(sorted(used))})",
                context.place(*path, field, key=True),
            )


def _scorers(
    context: SpecContext, path: Path, given: list[tuple[int, str]], image: str
) -> Violations:
    row = picker_row(image, context.catalog.copy())
    rows = [row] if row is not None else list(context.catalog.copy().rows("picker"))
    known = sorted({p for r in rows for p in plugins_of(r) if is_scorer(p)})
    seen: set[str] = set()
    for i, name in given:
        place = context.place(*path, "scorers", i, "name")
        if name in seen:
            yield violation(f"scorer {name} is named twice", place)
        elif name not in known:
            of = image if row is not None else "an endpoint picker of the catalog"
            close = nearest(name, known)
            yield violation(
                f"{of} has no scorer {name}{did_you_mean(name, known)}", place,
                remedy=f"Write `name: {close}`." if close else f"It has {', '.join(known)}.",
            )  # fmt: skip
        seen.add(name)


def is_scorer(plugin: str) -> bool:
    """Whether a plugin gives scores, by its type. Source: the plugins of picker_programs/."""
    return plugin.endswith("-scorer") or plugin == "context-length-aware"
