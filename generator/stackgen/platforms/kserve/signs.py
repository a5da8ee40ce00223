"""What in the input tells which release is installed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stackgen.catalog.rows import Row
from stackgen.digits import to_int
from stackgen.facts.pickers import images_in
from stackgen.facts.shape import as_dict, as_list, maps, text
from stackgen.manifest.resource import Resource
from stackgen.platforms.kserve.names import KIND
from stackgen.platforms.kserve.release import GROUP, of_row
from stackgen.platforms.model import Sign
from stackgen.regex import regex

# How sure a sign is. An image or a chart of the release itself outweighs all that hints at it. One
# of another version is less than that: it tells the project, and the nearest release of it.
OWN, NEAR, PART, HINT = 100, 60, 10, 1
_FARTHEST = 20
# A chart or an image with the first numbers of its version.
_VERSION = regex(r"([^:]+?[:-])v?(\d+)\.(\d+)")
_RELEASED = regex(
    r"\bgithub\.com/kserve/(kserve)\b\S*?(?:/releases/download/|[?&]ref=)(v\d[\w.-]*)"
)
_PARTS = regex(r"[./]")
_CRD = "CustomResourceDefinition"
# Services that KServe makes for a service.
_CHILDREN = ("-epp-service", "-kserve-workload-svc")
_SERVICES = f"{KIND.lower()}s.{GROUP}"
# Annotations of CustomResourceDefinitions with the version of their bundle, and the component of
# `schemas` whose variants are named by that version.
_BUNDLES = {
    "inference.networking.k8s.io/bundle-version": ("gateway_inference_extension", "gie-"),
    "gateway.networking.k8s.io/bundle-version": ("gateway_api", "gateway-api-"),
}


def signs(row: Row, objects: Iterable[Resource]) -> Iterator[Sign]:
    """The signs of one release, each at most once."""
    controller = of_row(row)
    if controller is None:
        return
    own = as_dict(row.data.get("signs"))
    images = tuple(map(str, as_list(own.get("images"))))
    charts = tuple(map(str, as_list(own.get("charts"))))
    mentions = tuple(map(str, as_list(own.get("mentions"))))
    parts = frozenset(images_in(row.data))
    gateway = {"namespace": controller.gateway[0], "name": controller.gateway[1]}
    objects = tuple(objects)
    yield from _of_project(objects, mentions)
    said: set[str] = set()
    family, near = _family((*images, *charts)), Sign(0, "")
    for resource in objects:
        if not resource.once(_may_tell):
            continue
        near = max((near, *_of_family(resource, family)), key=lambda sign: sign.weight)
        for sign in (
            *_of_images(resource, images, parts),
            *(Sign(OWN, f"chart {c}") for c in resource.once(_charts) if c.startswith(charts)),
            *_definition(resource, row, controller.api_versions),
            *_of_gateway(resource, gateway),
            *(() if controller.destination_rules else _of_rule(resource)),
        ):
            if sign.what not in said:
                said.add(sign.what)
                yield sign
    # Only the best of these counts: it must not outweigh an image of another release.
    if near.weight and near.what not in said:
        yield near


def of_another_version(row: Row, objects: Iterable[Resource]) -> bool:
    """Whether the release is only the nearest of what the input installs."""
    weights = [sign.weight for sign in signs(row, objects) if sign.weight > PART]
    return bool(weights) and max(weights) < NEAR


def _family(own: Iterable[str]) -> dict[str, tuple[int, int]]:
    """The charts and images of a release without their version, each with it."""
    found = (_VERSION.match(one) for one in own)
    return {x[1]: (to_int(x[2]), to_int(x[3])) for x in found if x}


def _of_family(resource: Resource, family: dict[str, tuple[int, int]]) -> Iterator[Sign]:
    """Charts and images of another version than the release has."""
    charts = (("chart", one, one) for one in resource.once(_charts))
    images = (("image", one, _bare(one)) for one in resource.once(_images_of))
    for what, said, name in (*charts, *images):
        found = _VERSION.match(name)
        if found is not None and found[1] in family:
            major, minor = family[found[1]]
            far = abs(minor - to_int(found[3])) + _FARTHEST * (major != to_int(found[2]))
            told = f"{what} {said}, whose own release is not known" if far else f"{what} {said}"
            yield Sign(NEAR - min(far, _FARTHEST), told)
        elif what == "chart" and any(_is_of(name, one) for one in family):
            yield Sign(NEAR, f"{what} {said}")  # a version that is not said, or a variable


def _is_of(chart: str, name: str) -> bool:
    if name.count("-") == 1:  # of one word: charts of other projects have the name as well
        return False
    rest = f"{chart}-".removeprefix(name)
    return rest != f"{chart}-" and not rest[:1].isalpha()


def _may_tell(resource: Resource) -> bool:
    """Whether an object can tell of any release: it is asked about each."""
    told = resource.kind in (_CRD, "Gateway", "DestinationRule", KIND)
    return told or bool(resource.once(_images_of) or resource.once(_charts))


def _of_images(resource: Resource, own: tuple[str, ...], parts: frozenset[str]) -> Iterator[Sign]:
    for image in resource.once(_images_of):
        if _bare(image).startswith(own):
            yield Sign(OWN, f"image {image}")
        elif image in parts:
            yield Sign(PART, f"image {image}")


def _images_of(resource: Resource) -> tuple[str, ...]:
    return tuple(images_in(resource.data))


def _bare(image: str) -> str:
    """The reference without Docker Hub's name, which is often left out."""
    return image.removeprefix("docker.io/")


def _charts(resource: Resource) -> list[str]:
    """Charts as `NAME-VERSION`, or as `NAME` without one.

    Of a label, a HelmRelease, an OCIRepository, an Application or a set of them, a kustomization,
    helmfile, a chart of charts, a script, and Terraform. A kustomization may also list files of a
    repository on GitHub.
    """
    label = text(as_dict(resource.metadata.get("labels")).get("helm.sh/chart"))
    chart = as_dict(resource.get("spec", "chart", "spec"))
    sources: list[dict[str, Any]] = []
    for spec in (resource.get("spec"), resource.get("spec", "template", "spec")):
        given = as_dict(spec)
        sources += [as_dict(given.get("source")), *(s for _, s in maps(given.get("sources")))]
    installed = as_dict(resource.get("spec")) if resource.kind == "HelmInstall" else {}
    address = text(resource.get("spec", "url")).removesuffix(".git")
    if resource.kind == "GitRepository" and not address.endswith("/kserve/kserve"):
        address = ""  # a fork
    listed = as_list(resource.get("resources")) if resource.index else []
    found = [
        (chart.get("chart"), chart.get("version")),
        (address, resource.get("spec", "ref", "tag")),
        *((s.get("chart"), s.get("targetRevision")) for s in sources),
        (installed.get("chart"), installed.get("version")),
        *((x.get("name"), x.get("version")) for _, x in maps(resource.get("helmCharts"))),
        *((x.get("chart"), x.get("version")) for _, x in maps(resource.get("releases"))),
        *((x.get("name"), x.get("version")) for _, x in maps(resource.get("dependencies"))),
        *((m[1], m[2]) for x in listed if (m := _RELEASED.search(text(x))) is not None),
    ]
    named = [(text(name).rstrip("/").rpartition("/")[2], text(version)) for name, version in found]
    charts = ["-".join(filter(None, one)) for one in named if one[0]]
    return [label, *charts] if label else charts


def _definition(resource: Resource, row: Row, versions: tuple[str, ...]) -> Iterator[Sign]:
    if resource.kind != _CRD:
        return
    if resource.name == _SERVICES:
        served = {
            text(v.get("name")) for _, v in maps(resource.get("spec", "versions"))
            if v.get("served") is True
        }  # fmt: skip
        if served and served == set(versions):
            yield Sign(PART, f"{_SERVICES} with {', '.join(sorted(served))}")
    annotations = as_dict(resource.metadata.get("annotations"))
    for key, (component, prefix) in _BUNDLES.items():
        version = text(annotations.get(key)).removeprefix("v")
        if version and as_dict(row.data.get("schemas")).get(component) == prefix + version:
            yield Sign(PART, f"{key} v{version}")


def _of_gateway(resource: Resource, gateway: dict[str, str]) -> Iterator[Sign]:
    """The object is the gateway of the release, or a service that refers to it."""
    is_service = (resource.group, resource.kind) == (GROUP, KIND)
    refs = maps(resource.get("spec", "router", "gateway", "refs")) if is_service else ()
    refers = any(ref.items() >= gateway.items() for _, ref in refs)
    place = {"namespace": resource.namespace, "name": resource.name}
    if refers or (resource.kind == "Gateway" and place == gateway):
        yield Sign(HINT, f"gateway {gateway['namespace']}/{gateway['name']}")


def _of_project(objects: tuple[Resource, ...], mentions: tuple[str, ...]) -> Iterator[Sign]:
    """The first object of the project of the release, or one that is made for it."""
    for said in (name for resource in objects for name in resource.once(_names) if mentions):
        if any(part.startswith(mentions) for part in (said, *_PARTS.split(said))):
            yield Sign(HINT, said)
            return


def _names(resource: Resource) -> tuple[str, ...]:
    """What may name a project: the API group, namespace, keys, images and address of an object."""
    keys = (as_dict(resource.metadata.get(one)) for one in ("labels", "annotations"))
    address = text(resource.get("spec", "url"))
    own = (resource.group, resource.namespace, *(key for one in keys for key in one), address)
    return tuple(filter(None, (*own, *resource.once(_images_of))))


def _of_rule(resource: Resource) -> Iterator[Sign]:
    """A DestinationRule for a child of a service, which the input has to bring: none is made."""
    host = text(resource.get("spec", "host")) if resource.kind == "DestinationRule" else ""
    if host.partition(".")[0].endswith(_CHILDREN):
        yield Sign(HINT, f"DestinationRule {resource.name} for {host}")
