"""The pinned sources of the release rows that stacks are rendered for: charts and repositories.

STACKGEN_SOURCES names a folder with a folder for each, by the key of the row under `sources`:
`charts`, `kserve`, `llm_d_router` and `gateway_api` (the repositories at the pinned commits),
`trust_manager`, `external_secrets`, `cert_manager`, `istiod` and others (the charts), and
`gke_gateway_api`, which no row pins. Without it they are fetched from where the row, or OTHERS,
says. Where two rows have a key, the first one's is meant.
"""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path
from typing import Any

from stackgen.catalog.load import Catalog
from tests.integration.programs import CACHE, program

RELEASES = ("llm-d-infra-xks-0.15", "llm-d-0.9", "kserve-0.21")
SECONDS = 120
# Repositories with definitions of kinds that GKE installs. No Go module of them can be had.
OTHERS: dict[str, dict[str, Any]] = {
    "gke_gateway_api": {
        "url": "https://github.com/GoogleCloudPlatform/gke-gateway-api",
        "commit": "fc40d606a5332f11a8883f85caff66b63c4e88ef",
    },
}


@functools.cache
def found(key: str) -> Path | None:
    """The folder of a source, or None where it cannot be had."""
    given = os.environ.get("STACKGEN_SOURCES")
    if given:
        folder = Path(given) / key
        return folder if folder.is_dir() else None
    source = OTHERS[key] if key in OTHERS else sources_of_row()[key]
    return _chart(key, source) if "chart" in source else _repository(key, source)


def key_of(address: str) -> str:
    """The key of the source with this address: of a repository, or of a chart in a registry."""
    plain = address.removeprefix("oci://")
    for key, row in sources_of_row().items():
        if plain in (row.get("url"), f"{row.get('registry')}/{row.get('chart')}"):
            return key
    raise LookupError(f"{address} is no source of {' or '.join(RELEASES)}")


def sources_of_row() -> dict[str, dict[str, Any]]:
    """The sections `sources` of the release rows."""
    return _of_rows("sources")


def charts() -> dict[str, dict[str, Any]]:
    """The sections `charts` of the release rows."""
    return _of_rows("charts")


def pods() -> dict[str, dict[str, Any]]:
    """The sections `pods` of the release rows."""
    return _of_rows("pods")


@functools.cache
def _of_rows(section: str) -> dict[str, dict[str, Any]]:
    rows = [Catalog().release(name) for name in reversed(RELEASES)]
    return {k: v for row in rows if row is not None for k, v in row.data[section].items()}


def _repository(key: str, row: dict[str, Any]) -> Path | None:
    target = CACHE / "sources" / f"{key}-{row['commit']}"
    if not (target / ".git" / "HEAD").exists():
        commands = (
            ["init", "-q", str(target)],
            ["-C", str(target), "fetch", "-q", "--depth", "1", row["url"], row["commit"]],
            ["-C", str(target), "checkout", "-q", "FETCH_HEAD"],
        )
        if not all(_done(["git", *command]) for command in commands):
            return None
    return target


def _chart(key: str, row: dict[str, Any]) -> Path | None:
    target = CACHE / "sources" / f"{key}-{row['version']}"
    if not target.is_dir():
        chart = f"oci://{row['registry']}/{row['chart']}"
        options = ["--version", str(row["version"]), "--untar", "--untardir", str(target)]
        if not _done([str(program("helm")), "pull", chart, *options]):
            return None
    return target / str(row["chart"])


def _done(command: list[str]) -> bool:
    try:
        return (
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=False).returncode
            == 0
        )
    except subprocess.TimeoutExpired:
        return False
