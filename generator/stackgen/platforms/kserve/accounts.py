"""The accounts that a service's Pods run with, and the rights of the sidecar among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stackgen.facts.shape import as_dict, maps
from stackgen.platforms.kserve.credentials import Source
from stackgen.platforms.kserve.names import (
    NAME,
    PART_OF,
    PART_OF_VALUE,
    WORKLOAD_COMPONENT,
    Names,
    common,
    obj,
)
from stackgen.platforms.kserve.release import Controller, StopError
from stackgen.record import record

SIDECAR = "llm-d-routing-sidecar"
DEFAULT = "default"
_RBAC = "rbac.authorization.k8s.io"
_COPIED = ("secrets", "imagePullSecrets")
_READ = ["get", "list", "watch"]
_POOL_GROUPS = ["inference.networking.x-k8s.io", "inference.networking.k8s.io"]
Object = dict[str, Any]
Known = Callable[[str, str], Mapping[str, Any] | None]
"""(namespace, name) -> the ServiceAccount that is known."""


def sidecar_of(pod: Any) -> Object | None:
    """The container that sends requests to prefill servers; it reads Pods and pools."""
    inits = maps(as_dict(pod).get("initContainers"))
    return next((c for _, c in inits if c.get("name") == SIDECAR), None)


def has_sidecar(pod: Any) -> bool:
    return sidecar_of(pod) is not None


@record
class Accounts:
    """The accounts of one service. spec: the merged one. known, secrets: look up what exists.

    notes: the annotations of the service. whole: what is not known does not exist.
    """

    controller: Controller
    namespace: str
    name: str
    spec: Object
    known: Known
    secrets: Known
    notes: Mapping[str, Any]
    whole: bool = False

    def server(self, *, several: bool, prefill: bool, pod: Object) -> str:
        """The account of a Pod of servers; "" for what the Pod itself says."""
        if several:
            return self._own(prefill=prefill) or Names(self.name).group(prefill=prefill)
        if not prefill and has_sidecar(pod):
            return self._own_single() or Names(self.name).child("-kserve")
        return ""

    def source(self, pod: Object, account: str) -> Source:
        """The credentials of a pod. account: what `server` says of it. Raises StopError."""
        named = str(pod.get("serviceAccountName") or "")
        if account in self._kept():
            found: Mapping[str, Any] | None = self.existing(account)
        elif account:
            # What the controller makes for a group or a sidecar has what its model has.
            told = self._named(self._part(account)) if "worker" in self._part(account) else named
            found = self._account(account, {}, told)
        elif named:
            found = self.existing(named)
        else:
            found = self.known(self.namespace, DEFAULT) or (None if self.whole else {})
        return self.credentials(found)

    def credentials(self, account: Mapping[str, Any] | None) -> Source:
        """The credentials of an account that is looked up already."""
        return Source(self.namespace, account, self.secrets, self.notes, self.whole)

    def _kept(self) -> set[str]:
        """The accounts of the user that groups and the sidecar keep."""
        return {self._own(prefill=False), self._own(prefill=True), self._own_single()} - {""}

    def _part(self, account: str) -> Object:
        prefill = account == Names(self.name).group(prefill=True)
        return as_dict(self.spec.get("prefill")) if prefill else self.spec

    def existing(self, name: str) -> Mapping[str, Any]:
        """An account of the user; {} where it may be there. Raises StopError where it is not."""
        found = self.known(self.namespace, name)
        if found is None and self.whole:
            raise StopError(f"no ServiceAccount {name}")
        return found or {}

    def objects(self) -> Iterator[Object]:
        """The accounts that the controller makes, and the rights of the sidecars."""
        names, part = Names(self.name), as_dict(self.spec.get("prefill"))
        grouped = isinstance(self.spec.get("worker"), dict)
        groups = {False: grouped, True: isinstance(part.get("worker"), dict)}
        for prefill in (False, True):
            if groups[prefill] and self._own(prefill=prefill):
                self.existing(self._own(prefill=prefill))
        labels = {NAME: self.name, PART_OF: PART_OF_VALUE}
        if grouped and not self._own(prefill=False):
            yield self._account(names.group(), labels, self._named(self.spec))
        if grouped or self._own(prefill=False):
            pods = [self.spec.get("template"), self.spec.get("worker")]
            if any(has_sidecar(pod) for pod in pods):
                account = self._own(prefill=False) or names.group()
                yield from self._rights("-kserve-mn", account, labels)
        if isinstance(part.get("worker"), dict) and not self._own(prefill=True):
            yield self._account(names.group(prefill=True), labels, self._named(part))
        if has_sidecar(self.spec.get("template")):
            labels = common(self.name, WORKLOAD_COMPONENT)
            account = self._own_single() or names.child("-kserve")
            if not self._own_single():
                template = as_dict(self.spec.get("template"))
                told = template.get("serviceAccountName")
                yield self._account(names.child("-kserve"), labels, str(told or ""))
            yield from self._rights("-kserve", account, labels)

    def _named(self, part: Object) -> str:
        """The account that the Pods of a group name."""
        for pod in (as_dict(part.get("template")), as_dict(part.get("worker"))):
            if pod.get("serviceAccountName"):
                return str(pod["serviceAccountName"])
        return ""

    def _own(self, *, prefill: bool) -> str:
        """The user's account for a group, in releases that use it as it is."""
        part = as_dict(self.spec.get("prefill")) if prefill else self.spec
        named = self._named(part)
        made = Names(self.name).group(prefill=prefill)
        return named if named != made and self.controller.keeps_accounts else ""

    def _own_single(self) -> str:
        named = str(as_dict(self.spec.get("template")).get("serviceAccountName") or "")
        made = Names(self.name).child("-kserve")
        return named if named != made and self.controller.keeps_accounts else ""

    def _account(self, name: str, labels: dict[str, str], like: str) -> Object:
        """An account with what the one it is made after has; `like`: its name, or "" for none."""
        if self.controller.keeps_accounts:
            model = self.known(self.namespace, DEFAULT) or {}
        else:
            model = self.existing(like) if like else {}
        body = {key: model[key] for key in _COPIED if model.get(key)}
        meta = as_dict(model.get("metadata"))
        if not self.controller.keeps_accounts:
            labels = {**as_dict(meta.get("labels")), **labels}
            if "automountServiceAccountToken" in model:
                body["automountServiceAccountToken"] = model["automountServiceAccountToken"]
        made = obj("v1", "ServiceAccount", self.namespace, name, labels, body)
        if meta.get("annotations") and not self.controller.keeps_accounts:
            made["metadata"]["annotations"] = dict(meta["annotations"])
        return made

    def _rights(self, prefix: str, account: str, labels: dict[str, str]) -> Iterator[Object]:
        names = Names(self.name)
        role = names.child(f"{prefix}-role")
        rules = [
            {"apiGroups": [""], "resources": ["pods"], "verbs": _READ},
            {"apiGroups": _POOL_GROUPS, "resources": ["inferencepools"], "verbs": _READ},
        ]
        yield obj(f"{_RBAC}/v1", "Role", self.namespace, role, labels, {"rules": rules})
        yield binding(self.namespace, names.child(f"{prefix}-rb"), labels, role, account)


def binding(namespace: str, name: str, labels: dict[str, str], role: str, account: str) -> Object:
    """The RoleBinding of a Role to an account of the namespace."""
    subject = {"kind": "ServiceAccount", "name": account}
    if namespace:
        subject["namespace"] = namespace
    ref = {"apiGroup": _RBAC, "kind": "Role", "name": role}
    body = {"roleRef": ref, "subjects": [subject]}
    return obj(f"{_RBAC}/v1", "RoleBinding", namespace, name, labels, body)
