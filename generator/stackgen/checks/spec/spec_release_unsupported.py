"""Something that stacks of the chosen release cannot have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stackgen.catalog.refusals import refusals, releases_with
from stackgen.checks.context import SpecContext
from stackgen.escape import visible
from stackgen.findings.model import Violations, violation
from stackgen.regex import regex
from stackgen.spec.fields import DNS_SUBDOMAIN

# Addresses that vLLM can read by itself: a name on Hugging Face, or a claim and a folder on it.
_WORD = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_WEB = ("http", "https")
_FORMS = {
    "hf": (regex(rf"{_WORD}(/{_WORD})?(:[A-Za-z0-9._/-]+)?"), "hf://ORG/MODEL[:REVISION]"),
    "pvc": (regex(rf"{DNS_SUBDOMAIN.strip('^$')}(/{_WORD})*/?"), "pvc://CLAIM[/FOLDER]"),
}

_NO_MODEL = "Not rendered. The server would not find its model."


def check(context: SpecContext) -> Violations:
    """Each thing at its own line; nothing for a release that is not known."""
    name = context.spec.get("release")
    row = context.catalog.release(name) if isinstance(name, str) else None
    if row is None or row.data.get("lint_only"):
        return
    for entry, path in refusals(row, context.spec):
        yield violation(
            f"release {name} does not support {entry['field']}: {entry['why']}",
            context.place("spec", *path),
            context.place("spec", "release", note="the release"),
            remedy=_without(entry, releases_with(context.catalog, entry)),
        )
    section = row.data[row.data["platform"]]
    schemes, longest = section["storage_schemes"], section.get("longest_name")
    yield from _names(context, str(name), longest) if longest else ()
    by_vllm = "vllm-downloads" in row.data["quirks"]
    yield from _models(context, str(name), schemes, by_vllm=by_vllm)
    if "ca" not in row.data:
        yield from _listeners(context, str(name))


def _without(entry: dict[str, Any], others: Sequence[str]) -> str:
    """others: the releases that can have it."""
    field = entry["field"].rpartition("models.")[2]
    change = f"Set another value for `{field}`" if "value" in entry else f"Remove `{field}`"
    some = ", ".join(f"`{one}`" for one in others[:-1])
    some = f"{some} or `{others[-1]}`" if some else f"`{''.join(others)}`"
    return f"{change}, or set `release` to {some}." if others else f"{change}."


def _models(context: SpecContext, release: str, known: list[str], *, by_vllm: bool) -> Violations:
    for path, model in context.items("serving", "models"):
        uri = model.get("model")
        scheme, separator, rest = uri.partition("://") if isinstance(uri, str) else ("", "", "")
        form, words = _FORMS.get(scheme, (None, ""))
        if by_vllm and scheme in known and form is not None and not form.fullmatch(rest):
            yield violation(
                f"vLLM downloads the model itself, but {visible(str(uri))} is not {words}",
                context.place(*path, "model"),
                impact=_NO_MODEL,
                remedy=f"Write `model` as `{words}`.",
            )
        if separator and scheme not in known and scheme not in _WEB:  # the schema has no such URI
            *most, last = (f"{one}://" for one in known)
            some = f"{', '.join(most)} and {last}" if most else last
            yield violation(
                f"servers of release {release} read models from {some}, not from "
                f"{visible(scheme)}://",
                context.place(*path, "model"),
                context.place("spec", "release", note="the release"),
                impact=_NO_MODEL,
                remedy=f"Use a model at {some}, or set another `release`.",
            )


def _names(context: SpecContext, release: str, longest: int) -> Violations:
    for path, model in context.items("serving", "models"):
        name = model.get("name")
        if isinstance(name, str) and len(name) > longest:
            yield violation(
                f"{visible(name)} has {len(name)} characters; with release {release} at most "
                f"{longest} are allowed, because the controller appends a suffix",
                context.place(*path, "name"),
                context.place("spec", "release", note="the release"),
                impact="Not rendered. Names that the controller makes of it would be too long.",
                remedy=f"Use a `name` of at most {longest} characters.",
            )


def _listeners(context: SpecContext, release: str) -> Violations:
    """Without a certificate authority of the platform, the certificate comes from elsewhere."""
    for path, listener in context.items("gateway", "listeners"):
        tls = listener.get("tls")
        named = isinstance(tls, dict) and (tls.get("issuer") or tls.get("secret"))
        if listener.get("protocol") == "HTTPS" and not named:
            yield violation(
                f"listener {visible(str(listener.get('name')))} names neither an issuer nor a "
                f"Secret, and release {release} has no certificate authority",
                context.place(*path, "protocol"),
                context.place("spec", "release", note="the release"),
                impact="Not rendered. The listener would have no certificate.",
                remedy="Set `tls.issuer` or `tls.secret` on the listener.",
            )
