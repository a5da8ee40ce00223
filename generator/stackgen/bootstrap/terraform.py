"""`project.tf.json`: what `project.sh` creates, for the google provider of Terraform."""

from __future__ import annotations

from typing import Any

from stackgen.bootstrap.needs import Needs, google_cloud
from stackgen.bootstrap.project import PROXY_SUBNET
from stackgen.escape import json_text
from stackgen.escape import terraform as text
from stackgen.machines.terraform import PROVIDER, identifier

# Its name has the number of the project.
DEFAULT_ACCOUNT = "${data.google_project.project.number}-compute@developer.gserviceaccount.com"


def document(needs: Needs) -> str:
    """The text of the file. Values of secrets are not in it, and so not in Terraform's state."""
    resource: dict[str, dict[str, Any]] = {
        "google_project_service": {
            "api": {
                "for_each": f"${{toset({_list(needs.services)})}}",
                "project": text(needs.project), "service": "${each.value}",
                "disable_on_destroy": False,
            }
        },
        **_accounts(needs),
    }  # fmt: skip
    if needs.proxy_range:
        resource["google_compute_subnetwork"] = {"proxies": {
            "name": PROXY_SUBNET, "project": text(needs.project), "region": text(needs.region),
            "network": "${data.google_compute_network.network.id}",
            "ip_cidr_range": text(needs.proxy_range),
            "purpose": "REGIONAL_MANAGED_PROXY", "role": "ACTIVE",
        }}  # fmt: skip
    if needs.secrets:
        after = ["google_project_service.api"]
        resource["google_secret_manager_secret"] = {
            identifier(name): {
                "project": text(needs.project), "secret_id": text(name),
                "replication": {"auto": {}}, "depends_on": after,
            }
            for name in needs.secrets
        }  # fmt: skip
    data = {
        "google_project": {"project": {"project_id": text(needs.project)}},
        "google_compute_network": {
            "network": {"name": text(needs.network), "project": text(needs.project)}
        },
    }
    settings = {"required_version": ">= 1.5", "required_providers": {"google": PROVIDER}}
    return json_text({"terraform": settings, "data": data, "resource": resource}) + "\n"


def _accounts(needs: Needs) -> dict[str, dict[str, Any]]:
    roles = google_cloud()["roles"]
    accounts: dict[str, Any] = {}
    nodes = text(needs.nodes.email) or DEFAULT_ACCOUNT
    if needs.nodes.name:
        accounts["nodes"] = {
            "account_id": text(needs.nodes.name), "project": text(needs.nodes.project),
            "display_name": "GKE nodes",
        }  # fmt: skip
        nodes = "${google_service_account.nodes.email}"
    members = {
        "nodes": (needs.project, roles["node"], nodes),
        **{
            f"images-{project}": (project, roles["node-images"], nodes)
            for project in needs.image_projects
        },
    }
    users: dict[str, Any] = {}
    if needs.managed:
        accounts["connector"] = {
            "account_id": text(needs.connector.name), "project": text(needs.connector.project),
            "display_name": "Config Connector",
        }  # fmt: skip
        connector = "${google_service_account.connector.email}"
        members["connector"] = (needs.project, roles["config-connector"], connector)
        of = text(needs.nodes.project or needs.project)
        users["connector"] = {
            "service_account_id": f"projects/{of}/serviceAccounts/{nodes}",
            "role": roles["use-account"], "member": f"serviceAccount:{connector}",
        }  # fmt: skip
    found: dict[str, dict[str, Any]] = {
        "google_project_iam_member": {
            identifier(name): {
                "project": text(project),
                "role": role,
                "member": f"serviceAccount:{account}",
            }
            for name, (project, role, account) in members.items()
        }
    }
    if accounts:
        found["google_service_account"] = accounts
    if users:
        found["google_service_account_iam_member"] = users
    return found


def _list(items: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{text(item)}"' for item in items) + "]"
