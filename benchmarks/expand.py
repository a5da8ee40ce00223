"""How often `stackgen expand` says what a real controller made, object by object.

    python -m benchmarks.expand --recording FILE [--release ROW] [--case NAME] [--list N]
    python -m benchmarks.expand --cluster CONTEXT --release ROW [--namespace NS] [--save FILE]
    python -m benchmarks.expand --recording FILE --facts FILE

A recording is JSON lines, also compressed with xz: `release`, `case`, `input` (YAML text) and
`objects` (what the controller made). `--cluster` reads one with kubectl: each service, the configs
and accounts beside it, and the objects that it owns; `--save` writes it. Secrets are read without
their values. `--facts` writes names, kinds, ports, labels and hashes of an answer, and no text of
others.

An object counts as equal when the two differ in nothing but what the API server fills in or
computes. A start script of a preset is compared by its hash and by the commands that follow it.
"""

from __future__ import annotations

import argparse
import json
import lzma
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.cluster import recorded
from benchmarks.equality import differences, identity, like
from benchmarks.facts import facts
from stackgen.catalog.load import Catalog
from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from stackgen.platforms.registry import predictions

ROWS = {
    "release-v0.15": "llm-d-infra-xks-0.15",
    "odh-v3.5": "odh-3.5",
    "kserve-v0.20.0": "kserve-0.20",
}
"""The row of a release that a recording names by the version of its source."""


@dataclass(frozen=True)
class Compared:
    """One case. created, predicted: numbers of objects. equal: of those made and predicted alike.

    missing: created and not predicted; extra: predicted and not created. fields: what differs, by
    object.
    """

    case: str
    created: int
    predicted: int
    equal: int
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    fields: dict[str, tuple[str, ...]]


def rows_of(path: str) -> Iterator[dict[str, Any]]:
    """The cases of a recording."""
    opener = lzma.open if path.endswith(".xz") else open
    with opener(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def predicted(text: str, release: str, known: Catalog) -> list[dict[str, Any]]:
    """What the controllers of `release` make of the services in the YAML `text`."""
    documents = (d for d in parse(text, "input") if isinstance(d.data, dict))
    bundle = Bundle(tuple(Resource(d.data, "input", document=d) for d in documents))
    row = known.release(release)
    if row is None:
        raise SystemExit(f"no release row {release!r}")
    prediction = predictions()[str(row.data["platform"])]
    predict = prediction.objects(bundle, row)
    services = [r for r in bundle.objects if (r.group, r.kind) in prediction.services]
    return [data for service in services for data in predict(service).objects]


def compare(case: str, made: Iterable[dict[str, Any]], ours: Iterable[dict[str, Any]]) -> Compared:
    """The objects that a controller made, against those that were predicted."""
    real, mine = ({identity(o): o for o in objects} for objects in (made, ours))
    fields = {
        key: tuple(differences(like(mine[key]), like(real[key], mine[key])))
        for key in real.keys() & mine.keys()
    }
    return Compared(
        case, len(real), len(mine), sum(not found for found in fields.values()),
        tuple(sorted(real.keys() - mine.keys())), tuple(sorted(mine.keys() - real.keys())),
        {key: found for key, found in sorted(fields.items()) if found},
    )  # fmt: skip


def report(results: list[Compared], shown: int) -> Iterator[str]:
    """The counts, then what is missing, what is too much, and the fields that differ most."""
    total = sum(r.created for r in results)
    equal = sum(r.equal for r in results)
    yield (
        f"created {total}, predicted {sum(r.predicted for r in results)}, "
        f"equal but for API defaults {equal} ({equal / total:.1%})"
        if total
        else "nothing was created"
    )
    for title, names in (("missing", "missing"), ("predicted and not created", "extra")):
        found = [f"{r.case}: {name}" for r in results for name in getattr(r, names)]
        yield f"{title}: {len(found)}"
        yield from (f"  {line}" for line in found[:shown])
    count: Counter[str] = Counter()
    example: dict[str, str] = {}
    for result in results:
        for key, fields in result.fields.items():
            kind = key.split("/")[0]
            for field in fields:
                path, _, detail = field.partition(": ")
                count[f"{kind} {path}"] += 1
                example.setdefault(f"{kind} {path}", f"{result.case}: {detail}")
    yield f"fields that differ: {len(count)}"
    for name, times in count.most_common(shown):
        yield f"  {times:4} {name}\n         {example[name][:300]}"


def main(argv: list[str] | None = None) -> int:
    """Compares, prints, and returns 0 when every object is equal, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--recording", metavar="FILE")
    source.add_argument("--cluster", metavar="CONTEXT")
    parser.add_argument("--release", default="", metavar="ROW")
    parser.add_argument("--namespace", default="", metavar="NS")
    parser.add_argument("--save", default="", metavar="FILE")
    parser.add_argument("--facts", default="", metavar="FILE")
    parser.add_argument("--case", default="")
    parser.add_argument("--list", type=int, default=25, metavar="N")
    options = parser.parse_args(argv)
    if options.cluster and not options.release:
        parser.error("--cluster needs --release, the row of the controller in that cluster")
    if options.cluster:
        rows: Iterable[dict[str, Any]] = recorded(
            options.cluster, options.release, options.namespace
        )
    else:
        rows = rows_of(options.recording)
    rows = list(rows)
    if options.save:
        with open(options.save, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    known, results, told = Catalog(), [], []
    for row in rows:
        if options.case and options.case not in row["case"]:
            continue
        named = str(row["release"])
        release = options.release or ROWS.get(named.partition("@")[0], named)
        ours = predicted(row["input"], release, known)
        results.append(compare(row["case"], row["objects"], ours))
        told.append({"case": row["case"], "objects": facts(row["objects"], ours)})
    if options.facts:
        with open(options.facts, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(case, sort_keys=True) + "\n" for case in told)
    print("\n".join(report(results, options.list)))
    return 0 if all(not (r.missing or r.extra or r.fields) for r in results) else 1


if __name__ == "__main__":
    sys.exit(main())
