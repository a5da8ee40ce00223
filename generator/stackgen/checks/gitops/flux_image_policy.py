"""A policy of Flux's image automation that does not accept the tag which is set."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.gitops.flux_image_marker import GROUP, marked
from stackgen.escape import visible
from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.facts.shape import plain, text
from stackgen.facts.version_ranges import in_range
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.record import record
from stackgen.regex import regex
from stackgen.schema import regex as go

_ESCAPED = regex(r"\\.|\[\^?\]?[^\]]*\]")
_GROUP = regex(r"\((?:\?P?<(\w+)>|(?!\?))")
_NAMED = regex(r"\$(?:\{(\w+)\}|(\w+))")
_PATTERN = ("spec", "filterTags", "pattern")
_EXTRACT = ("spec", "filterTags", "extract")
_RANGE = ("spec", "policy", "semver", "range")


@record
class _Tag:
    """What a policy compares of a tag; why not, if it does not accept the tag."""

    value: str = ""
    refused: str = ""


def check(context: Context) -> Violations:
    """One finding for each policy, or for each value that its marker stands behind."""
    policies = {(p.namespace, p.name): p for p in context.bundle.of_kind("ImagePolicy", GROUP)}
    wrong = set[tuple[str, str]]()
    for key, policy in policies.items():
        names = _groups(text(policy.get(*_PATTERN)))
        found = _NAMED.findall(text(policy.get(*_EXTRACT)))
        unknown = [a or b for a, b in found if (a or b) not in names and not (a or b).isdigit()]
        if names and unknown:
            wrong.add(key)
            yield violation(
                f"the pattern has no group {visible(unknown[0])}; it has "
                f"{', '.join(map(visible, filter(None, names)))}",
                Place(policy, _EXTRACT),
            )
    for one in context.bundle.resources if policies else ():
        for path, value, space, name, part in marked(one):
            tag = _tag(value) if part == "" else value if part == "tag" else ""
            policy_of = policies.get((space, name))
            if policy_of is None or not tag or not plain(tag) or (space, name) in wrong:
                continue
            refused = _compared(policy_of, tag)
            wanted = text(policy_of.get(*_RANGE))
            if not refused.refused and wanted and in_range(refused.value, wanted) is False:
                refused = _Tag(refused="range " + visible(wanted))
            if refused.refused:
                yield violation(
                    f"policy {visible(name)} does not accept the tag {visible(tag)}: "
                    f"{refused.refused}",
                    Place(one, path),
                    Place(policy_of, ("spec",), key=True, note="the policy"),
                )


def _groups(pattern: str) -> list[str]:
    """The names of the groups of a pattern, empty for those without a name."""
    return ["" if one is None else one for one in _GROUP.findall(_ESCAPED.sub("", pattern))]


def _tag(image: str) -> str:
    try:
        return image_reference(image).tag if plain(image) else ""
    except ImageReferenceError:
        return ""


def _compared(policy: Resource, tag: str) -> _Tag:
    """The part of the tag that `filterTags` extracts."""
    pattern, extract = text(policy.get(*_PATTERN)), text(policy.get(*_EXTRACT))
    if not pattern:
        return _Tag(tag)
    try:
        groups = go.groups(pattern, tag)
    except ValueError:
        return _Tag()
    if groups is None:
        return _Tag(refused=f"pattern {visible(pattern)}")
    names = [pattern, *_groups(pattern)]
    values = {name: value for name, value in zip(names, groups, strict=False) if name}
    values |= {str(i): value for i, value in enumerate(groups)}
    return _Tag(_NAMED.sub(lambda m: values.get(m[1] or m[2], ""), extract) if extract else tag)
