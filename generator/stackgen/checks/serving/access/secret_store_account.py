"""A ClusterSecretStore that does not find the ServiceAccount of the External Secrets Operator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.provided import provided
from stackgen.escape import visible
from stackgen.facts.chart_values import Install, installs
from stackgen.facts.shape import as_dict, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path

_GROUP, _CHART = "external-secrets.io", "external-secrets"


def check(context: Context) -> Violations:
    """One finding for each reference, where the chart of the operator is known in whole.

    Elsewhere, for an account that the input has in another namespace than the ExternalSecrets.
    """
    charts = [one for one in installs(context.bundle) if one.chart.chart == _CHART]
    if len(charts) != 1 or not charts[0].complete or not charts[0].namespace:
        yield from _elsewhere(context)
        return
    space, account = charts[0].namespace, _account(charts[0])
    known = provided(context)
    secrets = list(context.bundle.of_kind("ExternalSecret", _GROUP))
    for store in context.bundle.of_kind("ClusterSecretStore", _GROUP):
        provider: Path = ("spec", "provider")
        for path, ref in _refs(store.get(*provider), provider):
            name, said = text(ref.get("name")), text(ref.get("namespace"))
            if not name or not plain(name + said) or not plain(account + space):
                continue
            if said == space and name != account and not known.has("ServiceAccount", space, name):
                yield violation(
                    f"nothing makes ServiceAccount {visible(name)} in namespace {space}; that of "
                    f"the operator is {visible(account)}",
                    Place(store, (*path, "name")),
                )
            elif not said and name == account:
                here = {x.namespace for x in secrets if _uses(x.data, store.name)} - {space, ""}
                lost = sorted(x for x in here if not known.has("ServiceAccount", x, name))
                if lost:
                    yield violation(
                        f"the reference has no namespace: it means ServiceAccount {visible(name)} "
                        f"of namespace {lost[0]}, and that of the operator is in {space}",
                        Place(store, path),
                    )


def _elsewhere(context: Context) -> Violations:
    accounts: dict[str, set[str]] = {}
    for account in context.bundle.of_kind("ServiceAccount", ""):
        accounts.setdefault(account.name, set()).add(account.namespace)
    secrets = list(context.bundle.of_kind("ExternalSecret", _GROUP))
    for store in context.bundle.of_kind("ClusterSecretStore", _GROUP):
        for path, ref in _refs(store.get("spec", "provider"), ("spec", "provider")):
            name = text(ref.get("name"))
            spaces = accounts.get(name, set())
            if ref.get("namespace") or len(spaces) != 1 or "" in spaces or not plain(name):
                continue
            users = {x.namespace for x in secrets if _uses(x.data, store.name)} - {""}
            if users and users.isdisjoint(spaces):
                yield violation(
                    f"the reference has no namespace: it means ServiceAccount {visible(name)} of "
                    f"namespace {min(users)}, and the account is in {min(spaces)}",
                    Place(store, path),
                )


def _account(install: Install) -> str:
    """What the chart calls the ServiceAccount."""
    values, by = install.values, install.parts[0].by
    given = text(as_dict(values.get("serviceAccount")).get("name"))
    if given or values.get("fullnameOverride"):
        return given or text(values["fullnameOverride"])
    release = text(by.get("spec", "releaseName")) or by.name
    release = text(by.get("spec", "source", "helm", "releaseName")) or release
    name = text(values.get("nameOverride")) or _CHART
    return release if name in release else f"{release}-{name}"


def _uses(secret: dict[str, Any], store: str) -> bool:
    ref = as_dict(as_dict(secret.get("spec")).get("secretStoreRef"))
    return ref.get("kind") == "ClusterSecretStore" and ref.get("name") == store


def _refs(value: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for name, inner in as_dict(value).items():
        here = (*path, str(name))
        if name == "serviceAccountRef" and isinstance(inner, dict):
            yield here, inner
        else:
            yield from _refs(inner, here)
