"""A route into another namespace without permission."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.chain import GATEWAY_API, ApiObject, Chain, chain
from stackgen.facts.shape import at, maps, text
from stackgen.findings.model import Violations, violation


def check(context: Context) -> Violations:
    """Judged where the backend is in the input: then its grant would be, too."""
    links = chain(context)
    for route in links.routes:
        for path, backend in links.backends(route):
            namespace = text(backend.get("namespace"))
            kind, name = text(backend.get("kind")) or "Service", text(backend.get("name"))
            # A route of a mesh may send to the Service that it is attached to. Controllers that
            # take routes as backends look at their namespaces themselves.
            if kind == "HTTPRoute" or _attached(route, kind, namespace, name):
                continue
            # Gateways that let one route delegate to another need no grant for it.
            if not namespace or not route.namespace or kind == route.kind:
                continue
            if namespace == route.namespace:
                continue
            target = links.find(kind, namespace, name)
            group = text(backend.get("group"))
            if target is not None and not _granted(links, route, namespace, group, kind, name):
                yield violation(
                    f"no ReferenceGrant in {namespace} allows {route.kind} of {route.namespace} "
                    f"to refer to {kind} {name}",
                    route.place(*path, "namespace"),
                )
    yield from _certificates(links)


def _attached(route: ApiObject, kind: str, namespace: str, name: str) -> bool:
    parents = (parent for _, parent in maps(route.get("spec", "parentRefs")))
    return any(
        (parent.get("kind"), parent.get("namespace"), parent.get("name")) == (kind, namespace, name)
        for parent in parents
    )


def _certificates(links: Chain) -> Violations:
    """Secrets of other namespaces in the listeners of Gateways, made by the input."""
    made = {
        (one.namespace, text(one.get("spec", "secretName")))
        for one in links.of("Certificate", "cert-manager.io")
    }
    for gateway in links.of("Gateway", GATEWAY_API):
        for i, listener in maps(gateway.get("spec", "listeners")):
            for j, ref in maps(at(listener, "tls", "certificateRefs")):
                space, name = text(ref.get("namespace")), text(ref.get("name"))
                if not space or space == gateway.namespace:
                    continue
                there = (space, name) in made or links.find("Secret", space, name, "") is not None
                if there and not _granted(links, gateway, space, "", "Secret", name):
                    yield violation(
                        f"no ReferenceGrant in {space} allows Gateway of {gateway.namespace} to "
                        f"refer to Secret {name}",
                        gateway.place(
                            "spec", "listeners", i, "tls", "certificateRefs", j, "namespace"
                        ),
                    )


def _granted(
    links: Chain, route: ApiObject, namespace: str, group: str, kind: str, name: str
) -> bool:
    for grant in links.of("ReferenceGrant", GATEWAY_API):
        if grant.namespace != namespace:
            continue
        source = any(
            f.get("kind") == route.kind and f.get("namespace") == route.namespace
            for _, f in maps(grant.get("spec", "from"))
        )
        target = any(
            t.get("kind") == kind
            and text(t.get("group")) == group
            and t.get("name") in (None, "", name)
            for _, t in maps(grant.get("spec", "to"))
        )
        if source and target:
            return True
    return False
