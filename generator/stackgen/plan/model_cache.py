"""Where the servers of a model read its weights, and where they keep compiled programs."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import Any

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.origin import Traced, computed, given_or, is_value, known, picked, text
from stackgen.plan.autoscaling import most
from stackgen.record import record
from stackgen.spec.model_cache import BOOT_DISK, CLAIM, FUSE, HYPERDISK, IMAGE, LOCAL
from stackgen.spec.serving import Model

SERVERS, DOWNLOADS = "model-server", "weights-download"  # the accounts, by what their Pods do
FILLED = (FUSE, HYPERDISK, CLAIM)  # what a Job can fill
VOLUMES = (*FILLED, BOOT_DISK)
_LOAD_SECONDS = 60  # in which a Hyperdisk ML disk gives its weights to all servers


@record
class Cache:
    """Weights that servers do not download; `type` is None where they do.

    name: of volume, claim and Job. address: that the servers read the weights at. downloaded:
    whether each brings them to its node. online: whether a server downloads anything. folder: of
    the weights in a bucket. size: GiB of a volume. throughput: MiB/s of a Hyperdisk ML disk.
    speed: GiB/s of one server; None where it downloads. filled: whether a Job brings the weights.
    fuse: whether servers mount a bucket.
    """

    type: Traced[str | None]
    name: Traced[str]
    address: Traced[str]
    downloaded: Traced[bool]
    online: Traced[bool]
    folder: Traced[str]
    size: Traced[int]
    throughput: Traced[int]
    speed: Traced[float | None]
    filled: Traced[bool]
    fuse: Traced[bool]
    programs: Programs

    def has(self, kind: str) -> Traced[bool]:
        """Whether the weights are in a cache of this type."""
        return is_value(self.type, kind)


@record
class Programs:
    """Compiled programs of a model. name: of volume and claim. variable: of the engine, for mount.

    folder: of a bucket, beside those of other models. kept, in_bucket, on_volume: whether they
    are, and where. size: GiB of a volume.
    """

    name: Traced[str]
    folder: Traced[str]
    variable: Traced[str]
    mount: Traced[str]
    size: Traced[int]
    kept: Traced[bool]
    in_bucket: Traced[bool]
    on_volume: Traced[bool]


def _read_at(model: Model, name: Traced[str]) -> Traced[str]:
    """The address that the servers read the weights at: of the model, or of where they are kept."""
    asked = model.modelCache
    kind = known(asked.type)
    # The name of a volume depends on cluster and namespace, the model's own address does not.
    if kind is None or kind.value not in (IMAGE, *VOLUMES):
        return picked("address", "nothing keeps the weights", model.model, asked.type)
    return computed(
        "address", "where the weights are kept", _address, asked.image, asked.folder, kind, name
    )


def _address(image: str | None, folder: str | None, kind: str, name: str) -> str:
    if kind == IMAGE:
        return f"oci://{image}"
    return f"pvc://{name}/{folder}" if kind == BOOT_DISK and folder is not None else f"pvc://{name}"


def _name(model: Model, service: Traced[str], where: Traced[str]) -> Traced[str]:
    """The name of what holds the weights: a new one for other weights or another place."""
    asked = model.modelCache
    return computed(
        "name", "the source of a volume does not change: other weights need another volume",
        _named("model"), service, where, model.model, asked.type, asked.bucket, asked.folder,
        asked.image, asked.storageClass,
    )  # fmt: skip


def _named(what: str) -> Callable[..., str]:
    def name(model: str, *parts: str | None) -> str:
        digest = hashlib.sha256("\n".join(part or "" for part in parts).encode()).hexdigest()
        return f"{model}-{what}-{digest[:6]}"

    return name


def cache_of(
    model: Model, service: Traced[str], where: Traced[str], load: Traced[float], kind: str,
    catalog: Catalog,
) -> Cache:  # fmt: skip
    """The caches of a model. service: its name, also of prefill servers. load: GiB of weights.

    where: cluster and namespace. kind: of accelerator.
    """
    asked, row, disk = model.modelCache, catalog.sizing("model-cache"), catalog.gke("hyperdisk-ml")
    throughput = computed(
        "weights x servers / 60 s", "all servers may start together; within the bounds of a disk",
        _throughput, load, most(model), disk.value("throughput_min"), disk.value("throughput_most"),
    )  # fmt: skip
    throughput = given_or(asked.throughput, throughput)
    programs = programs_of(model, service, where, kind, catalog)
    name = _name(model, service, where)
    at = _read_at(model, name)
    downloaded = computed(
        "is downloaded", "only volumes hold the weights of all servers",
        lambda at, kind: not at.startswith("pvc://") and kind != LOCAL, at, asked.type,
    )  # fmt: skip
    filled = computed(
        "by a Job", "modelCache.download", lambda kind, on: on and kind in FILLED,
        asked.type, asked.download,
    )  # fmt: skip
    fuse = computed(
        "Cloud Storage FUSE", "a bucket is mounted", lambda kind, bucket: kind == FUSE or bucket,
        asked.type, programs.in_bucket,
    )  # fmt: skip
    folder = computed("folder", "the name in the address", _folder, model.model)
    return Cache(
        type=asked.type,
        name=name,
        address=at,
        downloaded=downloaded,
        online=_online(model, downloaded),
        folder=given_or(asked.folder, folder),
        size=given_or(asked.sizeGb, size_of(load, catalog)),
        throughput=throughput,
        speed=_speed(model, throughput, row),
        filled=filled,
        fuse=fuse,
        programs=programs,
    )


def size_of(load: Traced[float], catalog: Catalog) -> Traced[int]:
    """GiB of a disk or volume for weights of `load` GiB."""
    return computed(
        "spare x weights", "the files of the model, and room for the file system",
        lambda load, spare, least: max(least, math.ceil(load * spare)),
        load, catalog.sizing("model-cache").value("spare"),
        catalog.gke("hyperdisk-ml").value("size_min"),
    )  # fmt: skip


def _online(model: Model, downloaded: Traced[bool]) -> Traced[bool]:
    beside = [one.model for one in model.adapters]
    return computed(
        "downloads", "the weights, adapters, or a draft model",
        lambda weights, beside, draft: weights or draft is not None
        or any(not uri.startswith("pvc://") for uri in beside),
        downloaded, beside, model.speculative.model,
    )  # fmt: skip


def _speed(model: Model, throughput: Traced[int], row: Row) -> Traced[float | None]:
    kind = known(model.modelCache.type)
    if kind is None:
        return model.modelCache.type.map("speed", "each server downloads the model", lambda _: None)
    rate: Traced[Any] = row.value("load_gib_per_s", kind.value)
    if kind.value != HYPERDISK:
        return picked("speed", "GiB/s of one server", rate, kind)
    return computed(
        "the less of the two", "servers that start together share the throughput of the disk",
        lambda rate, mib, servers, _: min(rate, mib / 1024 / max(servers, 1)),
        rate, throughput, most(model), kind,
    )  # fmt: skip


def _throughput(load: float, servers: int, least: int, highest: int) -> int:
    wanted = math.ceil(load * 1024 * max(servers, 1) / _LOAD_SECONDS / 100) * 100
    return min(max(wanted, least), highest)


def _folder(uri: str) -> str:
    return uri.partition("://")[2].replace(":", "/")


def programs_of(
    model: Model, service: Traced[str], where: Traced[str], kind: str, catalog: Catalog
) -> Programs:
    """The compiled programs of a model on accelerators of a kind."""
    asked = model.compileCache
    row = catalog.sizing("compile-cache" if kind == "tpu" else f"{kind}-compile-cache")
    name = computed(
        "name", "the source of a volume does not change: another place is another volume",
        _named("programs"), service, where, asked.bucket, asked.storageClass,
    )  # fmt: skip
    in_bucket = computed(
        "in a bucket", "compileCache.bucket", lambda bucket: bucket is not None, asked.bucket
    )
    on_volume = computed(
        "on a volume", "compileCache.storageClass",
        lambda bucket, name: bucket is None and name is not None, asked.bucket, asked.storageClass,
    )  # fmt: skip
    kept = computed("kept", "", lambda one, other: one or other, in_bucket, on_volume)
    size = given_or(asked.sizeGb, row.value("size_gib"))
    return Programs(
        name, text("compile-cache/{}", service), row.value("variable"), row.value("mount"), size,
        kept, in_bucket, on_volume,
    )  # fmt: skip
