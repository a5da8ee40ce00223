"""What in the input tells which release is installed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackgen.catalog.rows import Row
from stackgen.facts.pickers import images_in
from stackgen.facts.shape import as_dict, as_list, maps, text
from stackgen.manifest.resource import Resource
from stackgen.platforms.kserve.names import KIND
from stackgen.platforms.kserve.release import GROUP, of_row
from stackgen.platforms.model import Sign

# How sure a sign is. An image or a chart of the release itself outweighs all that hints at it.
OWN, PART, HINT = 100, 10, 1
_CRD = "CustomResourceDefinition"
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
    parts = frozenset(images_in(row.data))
    gateway = {"namespace": controller.gateway[0], "name": controller.gateway[1]}
    said: set[str] = set()
    for resource in objects:
        if not resource.once(_may_tell):
            continue
        for sign in (
            *_of_images(resource, images, parts),
            *(Sign(OWN, f"chart {c}") for c in resource.once(_charts) if c.startswith(charts)),
            *_definition(resource, row, controller.api_versions),
            *_of_gateway(resource, gateway),
        ):
            if sign.what not in said:
                said.add(sign.what)
                yield sign


def _may_tell(resource: Resource) -> bool:
    """Whether an object can tell of any release: it is asked about each."""
    told = resource.kind in (_CRD, "Gateway", KIND)
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
    """Charts as `NAME-VERSION`: of a label, a HelmRelease, an OCIRepository, an Application."""
    label = text(as_dict(resource.metadata.get("labels")).get("helm.sh/chart"))
    chart = as_dict(resource.get("spec", "chart", "spec"))
    sources = [as_dict(resource.get("spec", "source"))]
    sources += [s for _, s in maps(resource.get("spec", "sources"))]
    repository = text(resource.get("spec", "url")).rstrip("/").rpartition("/")[2]
    found = [
        (text(chart.get("chart")), text(chart.get("version"))),
        (repository, text(resource.get("spec", "ref", "tag"))),
        *((text(s.get("chart")), text(s.get("targetRevision"))) for s in sources),
    ]
    charts = [f"{name}-{version}" for name, version in found if name and version]
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
