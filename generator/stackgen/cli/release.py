"""Which release row is meant: the one that was named, or the newest that fits."""

from __future__ import annotations

from stackgen.catalog.load import Catalog
from stackgen.errors import UsageError
from stackgen.kserve.release import Controller, controller, controllers, fitting
from stackgen.manifest.resource import Bundle
from stackgen.spelling import did_you_mean


def check(release: str, catalog: Catalog) -> None:
    """Raises UsageError for a release that is no row; the empty name is none, and fine."""
    known = catalog.names("release")
    if release and release not in known:
        raise UsageError(f"no release {release!r}{did_you_mean(release, known)}")


def chosen(catalog: Catalog, release: str, bundle: Bundle) -> tuple[Controller, str]:
    """The controller that is meant, and what to say about the choice when it was not named.

    Raises UsageError for a release that is no row, or says nothing of its controller.
    """
    check(release, catalog)
    if release:
        named = controller(catalog, release)
        if named is None:
            raise UsageError(f"the row of release {release!r} has no `controller`")
        return named, ""
    known = controllers(catalog)
    fits = fitting(known, ((r.group, r.version, r.kind) for r in bundle.objects))
    found = (fits or known)[0]
    why = "the newest release" if found is known[0] else "the newest that serves what is there"
    return found, f"judged by release {found.name}, {why}; --release names another"
