"""Buckets and disks with the weights of models, and who may read and write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from stackgen.bootstrap.needs import Needs, google_cloud
from stackgen.bootstrap.script import Step, command, unless
from stackgen.escape import shell_word
from stackgen.plan.model import Plan
from stackgen.plan.model_cache import DOWNLOADS, SERVERS
from stackgen.spec.model_cache import FUSE, HYPERDISK

READS, WRITES = "read-objects", "write-objects"


def model_storage(
    plan: Plan, needs: Needs, number: str, member: Callable[[str], str]
) -> Step | None:
    """What exists before the Jobs that fill it; None where no model is in a bucket or on a disk.

    number: the command before `member`, which is the flag for an account of the serving namespace.
    """
    rights = buckets(plan)
    commands = [*_disks(plan, needs)]
    for bucket in dict.fromkeys(bucket for bucket, _ in rights):
        commands.append(unless(
            command("gcloud", "storage", "buckets", "describe", f"gs://{bucket}"),
            command(
                "gcloud", "storage", "buckets", "create", f"gs://{bucket}",
                f"--project={needs.project}", f"--location={needs.region}",
                "--uniform-bucket-level-access", "--public-access-prevention",
            ),
        ))  # fmt: skip
    if rights:
        commands.append(number)
    for (bucket, account), right in rights.items():
        bind = command("gcloud", "storage", "buckets", "add-iam-policy-binding", f"gs://{bucket}")
        role = shell_word(f"--role={google_cloud()['roles'][right]}")
        commands.append(f"{bind} {member(account)} {role} --format=none")
    if not commands:
        return None
    about = "Buckets and disks that exist stay. Kubernetes accounts read and write buckets."
    return Step("models", about, tuple(commands))


def buckets(plan: Plan) -> dict[tuple[str, str], str]:
    """What an account needs on a bucket, by both: to write includes to read."""
    found: dict[tuple[str, str], str] = {}
    for model in plan.models:
        account = model.spec.names.serviceAccount.value or SERVERS
        weights, programs = model.spec.modelCache.bucket.value, model.spec.compileCache.bucket.value
        if model.cache.type.value == FUSE and weights is not None:
            found.setdefault((weights, account), READS)
            if model.cache.filled.value:
                found[weights, DOWNLOADS] = WRITES
        if programs is not None:
            found[programs, account] = WRITES
    return found


def _disks(plan: Plan, needs: Needs) -> Iterator[str]:
    for model in plan.models:
        cache = model.cache
        if (cache.name.value, model.pool.zone.value) not in disks(plan):
            continue
        where = (f"--project={needs.project}", f"--zone={model.pool.zone.value}")
        of = ("gcloud", "compute", "disks")
        yield unless(
            command(*of, "describe", cache.name.value, *where),
            command(
                *of, "create", cache.name.value, *where, f"--type={HYPERDISK}",
                f"--size={cache.size.value}GB",
                f"--provisioned-throughput={cache.throughput.value}",
            ),
        )  # fmt: skip


def disks(plan: Plan) -> list[tuple[str, str]]:
    """Name and zone of the disks that the stack fills."""
    return [
        (str(m.cache.name.value), str(m.pool.zone.value))
        for m in plan.models if m.cache.type.value == HYPERDISK and m.cache.filled.value
    ]  # fmt: skip
