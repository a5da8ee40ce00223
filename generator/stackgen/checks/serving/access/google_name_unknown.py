"""A bucket, secret or repository whose name is nearly that of one that the input makes."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.access.gcsfuse_annotation import fuse_pods
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.escape import visible
from stackgen.facts.google_cloud import cloud
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.facts.workflows import jobs
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.regex import regex
from stackgen.spelling import misspelled

_GS = regex(r"gs://([a-z0-9._-]+)")
_IMAGE = regex(r"([a-z0-9-]+)-docker\.pkg\.dev/([a-z0-9.:-]+)/([a-z0-9._-]+)/")
_LEAST = 3  # words of a name, so that it may lack one in the middle
_STEM = 4
# Words that name another environment, and no other spelling.
_APART = regex(
    r"(?:prod|production|dev|develop|test|stage|staging|qa|live|demo|[a-z]+\d+|us|eu|\d+)\Z"
)

_ENVIRONMENTS = {"prod", "production", "dev", "develop", "test", "stage", "staging", "qa", "live"}
_WORD = regex(r"[a-z]+")


def check(context: Context) -> Violations:
    """One finding for each name and object."""
    made = cloud(context.bundle).names
    named = list(_named(context))
    used = {(kind, name) for kind, name, _ in named}
    projects = _projects(context)
    for kind, name, place in named:
        there = made.get(kind, {})
        meant = "" if not name or name in there else _meant(name, there)
        if not meant and name and name not in there and kind == "StorageBucket":
            meant = _environment(name, there, place)
        if name and not meant and name not in there and kind == "SecretManagerSecret":
            meant = _longer(name, [one for one in there if (kind, one) not in used])
        if kind == "SecretManagerSecret" and name in there:
            yield from _other_project(name, there[name], place, projects)
        if meant:
            word = "bucket" if kind == "StorageBucket" else "secret"
            yield violation(
                f"the input makes no {word} {visible(name)}; it makes {meant}",
                place,
                Place(there[meant], (), note=f"the {word}"),
            )
    yield from _images(context, made.get("ArtifactRegistryRepository", {}))
    yield from _pushed_names(context)


def _projects(context: Context) -> dict[tuple[str, str], str]:
    """The project of each store of secrets, by its kind and name; "" where two have the name."""
    found: dict[tuple[str, str], str] = {}
    for kind in ("ClusterSecretStore", "SecretStore"):
        for store in context.bundle.of_kind(kind):
            project = text(store.get("spec", "provider", "gcpsm", "projectID"))
            key = (kind, store.name)
            found[key] = "" if found.get(key, project) != project else project
    return found


def _other_project(
    name: str, made: Resource, place: Place, projects: dict[tuple[str, str], str]
) -> Violations:
    """A secret that the input makes in another project than that of the store."""
    owner = text(made.get("spec", "project"))
    ref = as_dict(place.resource.get("spec", "secretStoreRef")) if place.resource else {}
    project = projects.get((text(ref.get("kind")) or "SecretStore", text(ref.get("name"))), "")
    if owner and project and plain(owner) and plain(project) and owner != project:
        yield violation(
            f"the store reads secrets of project {project}; the input makes secret "
            f"{visible(name)} in project {owner}",
            place,
            Place(made, (), note="the secret"),
        )


def _meant(name: str, there: Collection[str]) -> str:
    """The name that is meant: a letter differs, or one of the two lacks a word in the middle.

    A secret may have underscores.
    """
    dashes = name.replace("_", "-")
    found = [one for one in there if one.replace("_", "-") == dashes]
    found = found or [one for one in there if misspelled(name, one) or _shorter(name, one)]
    return found[0] if len(found) == 1 and plain(name) else ""


def _environment(name: str, there: Collection[str], place: Place) -> str:
    """The only bucket that is called so but for the word of an environment.

    The folder of the object must not be one of the environment that the name has.
    """
    words = name.split("-")
    found = []
    for one in there:
        others = one.split("-")
        apart = [(a, b) for a, b in zip(words, others, strict=False) if a != b]
        if len(others) == len(words) and len(apart) == 1 and {*apart[0]} <= _ENVIRONMENTS:
            found.append((one, apart[0][0]))
    file = place.resource.file if place.resource is not None else ""
    here = set(_WORD.findall(file))
    return found[0][0] if len(found) == 1 and found[0][1] not in here else ""


def _longer(name: str, free: Collection[str]) -> str:
    """The only secret that nothing names, if it has one word more or less at an end."""
    words = name.split("-")
    found = []
    for one in free:
        few, many = sorted((words, one.split("-")), key=len)
        ends = ((many[:-1], many[-1]), (many[1:], many[0]))
        if len(few) > 1 and any(rest == few and not _APART.match(word) for rest, word in ends):
            found.append(one)
    return found[0] if len(found) == 1 and plain(name) else ""


def _shorter(one: str, other: str) -> bool:
    few, many = sorted((one.split("-"), other.split("-")), key=len)
    if len(many) != len(few) + 1 or len(many) < _LEAST:
        return False
    return any(
        few == [*many[:i], *many[i + 1 :]] and not _APART.match(many[i])
        for i in range(1, len(many) - 1)
    )


def _named(context: Context) -> Iterator[tuple[str, str, Place]]:
    """The buckets and secrets that objects name, by the kind that makes them."""
    for resource, template, i in fuse_pods(context):
        path: Path = (*template.spec_path, "volumes", i)
        bucket = text(at(template.spec["volumes"][i], "csi", "volumeAttributes", "bucketName"))
        if bucket:
            yield "StorageBucket", bucket, Place(resource, path)
    for volume in context.bundle.of_kind("PersistentVolume"):
        csi = as_dict(volume.get("spec", "csi"))
        if text(csi.get("driver")).startswith("gcsfuse.") and csi.get("volumeHandle"):
            at_handle = Place(volume, ("spec", "csi", "volumeHandle"))
            yield "StorageBucket", text(csi.get("volumeHandle")).partition(":")[0], at_handle
    for service in context.bundle.of_kind("InferenceService"):
        path = ("spec", "predictor", "model", "storageUri")
        found = _GS.match(text(service.get(*path)))
        if found:
            yield "StorageBucket", found[1], Place(service, path)
    stores = {
        (kind, store.namespace, store.name)
        for kind in ("ClusterSecretStore", "SecretStore")
        for store in context.bundle.of_kind(kind)
        if store.get("spec", "provider", "gcpsm") is not None
    }
    for secret in context.bundle.of_kind("ExternalSecret") if stores else ():
        ref = as_dict(secret.get("spec", "secretStoreRef"))
        kind = text(ref.get("kind")) or "SecretStore"
        space = secret.namespace if kind == "SecretStore" else ""
        if (kind, space, text(ref.get("name"))) not in stores:
            continue
        for i, row in maps(secret.get("spec", "data")):
            key = text(as_dict(row.get("remoteRef")).get("key"))
            yield (
                "SecretManagerSecret", key,
                Place(secret, ("spec", "data", i, "remoteRef", "key")),
            )  # fmt: skip


def _images(context: Context, there: dict[str, Resource]) -> Violations:
    """Images of a repository that the input makes in another location, or under another name.

    A name is known for another one if the other images of the project have it.
    """
    images = list(_pulled(context)) if there else []
    used = {(where, project, name) for where, project, name, _ in images}
    told: set[tuple[str, str, str]] = set()
    for where, project, name, place in images:
        if (where, project, name) in told:
            continue
        told.add((where, project, name))
        made = there.get(name)
        located = text(made.get("spec", "location")).lower() if made is not None else ""
        others = [x for x in used if x[1] == project and x[2] in there and x[2] != name]
        if made is not None and plain(located) and located and located != where:
            elsewhere = any(x == (located, project, name) for x in used)
            owner = text(made.get("spec", "project"))
            if elsewhere or owner == project:
                yield violation(
                    f"the image is from repository {name} in {where}; the input makes it in "
                    f"{located}",
                    place,
                    Place(made, (), note="the repository"),
                )
        elif made is None and (meant := _alike(name, there, stems=bool(others))):
            yield violation(
                f"the input makes no repository {visible(name)}; it makes {meant}",
                place,
                Place(there[meant], (), note="the repository"),
            )


def _pushed_names(context: Context) -> Violations:
    """Images that a job pushes and no Pod runs, if Pods run one of almost the name instead."""
    pushed = [
        (image, job.place(path)) for job in jobs(context.bundle) for image, path in job.pushes()
    ]
    pulled: dict[str, Place] = {}
    for pod in pod_specs(context) if pushed else ():
        for path, container in pod.containers():
            image = text(container.get("image")).partition("@")[0]
            name = image.rpartition("/")[2].partition(":")[0]
            pulled[f"{image.rpartition('/')[0]}/{name}"] = pod.place(*path, "image")
    names = {image for image, _ in pushed}
    for image, place in pushed:
        near = [one for one in pulled if one not in names and _same_folder(one, image)]
        if image not in pulled and len(near) == 1:
            said = near[0].rpartition("/")[2]
            yield violation(
                f"the job pushes {image.rpartition('/')[2]}, and Pods run {visible(said)} of the "
                "same repository",
                place,
                pulled[near[0]],
            )


def _same_folder(one: str, other: str) -> bool:
    """Whether two images of a repository have almost the same name."""
    (here, _, name), (there, _, called) = one.rpartition("/"), other.rpartition("/")
    return here == there and misspelled(name, called)


def _alike(name: str, there: Collection[str], stems: bool) -> str:
    """The only repository whose name is spelled almost so, or with `stems` begins alike."""
    found = [one for one in there if misspelled(name, one) or (stems and _same_stem(name, one))]
    return found[0] if len(found) == 1 else ""


def _same_stem(one: str, other: str) -> bool:
    """Whether two single words begin alike: `serve` and `serving`."""
    near = abs(len(one) - len(other)) < _STEM and one[:_STEM] == other[:_STEM]
    return near and "-" not in one + other and min(len(one), len(other)) > _STEM


def _pulled(context: Context) -> Iterator[tuple[str, str, str, Place]]:
    for pod in pod_specs(context):
        for path, container in pod.containers():
            found = _IMAGE.match(text(container.get("image")))
            if found:
                yield found[1], found[2], found[3], pod.place(*path, "image")
    for job in jobs(context.bundle):
        for image, path in job.pushes():
            found = _IMAGE.match(image)
            if found:
                yield found[1], found[2], found[3], job.place(path)
