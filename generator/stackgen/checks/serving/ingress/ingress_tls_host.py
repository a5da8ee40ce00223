"""An Ingress whose TLS section is for another host than its rules."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.facts.shape import as_list, maps, plain, text
from stackgen.findings.model import Place, Violations, violation


def check(context: Context) -> Violations:
    """Hosts of `tls` that no rule has, where a rule has a host that `tls` lacks."""
    for one in context.bundle.of_kind("Ingress", "networking.k8s.io"):
        rules = [text(rule.get("host")) for _, rule in maps(one.get("spec", "rules"))]
        entries = [(i, as_list(tls.get("hosts"))) for i, tls in maps(one.get("spec", "tls"))]
        secured = [text(host) for _, hosts in entries for host in hosts]
        open_ = [host for host in rules if host and not any(_covers(x, host) for x in secured)]
        if not open_ or not all(rules) or not all(map(plain, (*rules, *secured))):
            continue
        for i, hosts in entries:
            for j, host in enumerate(hosts):
                if not any(_covers(text(host), rule) for rule in rules):
                    yield violation(
                        f"no rule has the host {host}; the rules have {', '.join(open_)}, for "
                        "which there is no certificate",
                        Place(one, ("spec", "tls", i, "hosts", j)),
                    )


def _covers(pattern: str, host: str) -> bool:
    return pattern == host or (
        pattern.startswith("*.") and host.partition(".")[2] == pattern.removeprefix("*.")
    )
