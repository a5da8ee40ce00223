"""One image, once allowed to run as root and once not."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Part, services
from stackgen.facts.shape import as_dict, at, text
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """Judged on the merged view: templates of one service, container main."""
    for service in services(context):
        parts = [p for p in service.parts() if p.main() is not None]
        free = {text(p.merged_main().get("image")): p for p in parts if _as_root(p)}
        for part in parts:
            image = text(part.merged_main().get("image"))
            main = part.main()
            if image not in free or main is None or _as_root(part) or not _bound(part):
                continue
            if not service.whole or "image" not in main[1]:
                continue
            other = free[image].main()
            yield violation(
                f"{image} can run as root in {'.'.join(map(str, free[image].path[1:]))}; "
                "here the preset sets runAsNonRoot: true",
                part.place(*main[0], "image"),
                free[image].place(
                    *(other[0] if other else ()), "securityContext", note="root is allowed"
                ),
            )


def _as_root(part: Part) -> bool:
    return at(part.merged_main(), "securityContext", "runAsNonRoot") is False


def _bound(part: Part) -> bool:
    """No field says which user the container runs as."""
    pod = as_dict(part.merged.get("securityContext"))
    own = as_dict(part.merged_main().get("securityContext"))
    return own.get("runAsNonRoot") is True and not own.get("runAsUser") and not pod.get("runAsUser")
