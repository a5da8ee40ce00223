"""What GKE knows of StorageClasses: storage_classes.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from stackgen.manifest.shipped import shipped


@cache
def _file() -> Mapping[str, Any]:
    found: Mapping[str, Any] = shipped(__file__, "storage_classes.yaml")
    return found


def disk_of(name: str) -> str:
    """The type of the disks of a class that GKE makes; "" for other classes."""
    return str(_file()["classes"].get(name, ""))


def is_disk(provisioner: str) -> bool:
    """Whether a driver makes disks, which one node at a time may write."""
    return provisioner in _file()["disks"]
