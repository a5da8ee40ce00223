"""Jobs that fill volumes, for Pods that read them: empty ones are of no use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.facts.shape import as_list, at, maps, text, texts
from stackgen.manifest.resource import Resource
from stackgen.regex import regex
from stackgen.rollout.model import Key, key_of

# Words of Jobs that bring something to a volume.
_BRINGS = regex(
    r"download|fetch|pull|clone|copy|\bcp\b|sync|seed|init|import|populate|prepare|convert|load|cache"
    r"|stage|warm|hugging|\bhf\b|snapshot|gsutil|gcloud|\bs3\b|rclone|wget|curl|\boras\b|model|weights",
    re.I,
)

_HOOKS = ("argocd.argoproj.io/hook", "helm.sh/hook")
_LATE = regex(r"^(?:PostSync|SyncFail|PostDelete|post-\w+|test)$")

# What a claim is about: a driver, a bucket or disk, and a folder; or the claim itself.
Contents = tuple[str, ...]


def contents(
    spec: Mapping[str, Any], namespace: str, there: Mapping[Key, Resource]
) -> Iterator[tuple[Contents, bool]]:
    """The contents of the claims that a Pod mounts, each with whether it may write to them."""
    for _, volume in maps(spec.get("volumes")):
        source = volume.get("persistentVolumeClaim")
        name = text(at(source, "claimName"))
        if not name:
            continue
        claim = there.get(Key("", "PersistentVolumeClaim", namespace, name))
        bound = text(claim.get("spec", "volumeName")) if claim is not None else ""
        held = there.get(Key("", "PersistentVolume", "", bound)) if bound else None
        driver = text(held.get("spec", "csi", "driver")) if held is not None else ""
        writes = at(source, "readOnly") is not True
        if held is None or not driver:
            yield ("claim", namespace, name), writes
            continue
        handle = text(held.get("spec", "csi", "volumeHandle")).partition(":")[0]
        options = [str(o) for o in as_list(held.get("spec", "mountOptions"))]
        folder = next((o for o in options if o.startswith("only-dir")), "")
        only_read = held.get("spec", "csi", "readOnly") is True
        yield (driver, handle, folder), writes and not only_read


def brings(job: Resource) -> bool:
    """Whether a Job seems to bring what others read. One that measures a disk writes as well."""
    pods = job.get("spec", "template", "spec", "containers")
    return any(_BRINGS.search(one) for one in (job.name, *(said for _, said in texts(pods))))


def _is_late(job: Resource) -> bool:
    """Whether a Job runs when the others are ready: what they need, others have brought."""
    annotations = job.metadata.get("annotations")
    hooks = [text(at(annotations, key)) for key in _HOOKS]
    return any(hooks) and all(_LATE.search(hook) for hook in hooks if hook)


def fillers(there: Mapping[Key, Resource]) -> dict[Contents, list[Key]]:
    """The Jobs that write to volumes, by what these hold."""
    found: dict[Contents, list[Key]] = {}
    for key, resource in there.items():
        if (key.group, key.kind) == ("batch", "Job") and not _is_late(resource):
            spec = resource.get("spec", "template", "spec")
            for what, writes in contents(
                spec if isinstance(spec, dict) else {}, key.namespace, there
            ):
                if writes:
                    found.setdefault(what, []).append(key_of(resource))
    return found
