"""The objects that stand for what a script or a Terraform file makes, and their places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from stackgen.machines import grants, helm_installs
from stackgen.machines.fields import tables
from stackgen.manifest.document import Document, Mark, Marks, Path, Source
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.record import record

GKE = "container.cnrm.cloud.google.com/v1beta1"


@record
class Value:
    """A value of an object, and where it is written. path: in its `spec`."""

    path: Path
    value: Any
    mark: Mark


def of_service(name: str) -> str:
    """The version of the kinds of a service in Config Connector, such as `compute`."""
    return f"{name}.cnrm.cloud.google.com/v1beta1"


def install(source: Source, installed: Any, mark: Mark) -> Iterator[Resource]:
    """The installation of a chart, as `helm_installs` gives it; none for None."""
    if installed is not None:
        name, space, spec = installed
        values = [Value((key,), value, mark) for key, value in spec.items()]
        kind, version = helm_installs.KIND, helm_installs.VERSION
        yield made_object(source, version, kind, name, mark, values, space)


def binding(source: Source, grant: grants.Grant) -> Resource:
    """The binding of a role to a member."""
    values = [
        Value(("resourceRef", "external"), grant.target, grant.mark),
        Value(("role",), grant.role, grant.mark),
        Value(("member",), grant.member, grant.mark),
    ]
    if grant.kind:
        values.insert(0, Value(("resourceRef", "kind"), grant.kind, grant.mark))
    version = "iam.cnrm.cloud.google.com/v1beta1"
    return made_object(source, version, "IAMPolicyMember", grant.member, grant.mark, values)


def made_object(
    source: Source,
    version: str,
    kind: str,
    name: str,
    mark: Mark,
    values: Iterable[Value],
    namespace: str = "",
    **more: Any,
) -> Resource:
    """An object with these values in its `spec`, and `more` beside it."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    spec: dict[str, Any] = {}
    marks: dict[Path, Mark] = {(): mark}
    for one in values:
        here = spec
        *outer, last = map(str, one.path)
        for step in outer:
            here = here.setdefault(step, {})
        here[last] = one.value
        marks["spec", *one.path] = one.mark
    data = {"apiVersion": version, "kind": kind, "metadata": metadata, **more}
    if spec:
        data["spec"] = spec
    document = Document(source, 0, mark.line, data, given=Marks(marks, marks))
    return Resource(data, source.name, document=document)


@cache
def fields(kind: str) -> dict[str, Any]:
    """The fields of fields.yaml, and those that are only read. kind: `pool` or `cluster`."""
    return {**tables()[kind], **table()["fields"][kind]}


@cache
def table() -> Mapping[str, Any]:
    """The data of commands.yaml."""
    found: Mapping[str, Any] = shipped(__file__, "commands.yaml")
    return found
