"""Which release row is meant: the one that was named, or the one that the input tells."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from stackgen.catalog.load import Catalog
from stackgen.cli.output import notes
from stackgen.errors import UsageError
from stackgen.facts.pickers import images_in, picker_row, version_of
from stackgen.findings.model import Finding
from stackgen.manifest.resource import Bundle, Resource
from stackgen.platforms.registry import described_kinds, meant, predictions, told
from stackgen.releases.programs import ROUTER, version_in
from stackgen.repository import Repository, open_repository
from stackgen.spelling import did_you_mean
from stackgen.tree.lock import releases_near

if TYPE_CHECKING:
    from stackgen.catalog.rows import Row
    from stackgen.platforms.model import Prediction


def opened(directory: str) -> Repository:
    """The repository of a command without findings: rows that are wrong become notes."""
    own = open_repository(os.path.abspath(directory))
    notes(f"{_message(finding)}; the row is not used" for finding in own.findings)
    return own


def _message(finding: Finding) -> str:
    place = finding.places[0]
    at = f"{place.file}:{place.mark.line}:{place.mark.column}" if place.mark else place.file
    return f"{at}: {finding.message}"


def check(release: str, own: Repository) -> None:
    """Raises UsageError for a release that is no row; the empty name is none, and fine.

    Of a row of the user's that does not fit the catalog, the message says what is wrong with it.
    """
    known = own.catalog.names("release") if release else []
    if not release or release in known:
        return
    for finding in own.findings:
        if finding.places[0].file.endswith(f"/releases/{release}.yaml"):
            raise UsageError(f"release {release!r} cannot be used: {_message(finding)}")
    raise UsageError(f"no release {release!r}{did_you_mean(release, known)}")


def chosen(
    own: Repository, release: str, bundle: Bundle, without: str
) -> tuple[Prediction, Row, str]:
    """The platform and row that are meant, and what to say about the choice when it was made here.

    without: what follows for a release without a controller. Raises UsageError for such a release,
    and for one that is no row.
    """
    catalog = own.catalog
    check(release, own)
    if release:
        row = catalog.release(release)
        prediction = predictions().get(row.data["platform"]) if row is not None else None
        rows = prediction.releases(catalog, ()) if prediction is not None else ()
        if row is None or prediction is None or row.key not in {r.key for r in rows}:
            names = " or ".join(one.name for one in predictions().values())
            raise UsageError(f"{release} has no {names} controller: {without}")
        return prediction, row, ""
    prediction = _platform(bundle) or next(iter(predictions().values()))
    seen = _telling(bundle)
    found = meant(prediction, catalog, "", seen)
    why = "the newest that serves what is there"
    if _is_newest(found, prediction, catalog):
        why = "the newest release"
    kinds = [(r.group, r.version, r.kind) for r in bundle.objects]
    rows = prediction.releases(catalog, kinds)
    signs = sorted(prediction.signs(found, seen), key=lambda sign: -sign.weight)
    if signs:
        amount = told(prediction, found, seen)
        like = [r for r in rows if told(prediction, r, seen) == amount]
        why = f"{'the newest with' if len(like) > 1 else 'because of'} {signs[0].what}"
    if not rows:
        why = "the newest release, though none serves all that is there"
    return prediction, found, f"judged by release {found.key}, {why}; --release names another"


def _telling(bundle: Bundle) -> tuple[Resource, ...]:
    """What may name a release: objects, and the charts of kustomizations, scripts and helmfile."""
    installs = (r for r in bundle.outside if r.kind == "HelmInstall")
    lists = ("releases", "dependencies")  # of helmfile, and of a chart of charts
    settings = (r for r in bundle.settings if any(isinstance(r.get(x), list) for x in lists))
    return (*bundle.resources, *installs, *settings)


def settled(
    own: Repository, release: str, bundle: Bundle, paths: Iterable[str] = ()
) -> tuple[str, str]:
    """The release row for the checks of a bundle, and what to say about it.

    paths: of files and folders that were read. A stackgen.lock there names the release.
    A row that is chosen here judges exactly as when it is named. It is empty for a bundle without
    objects of any platform.
    """
    if release or _platform(bundle) is None:
        return release, ""
    locks = {f: r for f, r in releases_near(paths).items() if own.catalog.release(r) is not None}
    if len({*locks.values()}) == 1:
        file, named = next(iter(locks.items()))
        return named, f"judged by release {named}, because of {file}; --release names another"
    plain = _by_picker(own.catalog, bundle)
    if plain is not None:
        row, image = plain
        why = f"because of image {image}, without objects for a controller"
        return row.key, f"judged by release {row.key}, {why}; --release names another"
    _, found, remark = chosen(own, "", bundle, "")
    return found.key, remark


def _by_picker(catalog: Catalog, bundle: Bundle) -> tuple[Row, str] | None:
    """The release without a controller whose endpoint picker runs in the bundle, and the image.

    Of several, the newest that is not newer than the picker. None for a bundle with objects that
    a controller reads.
    """
    kinds = {(r.group, r.kind) for r in bundle.objects}
    if kinds & described_kinds():
        return None
    rows = [r for r in catalog.rows("release") if r.data["platform"] not in predictions()]
    rows.sort(key=lambda row: version_of(version_in(row, ROUTER)))
    for image in (image for r in bundle.objects for image in images_in(r.data)):
        known = picker_row(image, catalog.copy())
        if rows and known is not None and known.key.startswith("llm-d/"):
            version = version_of(known.key.partition("/")[2])
            fit = [r for r in rows if version_of(version_in(r, ROUTER))[:2] <= version]
            return (fit[-1] if fit else rows[0]), image
    return None


def _platform(bundle: Bundle) -> Prediction | None:
    """The platform whose releases the objects tell apart."""
    groups = {r.group for r in bundle.objects}
    return next((p for p in predictions().values() if groups & p.groups), None)


def _is_newest(found: Row, prediction: Prediction, catalog: Catalog) -> bool:
    return found.key == prediction.releases(catalog, ())[0].key
