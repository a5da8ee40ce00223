"""Which repository the input is, as far as its Applications say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.manifest.resource import Resource

_LEAST = 4  # sources that name a repository, before it is taken for the one of the input


def own_repository(objects: Iterable[Resource]) -> str:
    """The address that nearly all sources with a path name; "" where there is none."""
    named = Counter(url for one in objects for url in _urls(one))
    ranked = named.most_common(1)
    if not ranked or ranked[0][1] < _LEAST or 2 * ranked[0][1] <= named.total():
        return ""
    return ranked[0][0]


def of_another(source: Any, own: str) -> bool:
    """Whether a source reads another repository than the one that is known."""
    url = _address(source)
    return bool(own and url) and url != own


def _urls(one: Resource) -> Iterator[str]:
    if one.group != "argoproj.io" or one.kind not in ("Application", "ApplicationSet"):
        return
    for base in (("spec",), ("spec", "template", "spec")):
        several = one.get(*base, "sources")
        for source in (one.get(*base, "source"), *(several if isinstance(several, list) else ())):
            url = _address(source)
            if url:
                yield url


def _address(source: Any) -> str:
    """Host and path of the repository, in one form for all protocols; "" without a path in it."""
    if not isinstance(source, dict) or not source.get("path") or source.get("chart"):
        return ""
    url = source.get("repoURL")
    if not isinstance(url, str) or "{{" in url or "$" in url:
        return ""
    bare = url.partition("://")[2] or url
    bare = bare.rpartition("@")[2].replace(":", "/").lower().rstrip("/")
    return bare.removesuffix(".git")
