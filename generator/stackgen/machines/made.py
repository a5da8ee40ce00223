"""What setup scripts and Terraform files make, as the objects that Config Connector has for it.

A lint of manifests counts on these objects: node pools, Secrets, and who may act for a Google
service account. They are no manifests, so nothing but their meaning is judged.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from stackgen.machines import grants, helm_installs, waits
from stackgen.machines.fields import tables
from stackgen.machines.requests import models_asked, uploaded
from stackgen.machines.terraform_variables import variables_of
from stackgen.manifest import shell, terraform
from stackgen.manifest.document import Document, Mark, Marks, Path, Source
from stackgen.manifest.resource import Resource
from stackgen.manifest.shipped import shipped
from stackgen.record import record

_GKE = "container.cnrm.cloud.google.com/v1beta1"
_CREATED = {
    "node-pools": ("ContainerNodePool", "pool"),
    "clusters": ("ContainerCluster", "cluster"),
}
_BLOCKS = {
    "google_container_node_pool": ("ContainerNodePool", "pool"),
    "google_container_cluster": ("ContainerCluster", "cluster"),
}
# Blocks whose attributes are read as they are, in the words of Config Connector.
_PLAIN_BLOCKS = {
    "google_compute_subnetwork": ("compute", "ComputeSubnetwork"),
    "google_compute_firewall": ("compute", "ComputeFirewall"),
    "google_compute_network": ("compute", "ComputeNetwork"),
    "google_compute_address": ("compute", "ComputeAddress"),
    "google_compute_global_address": ("compute", "ComputeAddress"),
    "google_compute_security_policy": ("compute", "ComputeSecurityPolicy"),
    "google_compute_region_security_policy": ("compute", "ComputeSecurityPolicy"),
    "google_compute_ssl_policy": ("compute", "ComputeSSLPolicy"),
    "google_compute_region_ssl_policy": ("compute", "ComputeSSLPolicy"),
    "google_certificate_manager_certificate_map": (
        "certificatemanager", "CertificateManagerCertificateMap",
    ),
    "google_compute_router_nat": ("compute", "ComputeRouterNAT"),
    "google_compute_reservation": ("compute", "ComputeReservation"),
    "google_storage_bucket": ("storage", "StorageBucket"),
    "google_service_account": ("iam", "IAMServiceAccount"),
    "google_artifact_registry_repository": ("artifactregistry", "ArtifactRegistryRepository"),
    "google_secret_manager_secret": ("secretmanager", "SecretManagerSecret"),
}  # fmt: skip
# What `gcloud GROUP... create NAME` makes, with the flags that are read.
_GCLOUD = {
    ("compute", "addresses"): ("compute", "ComputeAddress"),
    ("compute", "networks", "subnets"): ("compute", "ComputeSubnetwork"),
    ("compute", "security-policies"): ("compute", "ComputeSecurityPolicy"),
    ("compute", "ssl-policies"): ("compute", "ComputeSSLPolicy"),
    ("certificate-manager", "maps"): ("certificatemanager", "CertificateManagerCertificateMap"),
    ("iam", "service-accounts"): ("iam", "IAMServiceAccount"),
    ("storage", "buckets"): ("storage", "StorageBucket"),
    ("artifacts", "repositories"): ("artifactregistry", "ArtifactRegistryRepository"),
    ("secrets",): ("secretmanager", "SecretManagerSecret"),
}
_GCLOUD_FLAGS = ("--location", "--purpose", "--project")  # --region is a synonym of --location


@record
class _Value:
    path: Path
    value: Any
    mark: Mark


def made_by(sources: Iterable[Source]) -> tuple[Resource, ...]:
    """The objects that the scripts and Terraform files make, each where it is written."""
    texts = list(sources)
    values = {x.name: x.text for x in texts if x.name.endswith(terraform.VALUES)}
    files = [source for source in texts if source.name.endswith(terraform.SUFFIXES)]
    defaults = variables_of(files, texts, values)
    scripts = {os.path.normpath(x.name): x.text for x in texts if x.name.endswith(shell.SUFFIXES)}
    found: list[Resource] = []
    for source in texts:
        if source in files:
            for block in terraform.read(source.text, defaults[os.path.dirname(source.name)]):
                found += (x for one in terraform.repeated(block) for x in _of_block(one, source))
        elif source.name not in values:
            others = shell.sourced(os.path.normpath(source.name), scripts)
            for command in shell.read(source.text, others).commands:
                found += _of_command(command, source)
            for model, mark in models_asked(source.text):
                value = [_Value(("model",), model, mark)]
                found.append(_object(source, "v1", "Request", model, mark, value))
    return tuple(found)


# -- commands --------------------------------------------------------------------------------------


def _of_command(command: shell.Command, source: Source) -> Iterator[Resource]:
    words, flags = _split(command.words)
    lines = source.text.split("\n")

    def at(text: str) -> Mark:
        """The place of a word, as far as it is written like that; else the command."""
        for line in range(command.first, command.last + 1) if text else ():
            column = lines[line - 1].find(text)
            if column >= 0:
                return Mark(line, column + 1, column + 1 + len(text))
        begin = len(lines[command.first - 1]) - len(lines[command.first - 1].lstrip())
        return Mark(command.first, begin + 1, len(lines[command.first - 1]) + 1)

    if words[0] in ("gcloud", "gsutil"):
        yield from _of_gcloud(source, [w for w in words if w not in ("alpha", "beta")], flags, at)
        return
    if words[0] == "helm":
        yield from _install(source, helm_installs.of_command(words, flags, source.text), at(""))
        return
    selected, space = _first(flags, "--selector"), _first(flags, "--namespace")
    if selected and words[1:]:
        values = [
            _Value(("namespace",), space, at(selected)),
            _Value(("selector",), selected, at(selected)),
        ]
        yield _object(source, "v1", "Command", words[1], at(""), values)
    given: dict[str, Any] = {f: flags.get(f"--{f}", []) for f in ("filename", "kustomize")}
    if words[1:2] and words[1] in ("apply", "create") and any(given.values()):
        folders = shell.MOVES.findall(source.text)
        values = [_Value((key,), value, at("")) for key, value in given.items()]
        values.append(_Value(("folders",), folders, at("")))
        yield _object(source, "v1", "Apply", words[1], at(""), values)
    if space and words[1:2] and words[1] in ("apply", "create", "replace") and any(given.values()):
        values = [_Value(("namespace",), space, at(space))]
        given["folders"] = shell.MOVES.findall(source.text)
        values += [_Value((key,), value, at("")) for key, value in given.items()]
        yield _object(source, "v1", "Command", words[1], at(""), values)
    forwarded = waits.forwarded(words, space)
    if forwarded is not None:
        name, forward = forwarded
        values = [_Value((key,), x, at(forward["ports"][-1])) for key, x in forward.items()]
        yield _object(source, "v1", "Forward", name, at(name), values)
    waited = waits.of_command(words, flags)
    if waited is not None:
        wanted = next((w for w in command.words if "condition=" in w), "")
        # What a script does again, or goes on without, need not end in time.
        written = "\n".join(lines[command.first - 1 : command.last])
        waited["again"] = waits.AGAIN.search(written) is not None
        values = [_Value((key,), value, at(wanted)) for key, value in waited.items()]
        values += [_Value(("namespace",), space, at(space)), _Value(("labels",), selected, at(""))]
        yield _object(source, "v1", "Wait", words[1], at(""), values)
    for row in _table()["kubectl"]:
        want = row["words"]
        said = words[1 : len(want) + 1]
        if len(said) == len(want) and all(w in ("*", g) for w, g in zip(want, said, strict=True)):
            name = said[-1]
            if not space and shell.OTHER_NAMESPACE.search(source.text):
                space = "$NAMESPACE"
            keys = dict.fromkeys(
                [*row.get("fixed", ()), *(_keys(flags) if "keys" in row else ())], ""
            )
            more = {"data": keys} if keys else {}
            yield _object(source, "v1", row["kind"], name, at(name), (), space, **more)


def _of_gcloud(
    source: Source, words: list[str], flags: dict[str, list[str]], at: Any
) -> Iterator[Resource]:
    if uri := uploaded(words):
        yield _object(source, "v1", "Upload", words[0], at(uri), [_Value(("uri",), uri, at(uri))])
    elif words[1:2] == ["container"] and words[3:4] in (["create"], ["create-auto"]):
        kind, table = _CREATED.get(words[2], ("", ""))
        name = words[4] if len(words) > 4 else ""
        if words[3] == "create-auto":
            flags["--enable-autopilot"] = ["true"]
        if kind:
            yield _object(source, _GKE, kind, name, at(""), _fields(flags, table, at))
    elif words[1:4] == ["container", "clusters", "get-credentials"] and len(words) > 4:
        values = [
            _Value((key,), _first(flags, f"--{key}"), at(_first(flags, f"--{key}")))
            for key in ("location", "project")
        ]
        yield _object(source, "v1", "Credentials", words[4], at(words[4]), values)
    elif words[1:4] == ["container", "clusters", "resize"] and "--node-pool" in flags:
        if _first(flags, "--num-nodes") != "0":
            yield _object(source, _GKE, "PoolResize", _first(flags, "--node-pool"), at(""), ())
    elif words[1:4] == ["container", "clusters", "update"]:
        # What it changes is not read, but its file says what it may turn on.
        yield _object(source, _GKE, "ClusterUpdate", "".join(words[4:5]), at(""), ())
    elif "create" in words[2:5]:
        yield from _named_by_manifests(source, words, flags, at)
    elif "add-iam-policy-binding" in words:
        yield _binding(source, grants.of_command(words, flags, at(_first(flags, "--member"))))


def _named_by_manifests(
    source: Source, words: list[str], flags: Mapping[str, list[str]], at: Any
) -> Iterator[Resource]:
    i = words.index("create")
    project, kind = _GCLOUD.get(tuple(words[1:i]), ("", ""))
    if kind and len(words) > i + 1:
        mark = at(words[i + 1])
        values = [
            _Value((flag.removeprefix("--"),), _first(flags, flag), mark)
            for flag in _GCLOUD_FLAGS
            if flag in flags
        ]
        values.append(_Value(("name",), words[i + 1], mark))
        version = f"{project}.cnrm.cloud.google.com/v1beta1"
        yield _object(source, version, kind, words[i + 1], mark, values)


def _split(words: tuple[str, ...]) -> tuple[list[str], dict[str, list[str]]]:
    """The words without flags, and the values of each flag; those of a switch are "true"."""
    plain: list[str] = []
    flags: dict[str, list[str]] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or word == "-":
            plain.append(word)
            continue
        flag, equals, value = word.partition("=")
        flag = _table()["synonyms"].get(flag, flag)
        if not equals:
            alone = _switch(flag) or not rest or rest[0].startswith("--")
            value = "true" if alone else rest.pop(0)
        flags.setdefault(flag, []).append(value)
    return plain, flags


def _switch(flag: str) -> bool:
    rows = [row.get("gcloud") for table in ("pool", "cluster") for row in _rows(table).values()]
    named = any(flag in row.values() for row in rows if isinstance(row, dict))
    return named or flag.startswith(("--enable-", "--no-")) or flag in _table()["switches"]


def _first(flags: Mapping[str, list[str]], name: str) -> str:
    return flags.get(name, [""])[-1]


def _keys(flags: Mapping[str, list[str]]) -> Iterator[str]:
    """The keys that --from-literal and --from-file give. The values are not read."""
    if "--from-env-file" in flags:
        return
    for value in flags.get("--from-literal", ()):
        yield value.partition("=")[0]
    for value in flags.get("--from-file", ()):
        key, equals, _ = value.partition("=")
        yield key if equals else os.path.basename(value)


def _fields(flags: Mapping[str, list[str]], table: str, at: Any) -> Iterator[_Value]:
    for path, row in _rows(table).items():
        known = row.get("gcloud")
        steps: Path = tuple(path.split("."))
        if isinstance(known, dict):
            for value, flag in known.items():
                if flag and flag in flags:
                    yield _Value(steps, {"true": True, "false": False}.get(value, value), at(flag))
        elif known in flags:
            text = flags[known][-1]
            yield _Value(steps, _read(text, row, steps), at(text))


def _read(text: str, row: Mapping[str, Any], path: Path) -> Any:
    """The value of a flag, in the form of the object's field."""
    back = {word: value for value, word in row.get("values", {}).items()}
    if "keys" in row:
        names = {name: key for key, name in row["keys"].items()}
        pairs = [part.partition("=") for part in text.split(",")]
        item: dict[str, Any] = {}
        for name, _, value in pairs:
            *parents, last = names.get(name, "").split(".")
            here = item
            for parent in parents if last else ():
                here = here.setdefault(parent, {})
            here[last] = back.get(value, _number(value))
        item.pop("", None)
        return [item]
    if "items" in row:
        taints = re.findall(r"([^=:,]+)(?:=([^:,]*))?:(\w+)", text)
        return [{"key": k, "value": v, "effect": back.get(e, e)} for k, v, e in taints]
    if "each" in row:
        return [{row["each"]: one} for one in text.split(",")]
    if "pairs" in row:
        return {k: v for k, _, v in (part.partition("=") for part in text.split(","))}
    if path[-1] in ("nodeLocations", "oauthScopes", "tags", "values", "enableComponents"):
        return text.split(",")
    return back.get(text, _number(text.removesuffix("GB") if path[-1] == "diskSizeGb" else text))


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"\d{1,9}", text) else text


# -- Terraform -------------------------------------------------------------------------------------


def _of_block(block: terraform.Block, source: Source) -> Iterator[Resource]:
    kind = block.labels[0] if block.type == "resource" and len(block.labels) == 2 else ""
    name = block.find("name")
    if block.type == "module" and block.labels:
        # What it makes is not known, but its file says more than its objects do.
        yield _object(source, "terraform/v1", "Module", block.labels[0], block.mark, ())
    elif kind == "helm_release":
        yield from _install(source, helm_installs.of_block(block), block.mark)
    elif kind in _BLOCKS:
        called = str(name.value) if name is not None else block.labels[1]
        made, table = _BLOCKS[kind]
        if made == "ContainerNodePool" and (name is None or "${" in called):
            called = f"{kind}.{block.labels[1]}"
        yield _object(source, _GKE, made, called, block.mark, _attributes(block, table))
    elif kind in _PLAIN_BLOCKS:
        project, made = _PLAIN_BLOCKS[kind]
        called = f"{kind}.{block.labels[1]}"
        version = f"{project}.cnrm.cloud.google.com/v1beta1"
        yield _object(source, version, made, called, block.mark, _plain(block))
    else:
        yield from (_binding(source, grant) for grant in grants.of_block(block))


def _install(source: Source, installed: Any, mark: Mark) -> Iterator[Resource]:
    if installed is not None:
        name, space, spec = installed
        values = [_Value((key,), value, mark) for key, value in spec.items()]
        kind, version = helm_installs.KIND, helm_installs.VERSION
        yield _object(source, version, kind, name, mark, values, space)


def _attributes(block: terraform.Block, table: str) -> Iterator[_Value]:
    ignored = block.find("lifecycle", "ignore_changes")
    if ignored is not None:
        yield _Value(("lifecycle",), str(ignored.value), ignored.mark)
    for path, row in _rows(table).items():
        steps: Path = tuple(path.split("."))
        names = row["terraform"].split(".")
        found = block.find(*names)
        if found is not None:
            yield _Value(steps, found.value, found.mark)
        elif row.get("gcloud") and {"items", "keys", "each"} & row.keys():
            outer = [b for b in block.blocks if [b.type] == names[:-1]]
            inner = [b for o in outer for b in o.blocks if b.type == names[-1]]
            if inner:
                yield _Value(steps, [*map(_item, inner)], inner[0].mark)


def _item(block: terraform.Block) -> dict[str, Any]:
    """The attributes of a block, and its blocks as objects."""
    own = {_camel(key): attribute.value for key, attribute in block.attributes.items()}
    return {**{_camel(inner.type): _item(inner) for inner in block.blocks}, **own}


def _plain(block: terraform.Block) -> Iterator[_Value]:
    """All attributes, and blocks of one type as a list."""
    for name, attribute in block.attributes.items():
        yield _Value((_camel(name),), attribute.value, attribute.mark)
    for type_ in dict.fromkeys(inner.type for inner in block.blocks):
        inside = [inner for inner in block.blocks if inner.type == type_]
        yield _Value((_camel(type_),), [*map(_item, inside)], inside[0].mark)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


# -- objects ---------------------------------------------------------------------------------------


def _binding(source: Source, grant: grants.Grant) -> Resource:
    """The binding of a role to a member."""
    values = [
        _Value(("resourceRef", "external"), grant.target, grant.mark),
        _Value(("role",), grant.role, grant.mark),
        _Value(("member",), grant.member, grant.mark),
    ]
    if grant.kind:
        values.insert(0, _Value(("resourceRef", "kind"), grant.kind, grant.mark))
    version = "iam.cnrm.cloud.google.com/v1beta1"
    return _object(source, version, "IAMPolicyMember", grant.member, grant.mark, values)


def _object(
    source: Source,
    version: str,
    kind: str,
    name: str,
    mark: Mark,
    values: Iterable[_Value],
    namespace: str = "",
    **more: Any,
) -> Resource:
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
def _rows(table: str) -> dict[str, Any]:
    """The fields of fields.yaml, and those that are only read."""
    return {**tables()[table], **_table()["fields"][table]}


@cache
def _table() -> Mapping[str, Any]:
    found: Mapping[str, Any] = shipped(__file__, "commands.yaml")
    return found
