"""Bindings of roles to members, as Terraform and gcloud say on what they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackgen.manifest import terraform
from stackgen.manifest.document import Mark
from stackgen.record import record
from stackgen.regex import regex

# The attribute that names the object, and its kind in Config Connector.
_TERRAFORM = {
    "google_service_account": ("service_account_id", "IAMServiceAccount"),
    "google_storage_bucket": ("bucket", "StorageBucket"),
    "google_storage_managed_folder": ("bucket", "StorageBucket"),
    "google_project": ("project", "Project"),
    "google_folder": ("folder", "Folder"),
    "google_organization": ("org_id", "Organization"),
    "google_artifact_registry_repository": ("repository", "ArtifactRegistryRepository"),
    "google_secret_manager_secret": ("secret_id", "SecretManagerSecret"),
}
_TYPE = regex(r"(google_\w+?)_iam_(?:binding|member)\Z")
_COMMANDS = {
    ("iam", "service-accounts"): "IAMServiceAccount",
    ("storage", "buckets"): "StorageBucket",
    ("projects",): "Project",
    ("resource-manager", "folders"): "Folder",
    ("organizations",): "Organization",
    ("artifacts", "repositories"): "ArtifactRegistryRepository",
    ("secrets",): "SecretManagerSecret",
}


@record
class Grant:
    """A role on an object for one member. kind: of the object; empty if it is not known."""

    kind: str
    target: str
    role: str
    member: str
    mark: Mark


def of_block(block: terraform.Block) -> Iterator[Grant]:
    """The members of a block of Terraform; none of other blocks."""
    named = _TYPE.match(block.labels[0]) if block.type == "resource" and block.labels else None
    attribute, kind = _TERRAFORM.get(named[1], ("", "")) if named else ("", "")
    if not kind:
        return
    target, role = block.find(attribute), block.find("role")
    given = block.find("members") or block.find("member")
    members = given.value if given is not None else []
    for member in members if isinstance(members, list) else [members]:
        yield Grant(
            kind,
            str(target.value) if target is not None else "",
            str(role.value) if role is not None else "",
            str(member),
            given.mark if given is not None else block.mark,
        )


def of_command(words: list[str], flags: Mapping[str, list[str]], mark: Mark) -> Grant:
    """What `gcloud GROUP... add-iam-policy-binding NAME` binds."""
    kind = _COMMANDS.get(tuple(words[1 : words.index("add-iam-policy-binding")]), "")
    role, member = (flags.get(name, [""])[-1] for name in ("--role", "--member"))
    return Grant(kind, words[-1], role, member, mark)
