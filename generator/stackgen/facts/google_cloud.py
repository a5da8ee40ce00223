"""What Terraform, scripts and Config Connector make in a Google project, and who may use it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

from stackgen.facts.shape import as_dict, plain, text
from stackgen.manifest.resource import Bundle, Resource
from stackgen.record import record
from stackgen.regex import regex

_CNRM = ".cnrm.cloud.google.com"
# The field with the name in Google Cloud. A command has it as the name of the object.
_NAMES = {
    "IAMServiceAccount": "accountId",
    "StorageBucket": "name",
    "SecretManagerSecret": "secretId",
    "ArtifactRegistryRepository": "repositoryId",
}
_OF_TERRAFORM = regex(
    r"(?:.*/)?\$\{(google_\w+\.[\w-]+)\.(?:name|id|email|member|unique_id|\w*_id)\}\Z"
)
_MEMBER = regex(r"(?:serviceAccount:)?(.*)\Z")
_EMAIL = regex(r"([a-z0-9-]+)@([a-z0-9.:-]+|\$\{[^}]*\}|\$\w+)\.iam\.gserviceaccount\.com\Z")
_ACCOUNT = regex(
    r"serviceAccount:(?P<project>[^\[\]]*)\.svc\.id\.goog\[(?P<space>[^/\]]+)/(?P<name>[^\]]+)\]\Z"
    r"|principal://iam\.googleapis\.com/.*/subject/ns/(?P<ns>[^/]+)/sa/(?P<sa>[^/]+)\Z"
)
_POOL = regex(r"\$\{google_iam_workload_identity_pool\.[\w-]+\.(?:name|id)\}")
# What may bind members that are not read: modules, whole policies, values that are filled in.
_UNREAD = regex(r"(?m)^\s*module\s+\"|_iam_policy\"|\bset-iam-policy\b|\bgsutil\s+iam\b")


@record
class Grant:
    """A role on an object. who: the id of a Google service account, or `NAMESPACE/NAME` of a
    ServiceAccount. kind, target: of the object, by its name in Google Cloud."""

    who: str
    role: str
    kind: str
    target: str
    by: Resource


@record
class Cloud:
    """What the input makes. names: by kind, each with what makes it. whole: no binding is made by
    what is not read, such as a module."""

    names: dict[str, dict[str, Resource]]
    grants: tuple[Grant, ...]
    whole: bool

    def roles(self, *who: str) -> list[Grant]:
        """The grants to any of the members."""
        return [one for one in self.grants if one.who in who]


def cloud(bundle: Bundle) -> Cloud:
    """What the input makes, found once."""
    return bundle.once(_cloud)


def account_id(email: str) -> str:
    """The id in the address of a Google service account; empty for others."""
    found = _EMAIL.match(email)
    return found[1] if found else ""


def _cloud(bundle: Bundle) -> Cloud:
    made = [r for r in (*bundle.outside, *bundle.objects) if r.group.endswith(_CNRM)]
    names: dict[str, dict[str, Resource]] = {}
    by_block: dict[tuple[str, str], str] = {}
    for one in made:
        if one.kind in _NAMES:
            name = _name(one)
            by_block[os.path.dirname(one.file), one.name] = name
            if name and plain(name):
                names.setdefault(one.kind, {})[name] = one
    texts = {r.document.source.text for r in bundle.outside if r.document is not None}
    found: list[Grant] = []
    whole = not any(map(_UNREAD.search, texts))
    for one in made:
        if one.kind != "IAMPolicyMember":
            whole = whole and not one.kind.startswith(("IAMPolicy", "IAMPartialPolicy"))
            continue
        given = partial(_resolved, by_block, os.path.dirname(one.file))
        who = _who(text(one.get("spec", "member")), given)
        ref = as_dict(one.get("spec", "resourceRef"))
        target = given(text(ref.get("external")) or text(ref.get("name")))
        target = account_id(target.rpartition("/")[2]) or target
        role = text(one.get("spec", "role"))
        # Whose it is, or what it gives, is not known.
        whole = whole and bool(who) and plain(role)
        found.append(Grant(who, role, text(ref.get("kind")), target.removeprefix("gs://"), one))
    return Cloud(names, tuple(found), whole)


def _name(one: Resource) -> str:
    """The name of an object in Google Cloud, which a command and a manifest give it."""
    block = one.name.startswith("google_")
    given = text(one.get("spec", _NAMES[one.kind])) or text(one.get("spec", "resourceID"))
    return (given if given or block else one.name).removeprefix("gs://")


def _resolved(by_block: dict[tuple[str, str], str], folder: str, value: str) -> str:
    """The name of what an expression of Terraform means; another value stays."""
    found = _OF_TERRAFORM.match(value)
    return by_block.get((folder, found[1]), value) if found else value


def _who(member: str, given: partial[str]) -> str:
    """The member, in the form of `Grant`; empty for one that is not known."""
    account = _ACCOUNT.match(member)
    if account:
        space = account["space"] or account["ns"]
        name = account["name"] or account["sa"]
        return f"{space}/{name}" if plain(space + name) else ""
    if member.startswith(("principal:", "principalSet:")):
        # The pool of an identity outside of Google Cloud is not compared.
        outside = _POOL.sub("pool", member)
        return outside if plain(outside) else ""
    found = _MEMBER.match(member)
    named = given(found[1] if found else member)
    known = account_id(named) or named
    block = _OF_TERRAFORM.match(found[1] if found else member)
    if not plain(known) and block is not None and block[1].startswith("google_service_account."):
        return block[1]  # an account whose name is not known is none of the others
    return known if plain(known) else ""


def service_accounts(bundle: Bundle, kind: str) -> Iterator[tuple[Resource, str]]:
    """The node pools of the input, or others of a kind, with the account that they run as."""
    by_block = {
        (os.path.dirname(r.file), r.name): _name(r)
        for r in bundle.outside
        if r.kind == "IAMServiceAccount"
    }
    for pool in bundle.outside:
        if pool.kind == kind:
            given = text(pool.get("spec", "nodeConfig", "serviceAccountRef", "external"))
            named = _resolved(by_block, os.path.dirname(pool.file), given)
            yield pool, account_id(named) or (named if plain(named) else "")
