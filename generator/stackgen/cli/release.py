"""Which release row is meant: the one that was named, or the newest that fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackgen.catalog.load import Catalog
from stackgen.errors import UsageError
from stackgen.manifest.resource import Bundle
from stackgen.spelling import did_you_mean

if TYPE_CHECKING:
    from stackgen.platforms.kserve.release import Controller

# What the choice is about: without any of them nothing is said of it.
_GROUPS = ("serving.kserve.io", "inference.networking.x-k8s.io", "inference.networking.k8s.io")


def check(release: str, catalog: Catalog | None = None) -> None:
    """Raises UsageError for a release that is no row; the empty name is none, and fine."""
    known = (catalog or Catalog()).names("release") if release else []
    if release and release not in known:
        raise UsageError(f"no release {release!r}{did_you_mean(release, known)}")


def chosen(catalog: Catalog, release: str, bundle: Bundle) -> tuple[Controller, str]:
    """The controller that is meant, and what to say about the choice when it was not named.

    Raises UsageError for a release that is no row, or says nothing of its controller.
    """
    from stackgen.platforms.kserve.release import controller, fitting, meant

    check(release, catalog)
    if release:
        named = controller(catalog, release)
        if named is None:
            raise UsageError(f"the row of release {release!r} has no `controller`")
        return named, ""
    kinds = [(r.group, r.version, r.kind) for r in bundle.objects]
    found = meant(catalog, "", kinds)[0]
    why = "the newest release" if _is_newest(found) else "the newest that serves what is there"
    if not fitting([found], kinds):
        why = "the newest release, though none serves all that is there"
    return found, f"judged by release {found.name}, {why}; --release names another"


def settled(release: str, bundle: Bundle) -> tuple[str, str]:
    """The release row for the checks of a bundle, and what to say about it.

    The row is empty where the newest of everything is meant: every rule knows what that is.
    """
    if release or not any(r.group in _GROUPS for r in bundle.objects):
        return release, ""
    found, remark = chosen(Catalog(), "", bundle)
    return ("" if _is_newest(found) else found.name), remark


def _is_newest(found: Controller) -> bool:
    from stackgen.platforms.kserve.release import controllers

    return found.name == controllers(Catalog())[0].name
