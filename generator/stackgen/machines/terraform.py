"""Cluster and node pools as a Terraform file in JSON, for the google provider."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from stackgen.escape import json_text, terraform
from stackgen.machines.fields import fields_of
from stackgen.manifest.resource import Resource

# The oldest version whose schema is known to have all that is written here.
PROVIDER = {"source": "hashicorp/google", "version": "~> 7.45"}


def document(cluster: Resource, pools: Sequence[Resource], project: str) -> str:
    """The text of the file. Raises UsageError for a field that has no attribute."""
    first = {
        "name": terraform(cluster.name),
        "project": terraform(project),
        "remove_default_node_pool": True,
        "deletion_protection": True,
        **_attributes(cluster),
        # The account is for the first node pool, which is removed; then it shows another pool's.
        "lifecycle": {"ignore_changes": ["node_config"]},
    }
    name = f"${{google_container_cluster.{identifier(cluster.name)}.name}}"
    resource = {
        "google_container_cluster": {identifier(cluster.name): first},
        "google_container_node_pool": {
            identifier(pool.name): {
                "name": terraform(pool.name),
                "project": terraform(project),
                **_attributes(pool),
                "cluster": name,
                # The autoscaler changes it, and Terraform would replace the pool.
                "lifecycle": {"ignore_changes": ["initial_node_count"]},
            }
            for pool in pools
        },
    }
    settings = {"required_version": ">= 1.5", "required_providers": {"google": PROVIDER}}
    return json_text({"terraform": settings, "resource": resource}) + "\n"


def identifier(name: str) -> str:
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
    """A value of the user's: a text, number or list, or labels, whose keys are the user's too."""
    if isinstance(value, list):
        return [_block(item) if isinstance(item, dict) else _value(item) for item in value]
    if isinstance(value, dict):
        return {terraform(key): _value(item) for key, item in value.items()}
    return terraform(value) if isinstance(value, str) else value


def _block(item: dict[str, Any]) -> dict[str, Any]:
    """An item of a list of objects. It is a block, and so are the objects in it."""
    return {
        _snake(key): _block(value) if isinstance(value, dict) else _value(value)
        for key, value in item.items()
    }


def _snake(name: str) -> str:
    return re.sub("([A-Z])", r"_\1", name).lower()
