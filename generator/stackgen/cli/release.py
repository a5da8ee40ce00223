"""Which release row is meant: the one that was named, or the newest that fits."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from stackgen.catalog.load import Catalog
from stackgen.cli.output import notes
from stackgen.errors import UsageError
from stackgen.findings.model import Finding
from stackgen.manifest.resource import Bundle
from stackgen.repository import Repository, open_repository
from stackgen.spelling import did_you_mean

if TYPE_CHECKING:
    from stackgen.platforms.kserve.release import Controller

# What the choice is about: without any of them nothing is said of it.
_GROUPS = ("serving.kserve.io", "inference.networking.x-k8s.io", "inference.networking.k8s.io")


def opened(directory: str) -> Repository:
    """The repository of a command without findings: rows that are wrong become notes."""
    own = open_repository(os.path.abspath(directory))
    notes(f"{_said(finding)}; the row is not used" for finding in own.findings)
    return own


def _said(finding: Finding) -> str:
    place = finding.places[0]
    at = f"{place.file}:{place.mark.line}:{place.mark.column}" if place.mark else place.file
    return f"{at}: {finding.message}"


def check(release: str, own: Repository) -> None:
    """Raises UsageError for a release that is no row; the empty name is none, and fine.

    Of a row of the user's that does not fit the catalogue, the message says what is wrong with it.
    """
    known = own.catalog.names("release") if release else []
    if not release or release in known:
        return
    for finding in own.findings:
        if finding.places[0].file.endswith(f"/releases/{release}.yaml"):
            raise UsageError(f"release {release!r} cannot be used: {_said(finding)}")
    raise UsageError(f"no release {release!r}{did_you_mean(release, known)}")


def chosen(own: Repository, release: str, bundle: Bundle) -> tuple[Controller, str]:
    """The controller that is meant, and what to say about the choice when it was not named.

    Raises UsageError for a release that is no row, or says nothing of its controller.
    """
    from stackgen.platforms.kserve.release import controller, fitting, meant

    catalog = own.catalog
    check(release, own)
    if release:
        named = controller(catalog, release)
        if named is None:
            raise UsageError(f"the row of release {release!r} has no `controller`")
        return named, ""
    kinds = [(r.group, r.version, r.kind) for r in bundle.objects]
    found = meant(catalog, "", kinds)[0]
    why = "the newest that serves what is there"
    if _is_newest(found, catalog):
        why = "the newest release"
    if not fitting([found], kinds):
        why = "the newest release, though none serves all that is there"
    return found, f"judged by release {found.name}, {why}; --release names another"


def settled(own: Repository, release: str, bundle: Bundle) -> tuple[str, str]:
    """The release row for the checks of a bundle, and what to say about it.

    The row is empty where the newest of everything is meant: every rule knows what that is.
    """
    if release or not any(r.group in _GROUPS for r in bundle.objects):
        return release, ""
    found, remark = chosen(own, "", bundle)
    return ("" if _is_newest(found, own.catalog) else found.name), remark


def _is_newest(found: Controller, catalog: Catalog) -> bool:
    from stackgen.platforms.kserve.release import controllers

    return found.name == controllers(catalog)[0].name
