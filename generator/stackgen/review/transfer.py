"""What a change does to the transfer of the KV cache from prefill to decode servers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.facts import command_line
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, maps
from stackgen.manifest.resource import Resource
from stackgen.platforms.registry import prediction_of
from stackgen.review.model import Consequence
from stackgen.review.risks import consequence
from stackgen.wording import few

_ROLE, _FLAG = "llm-d.ai/role", "kv-transfer-config"
_PARTS = ((), ("prefill",))  # where a service has the templates of decode and of prefill


def of_transfer(old: Resource, new: Resource) -> Iterator[Consequence]:
    """Servers that go, and servers that differ from those of the other role for a while."""
    if prediction_of(new) is not None and _has_prefill(old) and not _has_prefill(new):
        yield consequence("prefill-removed", "spec.prefill")
    before, after = list(_servers(old)), list(_servers(new))
    changed = [
        name
        for one, other in zip(before, after, strict=False)
        if _FLAG in one and _FLAG in other
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    ]
    if changed:
        what = ["image" if name == "image" else f"--{name}" for name in dict.fromkeys(changed)]
        yield consequence("transfer-mixed", what=few(what))


def of_prefill_removed(old: Resource) -> Iterator[Consequence]:
    """The prefill servers of a model that are an object of their own."""
    if any(template.labels.get(_ROLE) == "prefill" for template in pod_templates(old)):
        yield consequence("prefill-removed")


def _has_prefill(resource: Resource) -> bool:
    return isinstance(resource.get("spec", "prefill"), dict)


def _servers(resource: Resource) -> Iterator[dict[str, Any]]:
    """Of each container: what both roles must have alike, by flag, and the image."""
    if prediction_of(resource) is None:
        pods = [template.spec for template in pod_templates(resource)]
    else:
        pods = [as_dict(resource.get("spec", *part, "template")) for part in _PARTS]
    alike = {flag for row in Catalog().rows("transfer") for flag in row.data["equal"]}
    for pod in pods:
        for _, container in maps(pod.get("containers")):
            line = command_line.read(container.get("command"), container.get("args"), {}, ())
            found: dict[str, Any] = {
                name: flag.value
                for name, flag in line.flags.items()
                if name.partition(".")[0] == _FLAG or name in alike
            }
            yield {**found, "image": container.get("image")}
