"""What the blocks of Terraform files make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.machines import grants, helm_installs
from stackgen.machines.objects import (
    GKE,
    Value,
    binding,
    fields,
    install,
    made_object,
    of_service,
    table,
)
from stackgen.manifest import terraform
from stackgen.manifest.document import Path, Source
from stackgen.manifest.resource import Resource

_BLOCKS = {
    "google_container_node_pool": ("ContainerNodePool", "pool"),
    "google_container_cluster": ("ContainerCluster", "cluster"),
}


def of_block(block: terraform.Block, source: Source) -> Iterator[Resource]:
    """The objects that a block makes."""
    kind = block.labels[0] if block.type == "resource" and len(block.labels) == 2 else ""
    name = block.find("name")
    if block.type == "module" and block.labels:
        # What it makes is not known, but its file says more than its objects do.
        yield made_object(source, "terraform/v1", "Module", block.labels[0], block.mark, ())
    elif kind == "helm_release":
        yield from install(source, helm_installs.of_block(block), block.mark)
    elif kind in _BLOCKS:
        called = str(name.value) if name is not None else block.labels[1]
        made, rows = _BLOCKS[kind]
        if made == "ContainerNodePool" and (name is None or "${" in called):
            called = f"{kind}.{block.labels[1]}"
        yield made_object(source, GKE, made, called, block.mark, _attributes(block, rows))
    elif kind in table()["blocks"]:
        service, made = table()["blocks"][kind]
        called = f"{kind}.{block.labels[1]}"
        yield made_object(source, of_service(service), made, called, block.mark, _plain(block))
    else:
        yield from (binding(source, grant) for grant in grants.of_block(block))


def _attributes(block: terraform.Block, rows: str) -> Iterator[Value]:
    ignored = block.find("lifecycle", "ignore_changes")
    if ignored is not None:
        yield Value(("lifecycle",), str(ignored.value), ignored.mark)
    for path, row in fields(rows).items():
        steps: Path = tuple(path.split("."))
        names = row["terraform"].split(".")
        found = block.find(*names)
        if found is not None:
            yield Value(steps, found.value, found.mark)
        elif row.get("gcloud") and {"items", "keys", "each"} & row.keys():
            outer = [b for b in block.blocks if [b.type] == names[:-1]]
            inner = [b for o in outer for b in o.blocks if b.type == names[-1]]
            if inner:
                yield Value(steps, [*map(_item, inner)], inner[0].mark)


def _item(block: terraform.Block) -> dict[str, Any]:
    """The attributes of a block, and its blocks as objects."""
    own = {camel(key): attribute.value for key, attribute in block.attributes.items()}
    return {**{camel(inner.type): _item(inner) for inner in block.blocks}, **own}


def _plain(block: terraform.Block) -> Iterator[Value]:
    """All attributes, and blocks of one type as a list."""
    for name, attribute in block.attributes.items():
        yield Value((camel(name),), attribute.value, attribute.mark)
    for type_ in dict.fromkeys(inner.type for inner in block.blocks):
        inside = [inner for inner in block.blocks if inner.type == type_]
        yield Value((camel(type_),), [*map(_item, inside)], inside[0].mark)


def camel(name: str) -> str:
    """`nodeCount` for `node_count`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
