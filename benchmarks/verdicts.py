"""How often the schema engine says what a real API server said.

    python -m benchmarks.verdicts [--kinds native|custom] [--half a|b] [--list N] [FILTER]

compares with the recorded verdicts in `../shared/verdicts` (or $STACKGEN_SHARED/verdicts) and
prints agreement overall, by kind and by category, then the disagreements whose kind, category or
id holds FILTER. `--half` takes one half of the cases, by a hash of their id.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import lzma
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stackgen.manifest.yaml_in import parse
from stackgen.schema.condense import condense, to_text
from stackgen.schema.engine import validate
from stackgen.schema.importer import load
from stackgen.schema.problem import Problem
from stackgen.schema.store import SchemaCatalog

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCES = os.path.join(ROOT, "tools", "schemas", "sources.tsv")
SETS = {
    "create.jsonl.xz": "",
    "update.jsonl.xz": "",
    "llminferenceservice-kserve-v0.15.jsonl.xz": "kserve-odh-0.15",
}
NATIVE_SUFFIX = (".k8s.io",)
CUSTOM_K8S = ("gateway.networking.k8s.io", "inference.networking.k8s.io")
HARD = ("unknown-field", "wrong-type", "missing-required", "enum", "duplicate")


@dataclass(frozen=True)
class Case:
    """One recorded request. accepted: what the server said; problems: what we say."""

    name: str
    kind: str
    group_version: str
    category: str
    mutation: str
    accepted: bool
    message: str
    problems: tuple[Problem, ...]

    @property
    def agrees(self) -> bool:
        return self.accepted == (not self.problems)


def folder() -> str:
    """Where the recorded verdicts are."""
    shared = os.environ.get("STACKGEN_SHARED") or os.path.join(os.path.dirname(ROOT), "shared")
    return os.path.join(shared, "verdicts")


def documents(row: dict[str, Any]) -> Iterator[tuple[Any, bool]]:
    """The documents of a request and whether their text could be read without an error."""
    raw = row.get("raw")
    if not isinstance(raw, str):
        yield row["manifest"], True
        return
    for document in parse(raw, "raw"):
        yield document.data, not document.problems


def judge(row: dict[str, Any], schemas: SchemaCatalog) -> list[Problem]:
    """Our problems with one request."""
    found: list[Problem] = []
    for data, readable in documents(row):
        if not readable:
            found.append(Problem("yaml", (), "the text has an error of YAML"))
        previous = row.get("old_manifest")
        found += validate(data, catalog=schemas, previous=previous)
    return found


def half_of(name: str) -> str:
    """`a` or `b`: develop on one half, measure on the other."""
    return "ab"[hashlib.sha256(name.encode()).digest()[0] & 1]


def is_native(group_version: str) -> bool:
    """A kind that is built into the server."""
    group, slash, _ = group_version.rpartition("/")
    if not slash or "." not in group:
        return True
    return group.endswith(NATIVE_SUFFIX) and group not in CUSTOM_K8S


def cases(half: str = "", only: str = "", text: str = "") -> Iterator[Case]:
    """Every recorded case, judged."""
    with tempfile.TemporaryDirectory() as replaced:
        _write_replaced(replaced)
        yield from _judged(replaced, half, only, text)


def _judged(replaced: str, half: str, only: str, text: str) -> Iterator[Case]:
    for name, label in SETS.items():
        schemas = SchemaCatalog(() if label else (replaced,), (label,) if label else ())
        path = os.path.join(folder(), name)
        manifests = _manifests() if label else {}
        with lzma.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                if "manifest" not in row:
                    row = {**manifests.get(row["id"], {}), **row}
                if half and half_of(row["id"]) != half:
                    continue
                if only and (only == "native") != is_native(row["group_version"]):
                    continue
                if text not in f"{row['kind']} {row['category']} {row['id']}":
                    continue
                yield Case(
                    row["id"], row["kind"], row["group_version"],
                    f"{row['category']}" + (f" ({label})" if label else ""), str(row["mutation"]),
                    row["accepted"], row.get("message") or "", tuple(judge(row, schemas)),
                )  # fmt: skip


def _write_replaced(target: str) -> None:
    """Schemas of the definitions that the server had and stackgen ships in a newer version.

    `python -m tools.verdicts.record` records the answers to the newer ones.
    """
    definitions = os.path.join(os.path.dirname(folder()), "crds")
    with open(SOURCES, encoding="utf-8", newline="") as file:
        shipped = {row["definition"] for row in csv.DictReader(file, delimiter="\t")}
    restated = load()
    for name in sorted(os.listdir(definitions)):
        stem, dot, _ = name.rpartition(".json")
        if not dot or name in shipped or f"{stem}.yaml" not in shipped:
            continue
        with open(os.path.join(definitions, name), encoding="utf-8") as file:
            made = [one for one in condense(json.load(file), restated) if one.served]
        for one in made:
            os.makedirs(os.path.join(target, one.group), exist_ok=True)
            path = os.path.join(target, one.group, f"{one.kind.lower()}_{one.version}.json")
            with open(path, "w", encoding="utf-8") as schema:
                schema.write(to_text(one.schema))


def _manifests() -> dict[str, Any]:
    with lzma.open(os.path.join(folder(), "create.jsonl.xz"), "rt", encoding="utf-8") as file:
        rows = (json.loads(line) for line in file)
        return {row["id"]: row for row in rows if row["kind"].startswith("LLMInference")}


def _table(title: str, all_of: Counter[str], agreed: Counter[str]) -> None:
    print(f"\n{title}")
    for key in sorted(all_of, key=lambda k: (agreed[k] / all_of[k], k)):
        share = 100 * agreed[key] / all_of[key]
        print(f"  {share:6.2f}%  {agreed[key]:6} of {all_of[key]:6}  {key}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("a", "b"), default="")
    parser.add_argument("--kinds", choices=("native", "custom"), default="")
    parser.add_argument("--list", type=int, default=20, help="how many disagreements to print")
    parser.add_argument("filter", nargs="?", default="")
    options = parser.parse_args(arguments)
    if not os.path.isdir(folder()):
        print(f"no recorded verdicts in {folder()}", file=sys.stderr)
        return 2
    total: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    kinds: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    categories: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    wrong: list[Case] = []
    for case in cases(options.half, options.kinds, options.filter):
        for key in ("all", "native" if is_native(case.group_version) else "custom"):
            total[key] += 1
            agreed[key] += case.agrees
        for table, key in (
            (kinds, f"{case.kind}.{case.group_version}"),
            (categories, case.category),
        ):
            table[0][key] += 1
            table[1][key] += case.agrees
        if not case.agrees:
            wrong.append(case)
    _table("agreement", total, agreed)
    _table("by kind", *kinds)
    _table("by category", *categories)
    accepts = [c for c in wrong if not c.accepted]
    hard = [c for c in accepts if c.category.startswith(HARD)]
    print(
        f"\nfalse accepts {len(accepts)} (of the hard categories {len(hard)}), "
        f"false refusals {len(wrong) - len(accepts)}"
    )
    for case in wrong[: options.list]:
        verdict = "accepts" if case.accepted else "refuses"
        print(f"\n{case.name} {case.kind} {case.group_version} {case.category}: {case.mutation}")
        print(f"  server {verdict}: {case.message[:400]}")
        for problem in case.problems[:4]:
            print(f"  we: {problem.rule} {problem.path} {problem.message[:200]}")
    return 0 if not wrong else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
