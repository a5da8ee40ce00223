"""Where servers of manifests read weights, and keep compiled programs, as fields of a model."""

from __future__ import annotations

import re
from typing import Any

from stackgen.adopt.compare import MARKS, applied
from stackgen.facts.quantity import in_gib
from stackgen.facts.shape import as_dict, as_list
from stackgen.facts.workloads import Container, Workload
from stackgen.manifest.resource import Bundle, Resource
from stackgen.render.objects import KEPT
from stackgen.spec.model_cache import BOOT_DISK, CLAIM, FUSE, HYPERDISK, IMAGE, IMAGE_NAME, LOCAL

# Volumes have the name of their model and a digest of their source.
_WEIGHTS, _PROGRAMS = (re.compile(rf".+-{what}-[0-9a-f]{{6}}") for what in ("model", "programs"))
_ON_HUB = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_DRIVERS = {"gcsfuse.csi.storage.gke.io": FUSE, "pd.csi.storage.gke.io": HYPERDISK}
_BOOT = re.compile(r".*/gke-(?P<image>[A-Za-z0-9._-]+)-disk")


def caches(
    bundle: Bundle, workload: Workload, container: Container, uri: str, served: Any
) -> dict[str, Any]:
    """`model`, `modelCache` and `compileCache`; empty for what a stack does not render.

    uri: that the servers read the weights at. served: the model name in requests.
    """
    scheme, _, where = uri.partition("://")
    named = f"hf://{served}" if isinstance(served, str) and _ON_HUB.fullmatch(served) else ""
    made: dict[str, Any] = {}
    if scheme == "oci" and named and re.fullmatch(IMAGE_NAME, where):
        made = {"model": named, "modelCache": {"type": IMAGE, "image": where}}
    elif scheme == "pvc" and _WEIGHTS.fullmatch(claim := where.partition("/")[0]):
        made = _weights(bundle, workload, claim, where.partition("/")[2], named)
    elif scheme == "hf" and (cache := _by_kserve(bundle, workload, uri)):
        made = {"modelCache": cache}
    if programs := _programs(bundle, workload):
        made["compileCache"] = programs
    return made


def claims(
    bundle: Bundle, workload: Workload, labels: dict[str, Any], taken: set[str]
) -> dict[str, Any]:
    """`claims` of a model: those that its Pods mount and that the field can state.

    labels: of the model. taken: names of claims of other models; gets those of this one.
    """
    made: list[dict[str, Any]] = []
    for volume in map(as_dict, as_list(workload.spec.get("volumes"))):
        name = str(as_dict(volume.get("persistentVolumeClaim")).get("claimName"))
        claim = _of(bundle, "PersistentVolumeClaim", name, workload.resource.namespace)
        rendered = _WEIGHTS.fullmatch(name) or _PROGRAMS.fullmatch(name)
        if claim is None or rendered or name in taken:
            continue
        if (found := _stated(claim)) and _marked(claim, labels):
            taken.add(name)
            made.append(found)
    return {"claims": made} if made else {}


def _stated(claim: Resource) -> dict[str, Any]:
    """One entry of `claims`; empty for a claim that it cannot state."""
    spec = as_dict(claim.data.get("spec"))
    modes, size = as_list(spec.get("accessModes")), _gib(
        claim.get("spec", "resources", "requests", "storage")
    )  # fmt: skip
    kept = {key for key in spec if (key, spec[key]) != ("volumeMode", "Filesystem")}
    named = spec.get("storageClassName")
    plain = as_dict(spec.get("resources")).keys() <= {"requests"}
    if kept - {"accessModes", "resources", "storageClassName"} or not (size and plain):
        return {}
    if modes not in (["ReadWriteOnce"], ["ReadWriteMany"]) or named == "":
        return {}
    made: dict[str, Any] = {"name": claim.name, "sizeGb": size}
    made |= {"storageClass": named} if isinstance(named, str) else {}
    return made | ({"accessMode": modes[0]} if modes != ["ReadWriteOnce"] else {})


def _marked(claim: Resource, labels: dict[str, Any]) -> bool:
    """Whether the model has all labels of a claim; other annotations cannot be stated."""
    given = applied(claim.data)["metadata"]
    own = {k: v for k, v in as_dict(given.get("labels")).items() if k not in MARKS}
    notes = as_dict(given.get("annotations"))
    return own.items() <= labels.items() and all(one in KEPT.values() for one in notes.items())


def _by_kserve(bundle: Bundle, workload: Workload, uri: str) -> dict[str, Any]:
    """KServe's own cache of a model on the disks of nodes."""
    kinds = ("LocalModelCache", "LocalModelNamespaceCache")
    mine = [
        one
        for one in bundle.objects
        if one.kind in kinds and one.get("spec", "sourceModelUri") == uri
    ]
    return {"type": LOCAL} if mine and workload.service is not None else {}


def _weights(
    bundle: Bundle, workload: Workload, claim: str, folder: str, named: str
) -> dict[str, Any]:
    space = workload.resource.namespace
    wanted = _of(bundle, "PersistentVolumeClaim", claim, space)
    volume = wanted and _of(bundle, "PersistentVolume", str(wanted.get("spec", "volumeName")), "")
    if wanted is None:
        return {}
    job = _of(bundle, "Job", claim, space, "batch")
    pod = ("spec", "template", "spec", "containers", 0, "args", 0)
    source = job and job.get(*pod)
    cache = _volume(volume) if volume is not None else _claimed(wanted, CLAIM)
    cache |= {"folder": folder} if folder else {}
    model = source if isinstance(source, str) else named
    if not cache or not model:
        return {}
    if cache.get("folder") == model.partition("://")[2].replace(":", "/"):
        del cache["folder"]
    if job is None and cache["type"] != BOOT_DISK:
        cache["download"] = False
    return {"model": model, "modelCache": cache}


def _volume(volume: Resource) -> dict[str, Any]:
    """The cache that a volume is; empty for one of another kind."""
    csi = as_dict(volume.get("spec", "csi"))
    size = _gib(volume.get("spec", "capacity", "storage"))
    kind = _DRIVERS.get(str(csi.get("driver")))
    if kind == FUSE:
        return {"type": FUSE, "bucket": _bucket(csi), "folder": _folder(volume)}
    if kind == HYPERDISK:
        return {"type": HYPERDISK, **({"sizeGb": size} if size else {})}
    disk = _BOOT.fullmatch(str(volume.get("spec", "local", "path")))
    return {"type": BOOT_DISK, "image": f"global/images/{disk['image']}"} if disk else {}


def _programs(bundle: Bundle, workload: Workload) -> dict[str, Any]:
    for volume in map(as_dict, as_list(workload.spec.get("volumes"))):
        claim = str(as_dict(volume.get("persistentVolumeClaim")).get("claimName"))
        if not _PROGRAMS.fullmatch(claim):
            continue
        wanted = _of(bundle, "PersistentVolumeClaim", claim, workload.resource.namespace)
        held = wanted and _of(bundle, "PersistentVolume", str(wanted.get("spec", "volumeName")), "")
        if held is not None:
            return {"bucket": _bucket(as_dict(held.get("spec", "csi")))}
        return _claimed(wanted) if wanted is not None else {}
    return {}


def _claimed(claim: Resource, kind: str = "") -> dict[str, Any]:
    """Class and size of a volume that a driver makes."""
    named, size = claim.get("spec", "storageClassName"), _gib(
        claim.get("spec", "resources", "requests", "storage")
    )  # fmt: skip
    if not isinstance(named, str) or not named:
        return {}
    made = {"type": kind} if kind else {}
    return {**made, "storageClass": named, **({"sizeGb": size} if size else {})}


def _gib(text: Any) -> int:
    return round(in_gib(text)) if isinstance(text, str) and text.endswith("Gi") else 0


def _bucket(csi: dict[str, Any]) -> str:
    return str(csi.get("volumeHandle")).partition(":")[0]


def _folder(volume: Resource) -> str:
    options = as_list(volume.get("spec", "mountOptions"))
    found = [str(one).partition("=")[2] for one in options if str(one).startswith("only-dir=")]
    return found[0] if found else ""


def _of(bundle: Bundle, kind: str, name: str, space: str, group: str = "") -> Resource | None:
    found = (r for r in bundle.of_kind(kind, group) if r.name == name)
    return next((r for r in found if r.namespace in (space, "")), None)
