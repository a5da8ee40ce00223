"""Record what a real API server says to the seeds.

    python -m tools.verdicts.record --crds FOLDER

starts kube-apiserver and etcd, installs the CustomResourceDefinitions of FOLDER (JSON or YAML)
whose kinds have seeds, sends every seed and writes `record.tsv` beside this file: the seed's id,
`accept` or `refuse`, and the fields that the server names. What the server says in words, and the
definitions, are not kept.
"""

from __future__ import annotations

import argparse
import glob
import os
import sys
from collections.abc import Iterator
from typing import Any

import yaml
from tools.verdicts import seeds, server

RECORD = os.path.join(seeds.HERE, "record.tsv")


def read() -> dict[str, tuple[bool, tuple[str, ...]]]:
    """The record: by seed id, whether the server accepted it, and the fields it named."""
    found = {}
    with open(RECORD, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#"):
                continue
            seed, verdict, fields = line.rstrip("\n").split("\t")
            found[seed] = (verdict == "accept", tuple(f for f in fields.split(" ") if f))
    return found


def definitions(folder: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The definitions in the files of a folder, by group and kind; of two, the later file's."""
    found = {}
    for path in sorted(
        glob.glob(os.path.join(folder, "*.json")) + glob.glob(os.path.join(folder, "*.y*ml"))
    ):
        with open(path, encoding="utf-8") as file:
            for data in yaml.safe_load_all(file):
                if isinstance(data, dict) and data.get("kind") == "CustomResourceDefinition":
                    found[data["spec"]["group"], data["spec"]["names"]["kind"]] = data
    return found


def install(running: server.Server, folders: list[str]) -> None:
    """Install the definitions of the kinds that seeds are of."""
    known: dict[tuple[str, str], dict[str, Any]] = {}
    for folder in folders:
        known.update(definitions(folder))
    wanted = {(b["apiVersion"].rpartition("/")[0], b["kind"]) for b in seeds.objects().values()}
    for key in sorted(wanted & set(known)):
        running.install(known[key])


def verdicts(running: server.Server) -> Iterator[str]:
    """The lines of the record."""
    for seed in seeds.seeds():
        try:
            where = running.collection(seed.manifest["apiVersion"], seed.manifest["kind"])
            said = running.verdict(where, seed.manifest)
        except server.UnclearError as error:
            print(f"{seed.id}: {error}", file=sys.stderr)
            continue
        fields = " ".join(field.replace(" ", "_") for field in said.fields)
        yield f"{seed.id}\t{'accept' if said.accepted else 'refuse'}\t{fields}\n"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crds", action="append", default=[], metavar="FOLDER")
    options = parser.parse_args(arguments)
    with server.running() as running:
        install(running, options.crds)
        lines = list(verdicts(running))
    with open(RECORD, "w", encoding="utf-8", newline="") as file:
        file.write(f"# kube-apiserver {server.version()}\n")
        file.writelines(lines)
    print(f"{len(lines)} verdicts")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
