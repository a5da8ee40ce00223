"""A query for a metric that no program exports, or not the version that runs here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.checks.serving.monitoring.exporter_names import misspelled_name
from stackgen.checks.serving.program_versions import versions
from stackgen.escape import visible
from stackgen.facts.metric_rows import bound, declared, row_has
from stackgen.facts.queries import all_queries, recorded
from stackgen.findings.model import Place, Violations, violation
from stackgen.spelling import close, nearest

# The levels of series that rules of kube-prometheus record, beside those of the input.
_MIXINS = frozenset({"cluster", "instance", "namespace", "node", "node_namespace_pod_container"})
PARTS = ("_bucket", "_sum", "_count")


def check(context: Context) -> Violations:
    """One finding for each name of a known program that this program does not have."""
    rows = _rows(context.catalog.copy())
    scraped: dict[str, set[str]] = {}
    objects = context.bundle.objects
    own: dict[str, tuple[str, ...]] | None = None
    for query in all_queries(context.bundle):
        for name in query.names:
            row = next((r for r in rows if name.startswith(tuple(r.data["prefixes"]))), None)
            if row is None:
                own = recorded(objects) if own is None and ":" in name else own
                meant = _record(name, own or {}, context)
                wrong = "" if query.renamed else misspelled_name(name)
                if wrong and name not in recorded(objects):
                    yield violation(wrong, Place(query.resource, query.path))
                if meant:
                    message = f'no rule records {visible(name)}; did you mean "{meant}"?'
                    yield violation(message, Place(query.resource, query.path))
                continue
            instead = row.data.get("instead", {}).get(name)
            # An adapter gives names of its own, and only a colon says that it did not.
            if query.renamed and ":" not in name and instead is None:
                continue
            own = recorded(objects) if own is None else own
            if name in own:
                continue
            place = Place(query.resource, query.path)
            if row.key not in scraped:
                scraped[row.key] = _scraped(row)
            if name not in scraped[row.key]:
                message = f"no {row.key} exports {visible(name)}{_hint(row, name, instead)}"
                yield violation(message, place)
            elif not query.alternatives:
                for said in _by_version(context, row, name):
                    yield violation(said, place)


def _record(name: str, own: Mapping[str, object], context: Context) -> str:
    """The series of a recording rule that is meant by a name like it."""
    if ":" not in name or name in own:
        return ""
    read = {one for query in all_queries(context.bundle) for one in query.names}
    series = [one for one in own if ":" in one and one.partition(":")[0] not in _MIXINS]
    meant = close(name, [one for one in own if ":" in one and one not in read])
    # Other rules may record series of other levels.
    first, level = name.partition(":")[0], name.rpartition(":")[0]
    meant = meant or close(name, [one for one in series if one.partition(":")[0] == first])
    meant = meant or next((one for one in series if _alike(name, one)), "")
    siblings = [one for one in series if ":" in level and one.rpartition(":")[0] == level]
    return meant or (siblings[0] if siblings else "")


def _alike(name: str, other: str) -> bool:
    """Whether two series differ in the metric only, of which one begins as the other."""
    one, two = name.split(":"), other.split(":")
    if len(one) != 3 or len(two) != 3 or (one[0], one[2]) != (two[0], two[2]):
        return False
    return one[1].startswith(f"{two[1]}_") or two[1].startswith(f"{one[1]}_")


def _by_version(context: Context, row: Row, name: str) -> Iterator[str]:
    """What is wrong when no version of the program that runs here has the name."""
    plain = _plain(row, name)
    here = versions(context, row.key)
    if not here or any(row_has(row, plain, version) for version in here):
        return
    since, until = (bound(row, field, plain) for field in ("since", "until"))
    shown = " and ".join(".".join(map(str, version)) for version in sorted(here))
    bounds = [f"since {since}"] if since else []
    bounds += [f"before {until}"] if until else []
    instead = row.data.get("instead", {}).get(plain)
    hint = f'; did you mean "{instead}{name.removeprefix(plain)}"?' if instead else ""
    exported = f"versions {' and '.join(bounds)} do{hint}"
    yield f"{row.key} {shown} does not export {visible(name)}; {exported}"


def _plain(row: Row, name: str) -> str:
    """The name as the program declares it, of a name that a scrape contains."""
    for part in PARTS:
        if name.endswith(part) and name.removesuffix(part) in row.data.get("histograms", ()):
            return name.removesuffix(part)
    known = row.data.get("counters", ())
    return name.removesuffix("_total") if name not in known else name


def _rows(catalog: Catalog) -> list[Row]:
    found = (catalog.row("metrics", name) for name in catalog.names("metrics"))
    return [row for row in found if row is not None]


def _scraped(row: Row) -> set[str]:
    """The names that a scrape of the program contains."""
    counters = row.data.get("counters", ())
    names = {one if one.endswith("_total") else f"{one}_total" for one in counters}
    names |= set(row.data.get("gauges", ()))
    return names | {one + part for one in row.data.get("histograms", ()) for part in PARTS}


def _hint(row: Row, name: str, instead: str | None) -> str:
    histograms = row.data.get("histograms", ())
    if name in histograms:
        return f"; it is a histogram, with {', '.join(name + part for part in PARTS)}"
    if name in row.data.get("counters", ()):
        return f'; did you mean "{name}_total"?'
    part = next((p for p in PARTS if name.endswith(p)), "")
    found = instead or nearest(name.removesuffix(part), list(declared(row)))
    return f'; did you mean "{found}{part if found in histograms else ""}"?' if found else ""
