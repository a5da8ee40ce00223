"""A value that is filled in later cannot be judged now."""

from __future__ import annotations

from stackgen.regex import regex

# The last is what plugins of Argo CD fill in: <path:store/key#field>, <secret:key>.
VARIABLE = regex(
    r"\$\{(?:[A-Za-z_]\w*|[1-9])(?:(?::?[-=+?]|[/#%^,:])[^{}]*)?\}"
    r"|(?:\A|(?<=[./:@-]))\$(?:[A-Za-z_]\w*|[1-9])(?=[./:@$-]|\Z)|\{\{[^{}]*\}\}"
    r"|<(?:path|secret):[^<>\s]+>|\$\(\.\.\.\)"
)
# A variable after another character, which a secret value may have as well.
_INSIDE = regex(r"(?<=[\w)])\$(?:[A-Za-z_]\w*|[1-9])")
# What a page asks its reader to replace, and what ko builds an image from.
_ASKED = regex(
    r"<[A-Za-z*][\w .*-]*>|\{[A-Za-z]\w*\}|__[A-Z][A-Z0-9_]*__|\$\([A-Za-z][\w-]*\)|\Ako://\S+"
    r"|\A(?:BUCKET|CLUSTER|HOST|IMAGE|MODEL|NAME|NAMESPACE|PORT|PROJECT|REGION|REPLICAS|SERVICE)\Z"
    r"|\A(?:TAG|VERSION|ZONE|PLACEHOLDER)\Z"
    r"|\b(?:REDACTED|CHANGE-?ME|TO[D]O|X{3,})\b|\[REDACTED\]|\*{3,}"
    r"|(?<![A-Z_])(?:HOSTNAME|USERNAME|DOMAIN|TIMESTAMP)\Z|\Apatch-?me\b[\w-]*"
    r"|\b(?:YOUR|MY|REPLACE)[-_][A-Z][A-Z_-]*|\b[A-Z][A-Z0-9]+_[A-Z][A-Z0-9_]*\b"
)
# The rest of such a value is that of a name, an image or a quantity.
_PLAIN = regex(r"[\w.,/:@-]*")


def variable(value: object, secret: bool = False) -> str:
    """The variable in `value`; empty when it has none."""
    if not isinstance(value, str):
        return ""
    found = VARIABLE.search(value) or (None if secret else _INSIDE.search(value))
    return found[0] if found else ""


def asked(value: object) -> str:
    """The part of `value` that a reader, or a tool, is to replace; empty when there is none."""
    if isinstance(value, dict) and len(value) == 1 and None in value.values():
        # In YAML, braces without quotes are a map.
        value = f"{{{next(iter(value))}}}"
    found = _ASKED.search(value) if isinstance(value, str) else None
    return found[0] if found and _PLAIN.fullmatch(_ASKED.sub("", str(value))) else ""
