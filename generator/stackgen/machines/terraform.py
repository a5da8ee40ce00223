"""Cluster and node pools as a Terraform file in JSON, for the google provider."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from stackgen.escape import json_text, terraform
from stackgen.machines.fields import fields_of
from stackgen.manifest.resource import Resource

PROVIDER = {"source": "hashicorp/google", "version": "~> 7.0"}


def document(cluster: Resource, pools: Sequence[Resource], project: str) -> str:
    """The text of the file. Raises UsageError for a field that has no attribute."""
    first = {
        "name": terraform(cluster.name),
        "project": terraform(project),
        "remove_default_node_pool": True,
        "deletion_protection": True,
        **_attributes(cluster),
    }
    name = f"${{google_container_cluster.{_id(cluster.name)}.name}}"
    resource = {
        "google_container_cluster": {_id(cluster.name): first},
        "google_container_node_pool": {
            _id(pool.name): {
                "name": terraform(pool.name),
                "project": terraform(project),
                **_attributes(pool),
                "cluster": name,
                # The autoscaler changes it, and a change would make the pool anew.
                "lifecycle": {"ignore_changes": ["initial_node_count"]},
            }
            for pool in pools
        },
    }
    settings = {"required_version": ">= 1.5", "required_providers": {"google": PROVIDER}}
    return json_text({"terraform": settings, "resource": resource}) + "\n"


def _id(name: str) -> str:
    """A Terraform name for an object's: it may begin with no digit."""
    word = re.sub("[^A-Za-z0-9_-]", "_", name)
    return word if word[:1].isalpha() else f"_{word}"


def _attributes(resource: Resource) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _, value, row in fields_of(resource):
        here = found
        *blocks, last = row["terraform"].split(".")
        for block in blocks:
            here = here.setdefault(block, {})
        here[last] = _value(value)
    return found


def _value(value: Any) -> Any:
    """The value with Terraform's own marks escaped, and the keys of blocks as it writes them."""
    if isinstance(value, list):
        return [
            {_snake(k): _value(v) for k, v in item.items()}
            if isinstance(item, dict)
            else _value(item)
            for item in value
        ]
    if isinstance(value, dict):
        # Labels, whose keys are the user's own.
        return {terraform(key): _value(item) for key, item in value.items()}
    if isinstance(value, str):
        return terraform(value)
    return value


def _snake(name: str) -> str:
    return re.sub("([A-Z])", r"_\1", name).lower()
