"""A routing sidecar without a token of the API server."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Part, Service, view
from stackgen.facts.shape import as_dict
from stackgen.findings.model import Place, Violations, violation
from stackgen.platforms.kserve.accounts import SIDECAR, has_sidecar

_TOKEN = "automountServiceAccountToken"


def check(context: Context) -> Violations:
    """The Pods that have the sidecar after the merge: it comes with the preset for decode."""
    for service in view(context).services:
        for part in service.parts():
            if not has_sidecar(part.merged):
                continue
            place = _place(service, part)
            if place is not None:
                message = f"the container {SIDECAR} has no token to read Pods with"
                yield violation(message, place)


def _place(service: Service, part: Part) -> Place | None:
    """Where the token is switched off: in the Pod, else in the account that it names."""
    if part.merged.get(_TOKEN) is not None:
        if part.merged[_TOKEN] is not False:
            return None
        return part.place(_TOKEN) if _TOKEN in part.own else part.place(key=True)
    named = as_dict(part.merged).get("serviceAccountName")
    for account in service.view.bundle.of_kind("ServiceAccount", ""):
        at = (account.namespace, account.name)
        if at == (service.namespace, named) and account.data.get(_TOKEN) is False:
            return Place(account, (_TOKEN,))
    return None
