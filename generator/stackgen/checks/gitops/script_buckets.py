"""Buckets and their folders that scripts fill, and that the manifests call otherwise.

Rules see the objects; the command line has the texts of scripts, so it calls this.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from stackgen.checks.gitops.script_files import place
from stackgen.escape import visible
from stackgen.facts.google_cloud import cloud
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.shape import as_dict, maps, plain, text, texts
from stackgen.findings.model import Finding, Place
from stackgen.findings.rules import rule_named
from stackgen.manifest import shell
from stackgen.manifest.document import Source
from stackgen.manifest.resource import Bundle
from stackgen.record import record
from stackgen.regex import regex
from stackgen.spelling import misspelled

_GS = regex(r"gs://(?P<bucket>[a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?P<path>/[^\s\"';|&)]*)?")
_COPY = regex(
    r"\b(?:gcloud\s+(?:alpha\s+)?storage|gsutil(?:\s+-m)?)\s+(?:cp|rsync|mv)\s([^\n;|&]*)"
)
_ONLY = regex(r"(?:\A|,)only-dir[=:]([^,]+)")
# Words that name another environment, and no other spelling.
_APART = regex(r"(?:prod|production|dev|test|stage|staging|qa|live|demo|[a-z]+\d+|us|eu|\d+)\Z")


@record
class _Use:
    """A folder of a bucket, by its first part: "" for the whole bucket.

    last: its last part, of what a script fills and what a service loads, and "" of Pods.
    """

    bucket: str
    folder: str
    where: Place
    last: str = ""


def findings(bundle: Bundle, files: Sequence[Source]) -> Iterator[Finding]:
    """One finding for each bucket and script."""
    scripts = {one.name: one for one in files if one.name.endswith(shell.SUFFIXES)}
    if not any("gs://" in one.text for one in scripts.values()):
        return
    texts_of = {name: one.text for name, one in scripts.items()}
    written = [
        use
        for name, source in scripts.items()
        if "gs://" in source.text
        for use in _written(source, shell.sourced(name, texts_of))
    ]
    made = cloud(bundle).names.get("StorageBucket", {})
    used = {use.bucket for use in written}
    for use in written:
        near = [one for one in made if _is_meant(use.bucket, one, used)]
        if use.bucket not in made and len(near) == 1:
            yield rule_named("google-name-unknown").finding(
                f"the input makes no bucket {visible(use.bucket)}; it makes {near[0]}",
                use.where,
                Place(made[near[0]], (), note="the bucket"),
            )
    yield from _folders(written, list(_of_pods(bundle)))


def _folders(written: list[_Use], pods: list[tuple[bool, _Use]]) -> Iterator[Finding]:
    """A folder that is filled, in a bucket of which Pods read only another one."""
    for use in written:
        filled = {one.folder for one in written if one.bucket == use.bucket}
        filled |= {one.folder for reads, one in pods if not reads and one.bucket == use.bucket}
        read = {one.folder: one for reads, one in pods if reads and one.bucket == use.bucket}
        if len(filled) == 1 and len(read) == 1 and "" not in {*filled, *read}:
            (folder, there), *_ = read.items()
            # The same model in another folder is what model-path-missing says.
            if use.last and use.last == there.last:
                continue
            if folder not in filled and plain(folder + use.folder):
                yield rule_named("bucket-folder-unread").finding(
                    f"the script fills folder {visible(use.folder)} of bucket {use.bucket}, and "
                    f"Pods read folder {visible(folder)}",
                    use.where,
                    there.where,
                )


def _is_meant(name: str, other: str, used: Collection[str]) -> bool:
    """Whether a letter differs, or one of the two has a word more at its end."""
    few, many = sorted((name.split("-"), other.split("-")), key=len)
    longer = len(many) == len(few) + 1 and many[:-1] == few and not _APART.match(many[-1])
    return misspelled(name, other) or (longer and len(few) > 1 and other not in used)


def _written(source: Source, sourced: Sequence[str]) -> Iterator[_Use]:
    """What commands of a script copy to a bucket."""
    for command in shell.read(source.text, sourced).commands:
        plain_words = [w for w in command.words if not w.startswith("-")]
        if plain_words[:2] != ["gcloud", "storage"] or plain_words[2:3] not in (["cp"], ["rsync"]):
            continue
        found = _GS.fullmatch(plain_words[-1]) if len(plain_words) > 4 else None
        if found is not None and "$" not in plain_words[-1]:
            first, last = _first(found["path"]), _last(found["path"])
            yield _Use(found["bucket"], first, place(source, command.first), last)
        elif plain_words[-1].startswith("gs://"):
            # The folder is filled in, or only a part of it.
            begin = _GS.match(plain_words[-1])
            known = begin is not None and (begin["path"] or "").count("/") > 1
            if begin is not None and known and "$" not in _first(begin["path"]):
                first, last = _first(begin["path"]), _last(begin["path"])
                yield _Use(begin["bucket"], first, place(source, command.first), last)
            elif begin is not None and "$" not in begin["bucket"]:
                yield _Use(begin["bucket"], "", place(source, command.first))


def _first(path: str | None) -> str:
    return (path or "").strip("/").partition("/")[0]


def _last(path: str | None) -> str:
    return (path or "").rstrip("/").rpartition("/")[2].lower()


def _of_pods(bundle: Bundle) -> Iterator[tuple[bool, _Use]]:
    """What Pods read of buckets, and what they fill: whether it is read, and the folder."""
    for one in bundle.objects:
        for template in pod_templates(one):
            for i, volume in maps(template.spec.get("volumes")):
                csi = as_dict(volume.get("csi"))
                given = as_dict(csi.get("volumeAttributes"))
                if text(csi.get("driver")).startswith("gcsfuse."):
                    found = _ONLY.search(text(given.get("mountOptions")))
                    at = Place(one, (*template.spec_path, "volumes", i))
                    yield True, _Use(text(given.get("bucketName")), _first(found and found[1]), at)
            yield from _of_texts(template.spec, Place(one, template.spec_path))
        if not list(pod_templates(one)):
            yield from _of_texts(as_dict(one.get("spec")), Place(one, ("spec",)), True)


def _of_texts(
    data: Mapping[str, Any], at: Place, of_service: bool = False
) -> Iterator[tuple[bool, _Use]]:
    for _, written in texts(data):
        if "gs://" not in written:
            continue
        filled: set[int] = set()
        for copy in _COPY.finditer(written):
            inside = list(_GS.finditer(copy[1]))
            last = copy[1].split()[-1].strip("\"'") if copy[1].split() else ""
            if inside and last.startswith("gs://"):
                filled.add(copy.start(1) + inside[-1].start())
        for found in _GS.finditer(written):
            folder = "" if "$" in (found["path"] or "") else _first(found["path"])
            last = _last(found["path"]) if of_service else ""
            yield found.start() not in filled, _Use(found["bucket"], folder, at, last)
