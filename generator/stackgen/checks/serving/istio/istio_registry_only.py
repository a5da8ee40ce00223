"""A connection that the sidecar does not let out: no ServiceEntry has the host."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import Pods, chain
from stackgen.checks.serving.engines.model_routers import routers
from stackgen.checks.serving.istio.istiod import istiods
from stackgen.checks.serving.mesh import NETWORKING, have_sidecar
from stackgen.checks.serving.provided import provided
from stackgen.checks.serving.settled import settled
from stackgen.escape import visible
from stackgen.facts.download_hosts import downloads_of
from stackgen.facts.shape import as_dict, as_list, maps, plain, text
from stackgen.findings.model import Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

_CLOSED = "REGISTRY_ONLY"
_AROUND = "traffic.sidecar.istio.io/"  # excludeOutboundPorts and the like
_ROOT = "istio-system"
# Variables that say which API a program calls, and not its own address.
_IS_CALLED = regex(
    r"_API_BASE(?:_URL)?\Z|_API_URL\Z|OPENAI_BASE_URL\Z|_ENDPOINT(?:_URL)?\Z|JWKS_UR[IL]\Z"
)
_URL = regex(r"https?://(?P<host>[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})(?::\d+)?(?:/\S*)?\Z")
_INSIDE = (".svc", ".local", ".internal")


def check(context: Context) -> Violations:
    """One finding for each workload and host, where the input is all that is applied."""
    found = istiods(context)
    modes = [as_dict(one.mesh.get("outboundTrafficPolicy")).get("mode") for one in found]
    if not found or set(modes) != {_CLOSED} or not all(one.whole for one in found):
        return
    entries = list(context.bundle.of_kind("ServiceEntry", NETWORKING))
    opened = {
        one.namespace
        for one in context.bundle.of_kind("Sidecar", NETWORKING)
        if as_dict(one.get("spec", "outboundTrafficPolicy")).get("mode") == "ALLOW_ANY"
    }
    known, files = provided(context), settled(context).delivered
    for space, here in chain(context).pods.items():
        if opened & {space, _ROOT} or known.hides(space):
            continue
        hosts = [text(host) for x in entries if _seen(x, space) for host in _hosts(x)]
        if not all(map(plain, hosts)):
            continue
        for pods in here:
            if pods.owner.resource.file not in files or not _in_mesh(context, pods):
                continue
            for host in dict.fromkeys((*_asked(pods), *_named(context, pods))):
                if not any(fnmatchcase(host, name) for name in hosts):
                    yield violation(
                        f"{pods.owner.kind} {pods.owner.name} connects to {visible(host)}, of "
                        f"which there is no ServiceEntry, and outboundTrafficPolicy of "
                        f"{found[0].shown} is {_CLOSED}",
                        pods.owner.place("metadata", "name"),
                        found[0].place,
                    )


def _hosts(entry: Resource) -> list[object]:
    return as_list(entry.get("spec", "hosts"))


def _seen(entry: Resource, space: str) -> bool:
    """Whether the sidecars of a namespace get a ServiceEntry."""
    spaces = [text(one) for one in as_list(entry.get("spec", "exportTo"))]
    own = space if space == entry.namespace else "*"
    return not spaces or "*" in spaces or space in spaces or ("." in spaces and own == space)


def _in_mesh(context: Context, pods: Pods) -> bool:
    """Whether a sidecar takes all connections of the Pods."""
    around = any(str(key).startswith(_AROUND) for key in pods.annotations)
    return not around and have_sidecar(context, pods)


def _asked(pods: Pods) -> Iterator[str]:
    """The hosts of which it is certain that the Pods ask them."""
    download = downloads_of(pods.spec)
    if download.model.startswith("gs://"):
        yield "storage.googleapis.com"
    elif download.model and not download.model.startswith("s3://"):
        yield "huggingface.co"
    yield from download.others


def _named(context: Context, pods: Pods) -> Iterator[str]:
    """The hosts outside of the cluster of the APIs that variables and settings of LiteLLM name."""
    for _, container in maps(pods.spec.get("containers")):
        for _, entry in maps(container.get("env")):
            if _IS_CALLED.search(text(entry.get("name"))):
                yield from _outside(text(entry.get("value")))
    volumes = [volume for _, volume in maps(pods.spec.get("volumes"))]
    mounted = {text(as_dict(volume.get("configMap")).get("name")) for volume in volumes}
    for router in routers(context) if mounted else ():
        if router.name in mounted and router.namespace in (None, pods.owner.namespace):
            for _, model in maps(router.settings.get("model_list")):
                yield from _outside(text(as_dict(model.get("litellm_params")).get("api_base")))


def _outside(url: str) -> Iterator[str]:
    found = _URL.match(url)
    if found is not None and not found["host"].endswith(_INSIDE):
        yield found["host"]
