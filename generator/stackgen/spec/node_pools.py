"""The typed spec of node pools, and of what replaces their capacity when there is none."""

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.fields import DNS_LABEL, spec_field

ACCELERATORS = [
    "v4", "v5e", "v5p", "v6e", "tpu7x",
    "t4", "l4", "a100-40", "a100-80", "h100", "h200",
]  # fmt: skip
PURCHASES = ["on-demand", "spot", "flex-start", "1-year", "3-year"]
DYNAMIC = "dynamic"  # of slicing
FLEX_SECONDS = 604800  # Google Cloud takes flex-start machines back after seven days
RESERVATION = (
    r"^(projects/[a-z][-a-z0-9]{4,28}[a-z0-9]/reservations/)?[a-z]([-a-z0-9]{0,61}[a-z0-9])?"
    r"(/reservationBlocks/[a-z0-9][-a-z0-9]*(/reservationSubBlocks/[a-z0-9][-a-z0-9]*)?)?$"
)
RESERVATION_WORDS = (
    "a reservation's name, or projects/PROJECT/reservations/NAME, both with "
    "/reservationBlocks/BLOCK if needed"
)
ZONE = r"^[a-z]+-[a-z]+[0-9]+-[a-z0-9]+$"
ZONE_WORDS = "a zone such as europe-west4-a"


@record
class Fallback:
    """Nodes that GKE creates when the node pool, and the entries before this one, have none."""

    purchase: Traced[str] = spec_field(
        "Provisioning model and price, as of a node pool.", "on-demand", enum=PURCHASES
    )
    reservation: Traced[str | None] = spec_field(
        "Compute Engine reservation to consume.",
        None,
        pattern=RESERVATION,
        allowed=RESERVATION_WORDS,
        examples=["tpu-reservation"],
    )
    zones: tuple[Traced[str], ...] = spec_field(
        "Zones in which GKE may create the nodes. Default: the zone of the node pool.",
        (),
        items={"pattern": ZONE},
        allowed=ZONE_WORDS,
    )
    accelerator: Traced[str | None] = spec_field(
        "TPU generation or GPU type that fits the same models. Default: that of the node pool.",
        None,
        enum=ACCELERATORS,
    )
    topology: Traced[str | None] = spec_field(
        "Topology of one TPU slice. Hosts and chips per host must be those of the node pool. "
        "Default: that of the node pool.",
        None,
        pattern=r"^[1-9][0-9]{0,2}(x[1-9][0-9]{0,2}){1,2}$",
        allowed="two or three numbers joined by x, such as 2x2",
    )
    maxRunDurationSeconds: Traced[int | None] = spec_field(
        "Seconds after which Google Cloud takes flex-start nodes back. Default: seven days.",
        None,
        minimum=600,
        maximum=FLEX_SECONDS,
    )


@record
class NodeCount:
    """Limits of the cluster autoscaler for a node pool."""

    min: Traced[int] = spec_field(
        "Minimum number of nodes per zone. For multi-host slices, a multiple of the hosts of one "
        "slice.",
        minimum=0,
        maximum=1000,
    )
    max: Traced[int] = spec_field(
        "Maximum number of nodes per zone. Each multi-host slice is a separate node pool, NAME-0, "
        "NAME-1 and so on: 8 nodes of 4-host slices are two node pools.",
        minimum=1,
        maximum=1000,
    )


@record
class NodePool:
    """A GKE node pool: a machine type, a TPU generation with a topology, or a type of GPU."""

    name: Traced[str] = spec_field(
        "Name of the node pool.", pattern=DNS_LABEL, maxLength=40, examples=["tpu-pool"]
    )
    nodes: NodeCount = spec_field("Limits of the cluster autoscaler.")
    machineType: Traced[str | None] = spec_field(
        "Compute Engine machine type. Default for a TPU pool: from accelerator and topology. "
        "Default for a GPU pool: from accelerator, gpus and the memory that its models need.",
        None,
        examples=["n1-standard-4"],
    )
    accelerator: Traced[str | None] = spec_field(
        "TPU generation or GPU type. It determines the GKE labels, the machine type, chips and "
        "hosts.",
        None,
        enum=ACCELERATORS,
    )
    topology: Traced[str | None] = spec_field(
        "Topology of one TPU slice, such as 2x2 (v5e, v6e) or 2x2x1 (v4, v5p, tpu7x). On a "
        "multi-host topology, such as 4x4, a group of Pods serves a model. auto: the cheapest "
        "single-host topology that fits every model of the pool.",
        None,
        pattern=r"^(auto|[1-9][0-9]{0,2}(x[1-9][0-9]{0,2}){1,2})$",
        allowed="two or three numbers joined by x, such as 2x2, or auto",
    )
    gpus: Traced[int | None] = spec_field(
        "GPUs per node. Default: those of machineType, or the smallest number that a machine with "
        "this GPU type has.",
        None,
        minimum=1,
        maximum=16,
    )
    zone: Traced[str | None] = spec_field(
        "Zone of the nodes. Required for TPU and GPU pools of a regional cluster.",
        None,
        pattern=ZONE,
        allowed=ZONE_WORDS,
    )
    purchase: Traced[str] = spec_field(
        "Provisioning model and price. spot: cheaper, but preemptible. flex-start: runs for at "
        "most seven days. 1-year, 3-year: the price under a committed use discount that you have.",
        "on-demand",
        enum=PURCHASES,
    )
    maxRunDurationSeconds: Traced[int | None] = spec_field(
        "Seconds after which Google Cloud takes flex-start nodes back. Default: seven days.",
        None,
        minimum=600,
        maximum=FLEX_SECONDS,
    )
    reservation: Traced[str | None] = spec_field(
        "Compute Engine reservation to consume. The pool uses no other capacity. For a "
        "reservation that another project shares: projects/PROJECT/reservations/NAME.",
        None,
        pattern=RESERVATION,
        allowed=RESERVATION_WORDS,
        examples=["tpu-reservation"],
    )
    reservedUntil: Traced[str | None] = spec_field(
        "Last day of a future reservation (calendar mode), in quotes. Google Cloud then deletes "
        "the reservation and its nodes.",
        None,
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        allowed="a date such as 2027-03-31, in quotes",
    )
    slicing: Traced[str] = spec_field(
        "When GKE forms the slices. static: each node pool is one slice, or its hosts serve each "
        "for itself. dynamic: when servers start, of tpu7x nodes from a block of a reservation, by "
        "Kueue.",
        "static",
        enum=["static", DYNAMIC],
    )
    fallback: tuple[Fallback, ...] = spec_field(
        "What GKE creates, in this order, when the pool has no room and no capacity. The models of "
        "the pool select a ComputeClass with the name of the pool.",
        (),
    )
    activeMigration: Traced[bool] = spec_field(
        "With `fallback`: GKE moves model servers back to the pool, or to an earlier entry, when "
        "it has capacity. Each move restarts a server.",
        False,
    )
    diskSizeGb: Traced[int | None] = spec_field(
        "Boot disk size in GB. Model files are downloaded to this disk.",
        None,
        minimum=10,
        maximum=65536,
    )
    explicitScheduling: Traced[bool] = spec_field(
        "Write the TPU taint and node labels into the node pool. GKE adds the same values itself.",
        False,
    )
