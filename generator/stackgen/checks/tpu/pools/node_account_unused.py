"""A service account that is made for nodes, and that no node pool runs as."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.findings.model import Place, Violations, violation
from stackgen.regex import regex

_FOR_NODES = regex(
    r"(?:\A|[._-])(?:gke_)?nodes?(?:[._-]?pools?)?(?:[._-](?:sa|service[_-]account))?\Z"
)
_ACCOUNT = ("spec", "nodeConfig", "serviceAccountRef", "external")


def check(context: Context) -> Violations:
    """One finding for each account in Terraform whose name says that it is for nodes."""
    outside = context.bundle.outside
    pools = [r for r in outside if r.kind in ("ContainerNodePool", "ContainerCluster")]
    bare = [r for r in pools if r.kind == "ContainerNodePool" and r.get(*_ACCOUNT) is None]
    named = {str(r.get(*_ACCOUNT)) for r in pools if r.get(*_ACCOUNT) is not None}
    for one in outside:
        if one.kind == "IAMServiceAccount" and _FOR_NODES.search(one.name) and bare and not named:
            yield violation(
                f"no node pool runs as {one.name}: {bare[0].name} names no service account",
                Place(one, ()),
                Place(bare[0], ()),
            )
