"""What `kubectl wait`, `kubectl rollout` and `kubectl port-forward` of a script name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackgen.regex import regex

_KINDS = {
    **dict.fromkeys(("svc", "service", "services"), "Service"),
    **dict.fromkeys(("deploy", "deployment", "deployments"), "Deployment"),
    **dict.fromkeys(("sts", "statefulset", "statefulsets"), "StatefulSet"),
}
_PORTS = regex(r"(?:\d{0,5}:)?\d{1,5}")
AGAIN = regex(r"(?:\A|[;&|]|\bdo\b)\s*(?:until|while|if|!)\s|\|\||&&\s*break\b")


def of_command(words: list[str], flags: Mapping[str, list[str]]) -> dict[str, Any] | None:
    """The kind and name of each object, conditions, and how long; None for other commands.

    words: of the command, without its flags. A name is empty where labels select the objects.
    """
    verb = words[1] if len(words) > 1 else ""
    if verb == "wait":
        return {"targets": _targets(words[2:]), "for": flags.get("--for", []), **_limit(flags)}
    if verb == "rollout" and len(words) > 2:
        return {"targets": _targets(words[3:]), "rollout": words[2], **_limit(flags)}
    return None


def forwarded(words: list[str], space: str) -> tuple[str, dict[str, Any]] | None:
    """The name of what `kubectl port-forward` names, its kind and namespace, and its ports."""
    if words[1:2] != ["port-forward"] or len(words) < 4:
        return None
    word, _, name = words[2].partition("/")
    ports = [word for word in words[3:] if _PORTS.fullmatch(word)]
    said = {"kind": _KINDS.get(word), "namespace": space, "ports": ports}
    return (name, said) if word in _KINDS and ports else None


def _targets(words: list[str]) -> list[dict[str, str]]:
    """`deploy/a deploy/b`, or a kind and the names of its objects."""
    if any("/" in word for word in words):
        pairs = [word.partition("/") for word in words if "/" in word]
        return [{"kind": kind.lower(), "name": name} for kind, _, name in pairs]
    kinds = words[:1] if words and "," not in words[0] else []
    return [{"kind": kind.lower(), "name": name} for kind in kinds for name in (words[1:] or [""])]


def _limit(flags: Mapping[str, list[str]]) -> dict[str, str]:
    found = flags.get("--timeout", [])
    return {"timeout": found[-1]} if found else {}
