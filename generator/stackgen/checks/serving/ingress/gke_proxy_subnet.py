"""A regional load balancer of GKE in a network of the input that has no subnet for its proxies."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import ApiObject, Chain, chain
from stackgen.checks.serving.ingress.google_objects import REGIONAL, scope_of
from stackgen.checks.serving.ingress.ingresses import class_of
from stackgen.facts.shape import plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

_GROUP = "compute.cnrm.cloud.google.com"
PURPOSES = ("REGIONAL_MANAGED_PROXY", "INTERNAL_HTTPS_LOAD_BALANCER")
_WORDS = regex("|".join(PURPOSES))
# A module makes subnets that the file does not show.
_MODULE = regex(r'(?m)^\s*source\s*=\s*"[^"]*(network|vpc|subnet)')
_LOCATION = regex(r"([a-z]+-[a-z]+\d+)(-[a-z])?\Z")


def check(context: Context) -> Violations:
    """One finding for the first such Gateway or Ingress."""
    bundle = context.bundle
    made = [x for x in (*bundle.objects, *bundle.outside) if x.group == _GROUP]
    subnets = [x for x in made if x.kind == "ComputeSubnetwork"]
    if not subnets or not any(x.kind == "ComputeNetwork" for x in made):
        return
    user = next(_users(chain(context)), None)
    if user is None:
        return
    proxies = [x for x in subnets if text(x.get("spec", "purpose")) in PURPOSES]
    files = {x.text for x in (*made, *_clusters(context)) if x.document is not None}
    who = f"{user[0].kind} {user[0].name}"
    if not proxies and not any(_WORDS.search(one) or _MODULE.search(one) for one in files):
        yield violation(
            f"no subnet of the network is for proxies, which {who} needs",
            user[0].place(*user[1]),
            Place(subnets[0], (), note="a subnet of the network"),
        )
    regions = {text(x.get("spec", "region") or x.get("spec", "location")) for x in proxies}
    where = {_region(text(x.get("spec", "location"))) for x in _clusters(context)}
    if len(where) == 1 and proxies and all(map(plain, regions)) and "" not in regions | where:
        region = where.pop()
        if region not in regions:
            yield violation(
                f"the subnet for proxies is in {', '.join(sorted(regions))}, and the cluster of "
                f"{who} in {region}",
                user[0].place(*user[1]),
                Place(proxies[0], ("spec", "region"), note="the subnet"),
            )


def _users(links: Chain) -> Iterator[tuple[ApiObject, Path]]:
    for gateway in links.of("Gateway", "gateway.networking.k8s.io"):
        if scope_of(gateway) == REGIONAL:
            yield gateway, ("spec", "gatewayClassName")
    for ingress in links.of("Ingress", "networking.k8s.io"):
        if class_of(ingress) == "gce-internal":
            yield ingress, ("metadata", "name")


def _clusters(context: Context) -> list[Resource]:
    bundle = context.bundle
    return [x for x in (*bundle.objects, *bundle.outside) if x.kind == "ContainerCluster"]


def _region(location: str) -> str:
    found = _LOCATION.match(location)
    return found[1] if found else ""
