"""A firewall rule that opens nodes to the internet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.facts.shape import as_list, maps, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.regex import regex

KIND, GROUP = "ComputeFirewall", "compute.cnrm.cloud.google.com"
_EVERYONE = ("0.0.0.0/0", "::/0")
# SSH, remote desktop, the API server's own port, the kubelet and etcd.
_SENSITIVE = (22, 2379, 3389, 6443, 10250)
_RANGE = regex(r"(\d{1,5})(?:-(\d{1,5}))?\Z")


def check(context: Context) -> Violations:
    """One finding for each rule that allows all ports, or one by which nodes are controlled."""
    for one in (*context.bundle.of_kind(KIND, GROUP), *context.bundle.outside):
        ranges = as_list(one.get("spec", "sourceRanges")) if one.kind == KIND else []
        inward = text(one.get("spec", "direction")) in ("", "INGRESS")
        if not inward or one.get("spec", "disabled") is True:
            continue
        source = next((x for x in ranges if x in _EVERYONE), None)
        open_ = list(_open(one.get("spec", "allow"))) if source else []
        if open_:
            yield violation(
                f"the rule allows {' and '.join(dict.fromkeys(open_))} from {source}",
                Place(one, ("spec", "sourceRanges")),
            )


def _open(allow: Any) -> Iterator[str]:
    for _, entry in maps(allow):
        protocol, ports = text(entry.get("protocol")).lower(), as_list(entry.get("ports"))
        if protocol == "all" or (protocol in ("tcp", "udp", "6", "17") and not ports):
            yield f"all ports of {protocol}" if protocol != "all" else "everything"
        for port in ports:
            found = _RANGE.match(str(port))
            low, high = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
            if protocol in ("tcp", "6") and any(low <= one <= high for one in _SENSITIVE):
                yield f"TCP {port}"
