"""Volume sources of storage systems, most of them older than CSI: required fields and ranges."""

from __future__ import annotations

from collections.abc import Callable

from stackgen.schema import syntax
from stackgen.schema.native.fields import Fields
from stackgen.schema.native.report import one_of

_HOST_PATH_TYPES = (
    "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate",
    "Socket",
)  # fmt: skip
Check = Callable[[Fields], None]


def needs(*fields: str) -> Check:
    """A source of which these fields cannot be empty."""
    return lambda source: source.needs_all(*fields)


def _check_secret_ref(source: Fields) -> None:
    if "secretRef" in source:
        source.inner("secretRef").needs("name")


def _check_aws(source: Fields) -> None:
    source.needs("volumeID")
    source.between("partition", 0, 255)


def _check_gce(source: Fields) -> None:
    source.needs("pdName")
    source.between("partition", 0, 255)


def _check_git(source: Fields) -> None:
    source.needs("repository")
    source.syntax("directory", syntax.relative_path, empty=True)


def _check_nfs(source: Fields) -> None:
    source.needs_all("server", "path")
    source.syntax("path", lambda path: _begins(path, "/", "be an absolute path"), empty=True)


def _begins(value: str, begins: str | tuple[str, ...], wanted: str) -> str:
    return "" if value.startswith(begins) else f"must {wanted}"


def _check_iscsi(source: Fields) -> None:
    source.needs_all("targetPortal", "iqn")
    begins, wanted = ("iqn.", "eui.", "naa."), "begin with iqn., eui. or naa."
    source.syntax("iqn", lambda iqn: _begins(iqn, begins, wanted), empty=True)
    source.between("lun", 0, 255)
    if source.get("chapAuthDiscovery") or source.get("chapAuthSession"):
        source.is_set("secretRef", "CHAP authentication needs it")
    _check_secret_ref(source)


def _check_flocker(source: Fields) -> None:
    name, uuid = source.get("datasetName"), source.get("datasetUUID")
    if bool(name) == bool(uuid):
        message = "exactly one of datasetName and datasetUUID is needed"
        source.report.wrong(source.path, message)
    elif name and "/" in name:
        source.report.syntax(source.at("datasetName"), name, "must not contain '/'")


def _check_cinder(source: Fields) -> None:
    source.needs("volumeID")
    _check_secret_ref(source)


def _check_fc(source: Fields) -> None:
    names, ids = source.get("targetWWNs"), source.get("wwids")
    if not names and not ids:
        source.needs("targetWWNs", "one of targetWWNs and wwids")
    elif names and ids:
        source.wrong("wwids", "targetWWNs and wwids exclude each other")
    elif names and source.is_set("lun", "targetWWNs need it"):
        source.between("lun", 0, 255)


def _check_azure_disk(source: Fields) -> None:
    source.needs_all("diskName", "diskURI")
    source.enum("cachingMode", ("None", "ReadOnly", "ReadWrite"))
    source.enum("kind", ("Dedicated", "Managed", "Shared"))
    managed, uri = source.get("kind") == "Managed", source.get("diskURI", "")
    if uri and managed != uri.startswith("/subscriptions"):
        wrong = "must be a blob address unless kind is Managed"
        if managed:
            wrong = "must begin with /subscriptions for kind Managed"
        source.report.syntax(source.at("diskURI"), uri, wrong)


def _check_quobyte(source: Fields) -> None:
    registry = source.get("registry")
    if source.needs("registry") and (
        len(registry) >= 64 or any(part.count(":") != 1 for part in registry.split(","))
    ):
        wrong = "must be host:port pairs, below 64 characters"
        source.report.syntax(source.at("registry"), registry, wrong)
    if source.needs("volume") and len(source.get("volume")) >= 64:
        source.report.length(source.at("volume"), "must be shorter than 64 characters")
    source.longest("tenant", 64)


def _check_storage_os(source: Fields) -> None:
    for field in ("volumeName", "volumeNamespace"):
        source.name(field, syntax.dns_label, empty=True)
    source.needs("volumeName")
    _check_secret_ref(source)


def check_host_path(source: Fields) -> None:
    """A path of the node, in a Pod or in a persistent volume."""
    check_local(source)
    source.enum("type", _HOST_PATH_TYPES)


def check_local(source: Fields) -> None:
    """A disk of the node itself (persistent volumes only)."""
    source.needs_syntax("path", syntax.no_backsteps)


PLAIN_SOURCES: dict[str, Check] = {
    "awsElasticBlockStore": _check_aws,
    "azureDisk": _check_azure_disk,
    "azureFile": needs("secretName", "shareName"),
    "cephfs": needs("monitors"),
    "cinder": _check_cinder,
    "fc": _check_fc,
    "flexVolume": needs("driver"),
    "flocker": _check_flocker,
    "gcePersistentDisk": _check_gce,
    "gitRepo": _check_git,
    "glusterfs": needs("endpoints", "path"),
    "iscsi": _check_iscsi,
    "nfs": _check_nfs,
    "photonPersistentDisk": needs("pdID"),
    "portworxVolume": needs("volumeID"),
    "quobyte": _check_quobyte,
    "rbd": needs("monitors", "image"),
    "scaleIO": needs("gateway", "system", "volumeName"),
    "storageos": _check_storage_os,
    "vsphereVolume": needs("volumePath"),
}


def check_one_source(owner: Fields, checks: dict[str, Check]) -> None:
    """Exactly one of the sources in `checks`."""
    given = [field for field in owner.data if field in checks]
    if not given:
        owner.report.required(owner.path, f"one of {one_of(sorted(checks))}")
    for field in given[1:]:
        owner.wrong(field, f"one source is allowed; {given[0]} is set already")
    for field in given[:1]:
        checks[field](owner.inner(field))
