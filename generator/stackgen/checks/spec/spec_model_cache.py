"""A cache of weights or programs that lacks a field, has one too many, or cannot be made."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.checks.spec.pass_shape import set_example
from stackgen.escape import visible
from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.facts.locations import is_zone
from stackgen.facts.quantity import whole
from stackgen.facts.shape import as_dict, as_list, at, maps
from stackgen.facts.volumes import disk_of
from stackgen.findings.model import Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.plan.model_cache import FILLED
from stackgen.regex import regex
from stackgen.spec.model_cache import BOOT_DISK, CLAIM, FUSE, HYPERDISK, IMAGE, IMAGE_NAME, LOCAL
from stackgen.spec.node_pools import DYNAMIC

# What the Job downloads: an owner, a model and perhaps a revision, without further slashes.
_HUB = regex(r"hf://[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(:[\w.-]+)?")

# Fields by type: those that it needs, and those that it may have.
_FIELDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    FUSE: (("bucket",), ("folder", "download", "sizeGb")),
    HYPERDISK: ((), ("sizeGb", "throughput", "download")),
    CLAIM: (("storageClass",), ("sizeGb", "download")),
    BOOT_DISK: (("image",), ("folder", "sizeGb")),
    IMAGE: (("image",), ()),
    LOCAL: ((), ("sizeGb",)),
}


def check(context: SpecContext) -> Violations:
    """One finding for each contradiction of a model with a cache."""
    weights = {
        str(at(model, "modelCache", "bucket")): (*path, "modelCache", "bucket")
        for path, model in context.items("serving", "models")
        if at(model, "modelCache", "type") == FUSE
    }
    for path, model in context.items("serving", "models"):
        name = visible(str(model.get("name", "a model")))
        cache, programs = model.get("modelCache"), model.get("compileCache")
        if isinstance(cache, dict):
            yield from _weights(context, (*path, "modelCache"), name, cache, model)
        if isinstance(programs, dict):
            yield from _programs(context, (*path, "compileCache"), name, programs, model)
            bucket = programs.get("bucket")
            if isinstance(bucket, str) and bucket in weights:
                yield violation(
                    f"{name} stores compiled programs in {visible(bucket)}, which also "
                    "contains weights",
                    context.place(*path, "compileCache", "bucket"),
                    context.place(*weights[bucket], note="the weights"),
                    severity=Severity.WARNING,
                    impact="Servers may write to the whole bucket, so that one of them can change "
                    "the weights of all.",
                    remedy="Set `compileCache.bucket` to another bucket.",
                )


def _weights(
    context: SpecContext, here: Path, name: str, cache: dict[str, Any], model: dict[str, Any]
) -> Violations:
    kind = cache.get("type")
    if kind is None:
        yield violation(
            f"{name} has modelCache without type", context.place(*here, key=True),
            impact="Not rendered. Nothing says where the weights are.",
            remedy=f"Set `modelCache.type` to one of {', '.join(_FIELDS)}.",
        )  # fmt: skip
    if not isinstance(kind, str) or kind not in _FIELDS:
        return
    needed, allowed = _FIELDS[kind]
    missing = [field for field in needed if cache.get(field) is None]
    if missing:
        yield violation(
            f"{name} has modelCache of type {kind} without {missing[0]}",
            context.place(*here, key=True),
            impact="Not rendered. The servers would not find the weights.",
            remedy=set_example((*here, missing[0])),
        )
    for field, value in cache.items():
        if field not in ("type", *needed, *allowed) and value is not None:
            yield violation(
                f"{name} has modelCache.{visible(str(field))}, which type {kind} does not have",
                context.place(*here, field, key=True),
                context.place(*here, "type", note="the type"),
                impact="Not rendered. The field would change nothing.",
                remedy=f"Remove `{field}`, or set another `modelCache.type`.",
            )
    uri = model.get("model")
    if isinstance(uri, str) and "://" in uri and not uri.startswith("hf://"):
        yield violation(
            f"{name} has modelCache, but its model is at {visible(uri.partition('://')[0])}://",
            context.place(*here[:-1], "model"),
            context.place(*here, key=True, note="the cache"),
            impact="Not rendered. A Job downloads from Hugging Face only, and a volume or an image "
            "is read where it is.",
            remedy="Write `model` as `hf://ORG/MODEL`, or remove `modelCache`.",
        )
    fills = kind in FILLED and cache.get("download") is not False
    if fills and isinstance(uri, str) and uri.startswith("hf://") and not _HUB.fullmatch(uri):
        yield violation(
            f"{name} has modelCache, but {visible(uri)} is not hf://ORG/MODEL[:REVISION]",
            context.place(*here[:-1], "model"),
            context.place(*here, key=True, note="filled by a Job"),
            impact="Not rendered. The Job that downloads the model would fail.",
            remedy="Write `model` as `hf://ORG/MODEL[:REVISION]`, or set `download: false`.",
        )
    image = cache.get("image")
    if kind == IMAGE and isinstance(image, str) and re.fullmatch(IMAGE_NAME, image):
        yield from _image(context, (*here, "image"), name, image)
    if kind == CLAIM:
        other = f"type `{FUSE}` or `{HYPERDISK}`"
        yield from _one_node(context, (*here, "storageClass"), name, cache, model, other)
    if kind == BOOT_DISK and as_dict(context.spec.get("cluster")).get("managed") is not False:
        yield violation(
            f"{name} has modelCache of type {kind}, and Config Connector has no field for "
            "secondary boot disks",
            context.place(*here, "type"),
            impact="Not rendered. The nodes would have no such disk.",
            remedy="Set `cluster.managed: false`, and create the node pools as `stackgen cluster` "
            "prints them.",
        )
    if kind == HYPERDISK:
        yield from _disk(context, here, name, model)
    sliced = any(pool.get("slicing") == DYNAMIC for pool in _pool(context, model))
    if kind == HYPERDISK and sliced and cache.get("download") is not False:
        yield violation(
            f"{name} has modelCache of type {kind} on a pool with slicing: {DYNAMIC}",
            context.place(*here, "type"),
            impact="Not rendered. The Job that fills the disk runs on a node of the pool, where "
            "Pods start with a slice only.",
            remedy=f"Set `modelCache.type: {FUSE}`, or fill the disk and set `download: false`.",
        )
    if kind in (HYPERDISK, BOOT_DISK):
        yield from _other_nodes(context, here, name, model)


def _programs(
    context: SpecContext, here: Path, name: str, programs: dict[str, Any], model: dict[str, Any]
) -> Violations:
    given = [field for field in ("bucket", "storageClass") if programs.get(field) is not None]
    if len(given) != 1:
        said = "neither bucket nor storageClass" if not given else "bucket and storageClass"
        yield violation(
            f"{name} has compileCache with {said}", context.place(*here, key=True),
            impact="Not rendered. Compiled programs are kept in one place.",
            remedy="Set `compileCache.bucket`, or `compileCache.storageClass`.",
        )  # fmt: skip
    if given == ["bucket"] and programs.get("sizeGb") is not None:
        yield violation(
            f"{name} has compileCache.sizeGb, but a bucket has no size",
            context.place(*here, "sizeGb", key=True),
            impact="Not rendered. The field would change nothing.",
            remedy="Remove `sizeGb`.",
        )
    other = "`compileCache.bucket` instead"
    yield from _one_node(context, (*here, "storageClass"), name, programs, model, other)


def _image(context: SpecContext, here: Path, name: str, image: str) -> Violations:
    """An image that cannot be pulled, or that changes under its name."""
    try:
        parsed = image_reference(image)
        if parsed.digest or parsed.tag not in ("", "latest"):
            return
        said = "it has no tag, which means latest" if not parsed.tag else "latest moves with time"
        impact = "Two servers of one model could have different weights."
    except ImageReferenceError as error:
        said, impact = str(error), "The image could not be pulled (InvalidImageName)."
    yield violation(
        f"{name} has modelCache.image {visible(repr(image))}: {said}",
        context.place(*here),
        impact=f"Not rendered. {impact}",
        remedy="Set `modelCache.image` to an image with an exact tag, or with "
        "@sha256:<64 hexadecimal digits>.",
    )


def _one_node(
    context: SpecContext, here: Path, name: str, cache: dict[str, Any], model: dict[str, Any],
    other: str,
) -> Violations:  # fmt: skip
    """Disks, which one node at a time writes to, under servers on several nodes."""
    named = cache.get("storageClass")
    disk = disk_of(named) if isinstance(named, str) else ""
    pods, zones = _pods(context, model), _zones(context, model)
    if disk and pods == 1 and len(zones) > 1:
        yield violation(
            f"{name} may run in {', '.join(map(visible, zones))}, and {visible(str(named))} makes "
            f"volumes of {disk}, each in one zone",
            context.place(*here),
            impact="Not rendered. The Pod would stay Pending in all zones but that of the volume "
            "(event FailedScheduling: volume node affinity conflict).",
            remedy=f"Use a class for the whole region, such as `standard-rwx`, or {other}.",
        )
    if disk and pods > 1:
        yield violation(
            f"{name} has {pods} Pods, and {visible(str(named))} makes volumes of {disk}, which one "
            "node at a time can mount for writing",
            context.place(*here),
            impact="Not rendered. All Pods but those on the first node would stay in "
            "ContainerCreating (event FailedAttachVolume).",
            remedy=f"Use a class with ReadWriteMany, such as `standard-rwx`, or {other}.",
        )


def _zones(context: SpecContext, model: dict[str, Any]) -> list[str]:
    """The zones in which servers of the model may run, as far as the spec says."""
    half = as_dict(model.get("prefill")).get("nodePool")
    location = as_dict(context.spec.get("cluster")).get("location")
    found: dict[str, None] = {}
    for _, pool in context.items("cluster", "nodePools"):
        if pool.get("name") not in (model.get("nodePool"), half):
            continue
        entries = [as_list(one.get("zones")) for _, one in maps(pool.get("fallback"))]
        for zone in itertools.chain([pool.get("zone") or location], *entries):
            if isinstance(zone, str) and is_zone(zone):
                found[zone] = None
    return list(found)


def _pods(context: SpecContext, model: dict[str, Any]) -> int:
    """How many Pods of the model may run: with another one during an update of several."""
    scaled = as_dict(model.get("autoscaling")).get("max")
    replicas = whole(scaled if scaled is not None else model.get("replicas", 1)) or 1
    hosts = max((_hosts(context, pool) for pool in _pool(context, model)), default=1)
    half = as_dict(model.get("prefill"))
    return replicas * hosts + ((whole(half.get("replicas", 1)) or 1) if half else 0)


def _hosts(context: SpecContext, pool: dict[str, Any]) -> int:
    """Hosts of one slice of a pool; 1 for what is not known."""
    of, topology = pool.get("accelerator"), pool.get("topology")
    if not isinstance(of, str) or not isinstance(topology, str):
        return 1
    machine = pool.get("machineType")
    row = context.catalog.topology(of, topology, machine if isinstance(machine, str) else None)
    return int(row.data["hosts"]) if row is not None else 1


def _pool(context: SpecContext, model: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for _, pool in context.items("cluster", "nodePools"):
        if pool.get("name") == model.get("nodePool"):
            yield pool


def _other_nodes(context: SpecContext, here: Path, name: str, model: dict[str, Any]) -> Violations:
    """Servers on nodes of another pool, or of a pool that GKE creates."""
    half = as_dict(model.get("prefill")).get("nodePool")
    elsewhere = half not in (None, model.get("nodePool"))
    if elsewhere or any(pool.get("fallback") for pool in _pool(context, model)):
        said = f"prefill.nodePool {visible(str(half))}" if elsewhere else "a pool with fallback"
        yield violation(
            f"{name} has modelCache of type {as_dict(model['modelCache'])['type']} and {said}",
            context.place(*here, "type"),
            impact="Not rendered. The disk is for the nodes of one pool, in one zone.",
            remedy=f"Set `modelCache.type: {FUSE}`, which all nodes can read.",
        )


def _disk(context: SpecContext, here: Path, name: str, model: dict[str, Any]) -> Violations:
    """A disk has one zone, and a machine that takes it."""
    for pool in _pool(context, model):
        of, topology = pool.get("accelerator"), pool.get("topology")
        given = pool.get("machineType")
        machine = given if isinstance(given, str) else None
        if machine is None and isinstance(of, str) and isinstance(topology, str):
            shape = context.catalog.topology(of, topology, None)
            machine = str(shape.data["machine"]) if shape is not None else None
        row = context.catalog.machine(machine) if machine else None
        disks = row.data.get("attach_disks") if row is not None else None
        if disks and HYPERDISK not in disks:
            yield violation(
                f"{name} has modelCache of type {HYPERDISK}, which {machine} does not support; it "
                f"supports {', '.join(disks)}",
                context.place(*here, "type"),
                impact="Not rendered. The disk could not be attached to the nodes (event "
                "FailedAttachVolume).",
                remedy=f"Set `modelCache.type: {FUSE}`, or use another machine type.",
            )
        location = pool.get("zone") or as_dict(context.spec.get("cluster")).get("location")
        if isinstance(location, str) and not is_zone(location):
            yield violation(
                f"{name} has modelCache of type {HYPERDISK}, but its node pool has no zone",
                context.place(*here, "type"),
                impact="Not rendered. A disk is in one zone.",
                remedy="Set `zone` of the node pool.",
            )
