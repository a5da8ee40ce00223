"""The user's own rows: `catalog/` beside stack.yaml, same file names, same schema.

A row needs a source and a date like any other. A row that is wrong is reported at its line and
left out; the rest of the file counts.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from stackgen.catalog.load import FILES, NEWEST, RELEASES, Catalog
from stackgen.catalog.rows import Row, key_fields, row_of
from stackgen.findings.model import Place
from stackgen.manifest.document import Document, Path, Source, show_path
from stackgen.manifest.yaml_in import Dialect, parse
from stackgen.reading import UnreadableError, listing, read_text, walk
from stackgen.record import record
from stackgen.spelling import nearest

if TYPE_CHECKING:
    from stackgen.catalog.validate import Wrong

ROW_RULE = "catalog-row"
FILE_RULE = "catalog-file"
_RELEASE = "release"
_LIKE, _PODS = "like", (("template",), ("worker",))


@record
class CatalogProblem:
    """Something wrong with the user's rows. rule: the id of the rule that reports it."""

    rule: str
    message: str
    place: Place


def open_catalog(
    folder: str, variants: Collection[str], shown: str = "catalog"
) -> tuple[Catalog, list[CatalogProblem]]:
    """The catalog with the rows of `folder`, where that exists, and what is wrong with them.

    variants: the variants of API schemas that a release row can name. shown: what messages call
    the folder. Raises UnreadableError for a file that cannot be read.
    """
    if not os.path.isdir(folder):
        return Catalog(), []
    rows: dict[str, dict[str, Row]] = {}
    problems: list[CatalogProblem] = []
    kinds = {file: kind for kind, file in FILES.items()}
    for name in listing(folder, shown):
        path = os.path.join(folder, name)
        if name == RELEASES and os.path.isdir(path):
            problems += _releases(
                path, f"{shown}/{RELEASES}", rows.setdefault(_RELEASE, {}), variants
            )
        elif name in kinds:
            problems += _file(path, f"{shown}/{name}", rows.setdefault(kinds[name], {}))
        elif not name.startswith(".") and name != "README.md":
            problems.append(_unknown_file(f"{shown}/{name}", [*kinds, RELEASES]))
    catalog = Catalog(rows)
    problems += _dangling(catalog, rows)
    return catalog, sorted(problems, key=_position)


def texts(folder: str, shown: str = "catalog") -> Iterator[Source]:
    """Every text in `folder`, whether its rows count or not. What is not a string is left out."""
    for above, _, names in walk(folder):
        for name in names:
            path = os.path.join(above, name)
            try:
                text = read_text(path)
            except UnreadableError:
                continue
            below = os.path.relpath(path, folder).replace(os.sep, "/")
            yield Source(f"{shown}/{below}", text)


def _file(path: str, shown: str, rows: dict[str, Row]) -> Iterator[CatalogProblem]:
    from stackgen.catalog.validate import problems_of

    document, problems = _read(path, shown)
    yield from problems
    if document is None:
        return
    wrong: set[str | int] = set()
    definition = os.path.basename(path).removesuffix(".yaml")
    for problem in problems_of(definition, document.data):
        wrong.update(problem.path[:1])
        yield _problem(document, problem.path, problem.key, problem.message)
    if isinstance(document.data, dict):
        for name, data in document.data.items():
            if name not in wrong:
                rows[name] = row_of(shown, name, data, document, (name,))


def _releases(
    folder: str, shown: str, rows: dict[str, Row], variants: Collection[str]
) -> Iterator[CatalogProblem]:
    from stackgen.catalog.validate import problems_of

    for name in listing(folder, shown):
        if not name.endswith(".yaml"):
            yield _unknown_file(f"{shown}/{name}", ["<release>.yaml"])
            continue
        document, problems = _read(os.path.join(folder, name), f"{shown}/{name}")
        yield from problems
        if document is None:
            continue
        found = list(problems_of(_RELEASE, document.data))
        if not found:
            found = [
                *_unknown_variants(document.data["schemas"], variants),
                *_unknown_pods(document.data),
            ]
        yield from (_problem(document, w.path, w.key, w.message) for w in found)
        if not found:
            key = name.removesuffix(".yaml")
            rows[key] = row_of(f"{shown}/{name}", key, document.data, document)


def _unknown_variants(schemas: dict[str, str], variants: Collection[str]) -> Iterator[Wrong]:
    """The variants of API schemas that a release row names and that there are not."""
    from stackgen.catalog.validate import Wrong

    known = sorted(variants)
    for component, label in schemas.items():
        if label != NEWEST and label not in known:
            hint = _did_you_mean(label, known)
            message = f"schemas.{component}: there are no schemas {label}{hint}"
            yield Wrong(("schemas", component), False, message)


def _unknown_pods(row: dict[str, Any]) -> Iterator[Wrong]:
    """Each `like` of the presets that names no Pod of them, or that leads back to its own pod."""
    from stackgen.catalog.validate import Wrong

    presets = row.get("controller", {}).get("presets", {})
    likes = dict(_likes(presets, ()))
    for pod, name in likes.items():
        seen, target = {pod}, tuple(name.split("/"))
        while target in likes and target not in seen:
            seen.add(target)
            target = tuple(likes[target].split("/"))
        path = ("controller", "presets", *pod, _LIKE)
        if target in seen:
            yield Wrong(path, False, f"{show_path(path)}: {name} leads back to this Pod")
        elif not _is_pod(presets, target):
            missing = "/".join(target)
            yield Wrong(path, False, f"{show_path(path)}: the presets have no Pod {missing}")


def _likes(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """The Pods that start from another one, each with what it names."""
    if isinstance(value, dict):
        if path[-1:] in _PODS and isinstance(value.get(_LIKE), str):
            yield path, value[_LIKE]
        for key, item in value.items():
            yield from _likes(item, (*path, key))


def _is_pod(presets: Any, path: tuple[str, ...]) -> bool:
    for step in path:
        presets = presets.get(step) if isinstance(presets, dict) else None
    return len(path) > 1 and path[-1:] in _PODS and isinstance(presets, dict)


def _read(path: str, shown: str) -> tuple[Document | None, list[CatalogProblem]]:
    text = read_text(path, shown)
    documents = parse(text, shown, Dialect.SPEC, record=True)
    problems = [
        CatalogProblem(p.rule, p.message, Place(file=shown, text=text, mark=p.mark))
        for document in documents
        for p in document.problems
    ]
    if len(documents) > 1:
        problems.append(
            CatalogProblem(
                FILE_RULE,
                f"{shown} holds {len(documents)} documents: write one",
                Place(file=shown, text=text, mark=documents[1].marks().at(())),
            )
        )
    if not documents or any(p.fatal for p in documents[0].problems):
        return None, problems
    return documents[0], problems


def _problem(document: Document, path: Path, key: bool, message: str) -> CatalogProblem:
    place = Place(
        path=path,
        key=key,
        file=document.source.name,
        text=document.source.text,
        mark=document.marks().at(path, key),
    )
    return CatalogProblem(ROW_RULE, message, place)


def _position(problem: CatalogProblem) -> tuple[str, int, int]:
    mark = problem.place.mark
    return problem.place.file, mark.line if mark else 0, mark.column if mark else 0


def _unknown_file(shown: str, known: list[str]) -> CatalogProblem:
    hint = _did_you_mean(shown.rpartition("/")[2], known) or f": there are {', '.join(known)}"
    return CatalogProblem(FILE_RULE, f"{shown} is not a catalog file{hint}", Place(file=shown))


def _did_you_mean(name: str, known: list[str]) -> str:
    close = nearest(name, known)
    return f": did you mean {close}?" if close else ""


def _dangling(catalog: Catalog, rows: dict[str, dict[str, Row]]) -> Iterator[CatalogProblem]:
    """Rows that speak of a machine or accelerator the catalog does not have."""
    for kind in ("machine", "topology", "price", "throughput"):
        for row in rows.get(kind, {}).values():
            for what, name, allowed in _references(catalog, kind, row):
                if name not in allowed:
                    assert row.document is not None
                    hint = _did_you_mean(name, allowed)
                    message = f"{row.key}: the catalog has no {what} {name}{hint}"
                    yield _problem(row.document, row.path, True, message)


def _references(catalog: Catalog, kind: str, row: Row) -> Iterator[tuple[str, str, list[str]]]:
    parts: dict[str, Any] = key_fields(row.file, row.key)
    if kind == "machine" and "accelerator" in row.data:
        yield "accelerator", row.data["accelerator"], catalog.names("accelerator")
    elif kind == "throughput":
        yield "accelerator", parts["accelerator"], catalog.names("accelerator")
    elif kind == "topology":
        yield "accelerator", parts["generation"], catalog.names("accelerator")
        yield "machine", parts["machine"], catalog.names("machine")
    elif kind == "price":
        yield "accelerator, machine or disk", parts["item"], _priced(catalog)


def _priced(catalog: Catalog) -> list[str]:
    """What a price row can be of: rows, series of machines, disks, and two that stand alone."""
    machines = [row.data for row in catalog.rows("machine")]
    series = [data["series"] for data in machines if "series" in data]
    disks = [disk for data in machines for disk in data.get("boot_disks", ())]
    others = ["forwarding-rules", "gke-cluster"]
    names = [*catalog.names("accelerator"), *catalog.names("machine"), *series, *disks, *others]
    return list(dict.fromkeys(names))
