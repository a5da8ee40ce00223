"""Which model a server of others serves: from its flags, variables, ConfigMaps and volumes."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.facts.shape import as_dict, as_list
from stackgen.facts.volumes import mount_of, volume_named
from stackgen.facts.workloads import Container, Workload
from stackgen.manifest.resource import Bundle
from stackgen.regex import regex

_KNOWN = regex(r"(hf|s3|pvc|oci)://[^\s{}]+")
_VARIABLE = regex(r"\$\(([A-Za-z_]\w*)\)|\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)")
_HUB = regex(r"([A-Za-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*")


def model_uri(bundle: Bundle, workload: Workload, container: Container, assumed: list[str]) -> str:
    """The URI of the model. What is a guess is appended to `assumed`."""
    uri = workload.resource.get("spec", "model", "uri")
    if isinstance(uri, str):
        return uri
    uri = workload.resource.get(*workload.service.model) if workload.service else None
    if isinstance(uri, str) and _KNOWN.fullmatch(uri):
        return uri
    named = _named(bundle, container)
    found = _at_path(workload, container, named) if named.startswith("/") else named
    if _HUB.fullmatch(found):
        found = f"hf://{found}"
    if _KNOWN.fullmatch(found):
        if named.startswith("/") and found.startswith("hf://"):
            assumed.append(f"the model of {workload.display_name}: {found}, from its path {named}")
        return found
    parts = [part for part in found.split("/") if _HUB.fullmatch(part)][-2:]
    guess = f"hf://{'/'.join(parts)}" if parts else f"hf://my-org/{workload.resource.name}"
    assumed.append(f"the model of {workload.display_name}: {guess}")
    return guess


def uri_of(workload: Workload, container: Container, where: str) -> str:
    """The URI of a path in a server, of an id on Hugging Face, or of a URI; empty for none."""
    found = _at_path(workload, container, where) if where.startswith("/") else where
    found = f"hf://{found}" if _HUB.fullmatch(found) and "/" in found else found
    return found if _KNOWN.fullmatch(found) else ""


def _named(bundle: Bundle, container: Container) -> str:
    """The model as the command line names it, with variables filled in; empty when it does not."""
    line = container.line
    flag = line.flags.get("model") or line.model
    if flag is None:
        return ""
    if flag.value:
        return flag.value
    text = container.resource.get(*flag.path)
    variables = dict(_variables(bundle, container))
    written = str(text).partition("=")[2] if str(text).startswith("--model=") else str(text)
    return _VARIABLE.sub(lambda m: variables.get(m[1] or m[2] or m[3], ""), written)


def _variables(bundle: Bundle, container: Container) -> Iterator[tuple[str, str]]:
    """The variables of a container whose values the manifests hold."""
    maps = {m.name: as_dict(m.get("data")) for m in bundle.of_kind("ConfigMap", "")}
    for source in map(as_dict, as_list(container.data.get("envFrom"))):
        name = as_dict(source.get("configMapRef")).get("name")
        yield from maps.get(str(name), {}).items()
    for entry in map(as_dict, as_list(container.data.get("env"))):
        reference = as_dict(as_dict(entry.get("valueFrom")).get("configMapKeyRef"))
        value = entry.get("value")
        if reference:
            value = maps.get(str(reference.get("name")), {}).get(str(reference.get("key")))
        if isinstance(entry.get("name"), str) and isinstance(value, str):
            yield entry["name"], value


def _at_path(workload: Workload, container: Container, path: str) -> str:
    """The URI of a model on a claim or in an image; else its path below the mount."""
    found = mount_of(container, path)
    if found is None:
        return path
    mount = found[1]
    rest = path.removeprefix(str(mount.get("mountPath")).rstrip("/")).strip("/")
    volume = as_dict(volume_named(workload, mount.get("name")))
    claim = as_dict(volume.get("persistentVolumeClaim")).get("claimName")
    image = as_dict(volume.get("image")).get("reference")
    if isinstance(image, str):
        return f"oci://{image}"
    if not isinstance(claim, str):
        return f"/{rest}" if rest else path
    below = "/".join(filter(None, (str(mount.get("subPath") or "").strip("/"), rest)))
    return f"pvc://{claim}/{below}" if below else f"pvc://{claim}"
