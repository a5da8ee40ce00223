"""What Flux makes of the Kustomizations that a stack writes for sources of others."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.integration import sources
from tests.integration.programs import program
from tests.integration.rendered import Object, Stack


def flux_build(root: Path, kustomization: Path) -> list[Object]:
    """What Flux would apply for a Kustomization, in its order. root: a copy of the repository."""
    done = subprocess.run(
        [program("fluxbuild"), root, kustomization], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-400:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def of_others(stack: Stack) -> Iterator[tuple[Object, tuple[Object, ...] | None]]:
    """Each Kustomization for a source of others, with its objects, or None without the source."""
    origins = {
        d["metadata"]["name"]: d["spec"]["url"]
        for f, d in stack.files.items()
        if d["kind"] == "GitRepository" and not f.startswith("delivery/")
    }
    for data in stack.files.values():
        if data["kind"] == "Kustomization" and data["spec"]["sourceRef"]["name"] in origins:
            source = sources.key_of(origins[data["spec"]["sourceRef"]["name"]])
            yield data, _built(source, json.dumps(data, sort_keys=True))


@functools.cache
def _built(source: str, kustomization: str) -> tuple[Object, ...] | None:
    folder = sources.found(source)
    if folder is None:
        return None
    data = json.loads(kustomization)
    top = Path(data["spec"]["path"]).parts[0]
    with tempfile.TemporaryDirectory() as work:
        shutil.copytree(folder / top, Path(work) / "root" / top)
        file = Path(work) / "kustomization.yaml"
        file.write_text(yaml.safe_dump(data), encoding="utf-8")
        return tuple(flux_build(Path(work) / "root", file))
