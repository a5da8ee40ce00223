"""The typed spec of where the weights and the compiled programs of a model are kept."""

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.fields import DNS_SUBDOMAIN, spec_field

FUSE, HYPERDISK, CLAIM = "gcs-fuse", "hyperdisk-ml", "pvc"
BOOT_DISK, IMAGE, LOCAL = "boot-disk", "oci", "local-model-cache"
BUCKET = r"[a-z0-9][-a-z0-9_.]{1,61}[a-z0-9]"
IMAGE_NAME = r"[a-z0-9][A-Za-z0-9._/:@-]*"
BUCKET_WORDS = (
    "the name of a bucket without gs://, 3 to 63 lower-case letters, digits, '-', '_' and '.'"
)
_FOLDER = r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*"


@record
class ModelCache:
    """Where the servers read the weights, instead of downloading them. `type` is required."""

    type: Traced[str | None] = spec_field(
        "The place of the weights. gcs-fuse: a Cloud Storage bucket, mounted. hyperdisk-ml: a "
        "Hyperdisk ML disk, read by all servers. pvc: a volume of storageClass. boot-disk: a "
        "secondary boot disk of the nodes. oci: a container image. local-model-cache: the disks of "
        "the nodes, filled by KServe.",
        None,
        enum=[FUSE, HYPERDISK, CLAIM, BOOT_DISK, IMAGE, LOCAL],
    )
    bucket: Traced[str | None] = spec_field(
        "Name of the bucket, for gcs-fuse. `stackgen bootstrap` creates it if it does not exist.",
        None,
        pattern=rf"^{BUCKET}$",
        allowed=BUCKET_WORDS,
        examples=["my-project-models"],
    )
    folder: Traced[str | None] = spec_field(
        "Folder of the weights in the bucket or on the boot disk. Default: ORG/MODEL in a bucket, "
        "the root of a disk.",
        None,
        pattern=rf"^{_FOLDER}$",
        maxLength=400,
        allowed="a relative path of ASCII letters, digits, '-', '_' and '.', without / at the ends",
    )
    image: Traced[str | None] = spec_field(
        "For oci: the container image, with the weights in /models. For boot-disk: the disk image, "
        "as global/images/NAME or projects/PROJECT/global/images/NAME.",
        None,
        minLength=1,
        pattern=rf"^{IMAGE_NAME}$",
        allowed="the name of an image without oci://, and without spaces",
    )
    storageClass: Traced[str | None] = spec_field(
        "StorageClass of the volume, for pvc. With more than one server, its volumes must allow "
        "ReadWriteMany.",
        None,
        pattern=DNS_SUBDOMAIN,
        examples=["standard-rwx"],
    )
    sizeGb: Traced[int | None] = spec_field(
        "Size of the disk or volume in GiB. Default: from the size of the weights.",
        None,
        minimum=1,
        maximum=65536,
    )
    throughput: Traced[int | None] = spec_field(
        "Provisioned throughput of the Hyperdisk ML disk in MiB/s, for all servers together. "
        "Default: from the size of the weights.",
        None,
        minimum=400,
        maximum=1200000,
    )
    download: Traced[bool] = spec_field(
        "Fill the bucket, disk or volume by a Job that downloads the model. false: the weights are "
        "there.",
        True,
    )


@record
class CompileCache:
    """Where the servers keep compiled programs. `bucket` or `storageClass` is required."""

    bucket: Traced[str | None] = spec_field(
        "Name of a Cloud Storage bucket, mounted by Cloud Storage FUSE.",
        None,
        pattern=rf"^{BUCKET}$",
        allowed=BUCKET_WORDS,
        examples=["my-project-compiled"],
    )
    storageClass: Traced[str | None] = spec_field(
        "StorageClass of a volume. With more than one server, its volumes must allow "
        "ReadWriteMany.",
        None,
        pattern=DNS_SUBDOMAIN,
        examples=["standard-rwx"],
    )
    sizeGb: Traced[int | None] = spec_field(
        "Size of the volume in GiB. Default: 100.",
        None,
        minimum=1,
        maximum=65536,
    )


@record
class Claim:
    """A PersistentVolumeClaim that a volume of `template` names."""

    name: Traced[str] = spec_field("Name of the PersistentVolumeClaim.", pattern=DNS_SUBDOMAIN)
    sizeGb: Traced[int] = spec_field("Size of the volume in GiB.", minimum=1, maximum=65536)
    storageClass: Traced[str | None] = spec_field(
        "StorageClass of the volume. Default: the default StorageClass of the cluster.",
        None,
        pattern=DNS_SUBDOMAIN,
        examples=["standard-rwo"],
    )
    accessMode: Traced[str] = spec_field(
        "Which Pods mount the volume: those of one node, or with ReadWriteMany those of all nodes.",
        "ReadWriteOnce",
        enum=["ReadWriteOnce", "ReadWriteMany"],
    )
