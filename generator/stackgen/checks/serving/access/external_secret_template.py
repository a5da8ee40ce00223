"""A template of an ExternalSecret with a key that it lacks, or without that of its type."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.regex import regex
from stackgen.spelling import did_you_mean

_GROUP = "external-secrets.io"
_FIELD = regex(r"\{\{-?\s*\.([A-Za-z_]\w*)\s*(?:\||-?\}\})")
_NEEDED = {
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}


def check(context: Context) -> Violations:
    """One finding for each value, and for each key that is missing."""
    for secret in context.bundle.of_kind("ExternalSecret", _GROUP):
        base: Path = ("spec", "target", "template")
        template = as_dict(secret.get(*base))
        if template.get("templateFrom") or text(template.get("engineVersion")) not in ("", "v2"):
            continue
        data = as_dict(template.get("data"))
        fetched = {text(one.get("secretKey")) for _, one in maps(secret.get("spec", "data"))}
        if not secret.get("spec", "dataFrom"):
            yield from _unfetched(secret, base, data, fetched)
        keys = set(data) | (
            fetched if not data or template.get("mergePolicy") == "Merge" else set()
        )
        open_ = secret.get("spec", "dataFrom") and (not data or "mergePolicy" in template)
        for key in _NEEDED.get(text(template.get("type")), ()) if not open_ else ():
            if key not in keys and secret.get("spec", "target", "creationPolicy") != "Merge":
                yield violation(
                    f"a Secret of type {template['type']} needs the key {key}; the template makes "
                    f"{visible(', '.join(sorted(map(str, keys))) or 'none')}",
                    Place(secret, (*base, "type")),
                )


def _unfetched(
    secret: Resource, base: Path, data: dict[str, object], fetched: set[str]
) -> Violations:
    for key, value in data.items():
        for name in dict.fromkeys(_FIELD.findall(text(value))):
            if name not in fetched:
                known = sorted(fetched)
                hint = did_you_mean(name, known) or f"; it fetches {', '.join(known) or 'none'}"
                yield violation(
                    f"the ExternalSecret does not fetch {visible(name)}{visible(hint)}",
                    Place(secret, (*base, "data", key)),
                )
                break
