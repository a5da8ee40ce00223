"""Subnets of the input, and the one in which a cluster is: of Terraform and Config Connector."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.facts.shape import text
from stackgen.manifest.resource import Resource
from stackgen.regex import regex

GROUP = "compute.cnrm.cloud.google.com"
_TERRAFORM = regex(r"\$\{(google_compute_subnetwork\.[\w-]+)\.(?:id|name|self_link)\}\Z")


def everything(context: Context, kind: str) -> Iterator[Resource]:
    """The objects of a kind of Google Cloud, in manifests, scripts and Terraform files."""
    for one in (*context.bundle.objects, *context.bundle.outside):
        if one.kind == kind and one.group.endswith("cnrm.cloud.google.com"):
            yield one


def subnet_of(context: Context, cluster: Resource) -> Resource | None:
    """The subnet of a cluster; None if the input does not have it, or has several of its name."""
    given = text(cluster.get("spec", "subnetworkRef", "external"))
    named = _TERRAFORM.match(given)
    name = named[1] if named else text(cluster.get("spec", "subnetworkRef", "name")) or given
    found = [
        one
        for one in everything(context, "ComputeSubnetwork")
        if name and name in (one.name, text(one.get("spec", "name")))
    ]
    return found[0] if len(found) == 1 else None


def said(context: Context, words: str) -> bool:
    """Whether a script, a Terraform file or an object of Google Cloud has the words."""
    google = (r for r in context.bundle.objects if r.group.endswith("cnrm.cloud.google.com"))
    files = {
        one.document.source.text
        for one in (*google, *context.bundle.outside)
        if one.document is not None
    }
    return any(re.search(words, file) for file in files)
