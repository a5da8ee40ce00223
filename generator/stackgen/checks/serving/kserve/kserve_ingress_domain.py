"""The domain of KServe's routes, which no listener of its Gateway serves."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, chain
from stackgen.checks.serving.kserve.kserve_ingress import kserve_ingresses
from stackgen.escape import visible
from stackgen.facts.shape import maps, plain, text
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """One finding for each configuration whose Gateway has a hostname for every listener."""
    for one in kserve_ingresses(context):
        space, _, name = one.gateway.partition("/")
        found = chain(context).find("Gateway", space, name, GATEWAY_API)
        if found is None or not plain(one.domain) or not one.domain:
            continue
        hosts = [text(x.get("hostname")) for _, x in maps(found.get("spec", "listeners"))]
        ends = one.template.replace(" ", "").endswith(".{{.IngressDomain}}")
        if not hosts or not all(hosts) or not all(map(plain, hosts)) or not ends:
            continue
        if not any(_serves(host, one.domain) for host in hosts):
            yield violation(
                f"KServe makes routes for hosts below {visible(one.domain)}, and the listeners of "
                f"Gateway {name} serve {', '.join(map(visible, sorted(set(hosts))))}",
                one.place,
                found.place("spec", "listeners", key=True, note="the Gateway"),
            )


def _serves(host: str, domain: str) -> bool:
    """Whether a listener serves a host below the domain; a wildcard stands for several labels."""
    suffix = host.removeprefix("*.")
    below = host.endswith(f".{domain}") and not host.startswith("*.")
    return (
        below
        or (host != suffix and f".{domain}".endswith(f".{suffix}"))
        or (host != suffix and suffix.endswith(f".{domain}"))
    )
