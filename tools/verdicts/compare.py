"""Compare stackgen with a real API server on mutants that no run has seen.

    python -m tools.verdicts.compare --crds FOLDER [--number N] [--count N] [FILTER]

N chooses the mutants: another number, other mutants. Prints agreement by kind and the
disagreements. FILTER takes the objects whose name begins with it. Exit code 1 with disagreements.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tools.verdicts import mutants, record, seeds, server

from stackgen.manifest.document import show_path
from stackgen.schema.engine import validate
from stackgen.schema.store import SchemaCatalog


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crds", action="append", default=[], metavar="FOLDER")
    parser.add_argument("--number", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--list", type=int, default=20, help="how many disagreements to print")
    parser.add_argument("filter", nargs="?", default="")
    options = parser.parse_args(arguments)
    bases = {k: v for k, v in seeds.objects().items() if k.startswith(options.filter)}
    schemas = SchemaCatalog((), ())
    total: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    wrong: list[str] = []
    with server.running() as running:
        record.install(running, options.crds)
        for seed in mutants.mutants(bases, options.number, options.count):
            try:
                where = running.collection(seed.manifest["apiVersion"], seed.manifest["kind"])
                said = running.verdict(where, seed.manifest)
            except server.UnclearError as error:
                print(f"{seed.id}: {error}", file=sys.stderr)
                continue
            ours = validate(seed.manifest, catalog=schemas)
            kind = seed.id.partition("/")[0]
            total[kind] += 1
            agreed[kind] += said.accepted == (not ours)
            if said.accepted != (not ours):
                told = "; ".join(f"{show_path(p.path)}: {p.message}" for p in ours)
                place = seeds.show_path(seed.changed)
                wrong.append(f"{seed.id} {place}\n  server: {said.message}\n  stackgen: {told}")
    for kind in sorted(total, key=lambda k: (agreed[k] / total[k], k)):
        print(f"{agreed[kind]:6} of {total[kind]:6}  {kind}")
    print(f"{sum(agreed.values()):6} of {sum(total.values()):6}  all")
    print("\n".join(wrong[: options.list]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
