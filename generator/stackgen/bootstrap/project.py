"""`project.sh`: the Google Cloud project, up to the cluster that runs Config Connector."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from stackgen.bootstrap.capacity import policy_steps, reservation_steps
from stackgen.bootstrap.needs import Needs, google_cloud
from stackgen.bootstrap.quotas import Quotas, quota_steps
from stackgen.bootstrap.script import Step, command, unless
from stackgen.bootstrap.secret_values import add_version
from stackgen.escape import shell_word
from stackgen.plan.model import Plan

PROXY_SUBNET = "proxy-only-subnet"


def project_steps(plan: Plan, needs: Needs, quotas: Quotas) -> Iterator[Step]:
    """The steps in order."""
    yield _project(needs)
    yield Step(
        "APIs", "Enabling an API that is enabled changes nothing.",
        (command("gcloud", "services", "enable", *needs.services, _in(needs)),),
    )  # fmt: skip
    yield from quota_steps(plan, quotas, needs)
    yield from reservation_steps(plan, needs)
    yield from policy_steps(plan, needs)
    yield from _networks(needs)
    yield from _accounts(needs)
    if needs.secrets:
        yield _secrets(plan, needs)


def _in(needs: Needs) -> str:
    return f"--project={needs.project}"


def _project(needs: Needs) -> Step:
    look = command("gcloud", "projects", "describe", needs.project, "--format=value(projectNumber)")
    create = command("gcloud", "projects", "create", needs.project)
    link = command("gcloud", "billing", "projects", "link", needs.project)
    words = (
        f"The project {needs.project} cannot be read. If it does not exist:",
        f"  {create}", f"  {link} --billing-account=ACCOUNT",
    )  # fmt: skip
    return Step(
        "project", "The project exists, with a billing account. You are its owner.",
        (f"number=$({look}) || stop {command(*words)}", 'echo "project number $number"'),
    )  # fmt: skip


def _networks(needs: Needs) -> Iterator[Step]:
    network = ("gcloud", "compute", "networks")
    look = command(*network, "describe", needs.network, _in(needs))
    create = command(*network, "create", needs.network, "--subnet-mode=auto", _in(needs))
    ranges = command(
        *network, "subnets", "list", f"--network={needs.network}",
        f"--regions={needs.region}", _in(needs),
        "--format=table(name,ipCidrRange,purpose,secondaryIpRanges.list())",
    )  # fmt: skip
    yield Step(
        f"network {needs.network}",
        "The subnet of the region holds the nodes. GKE adds ranges for Pods and Services to it.",
        (unless(look, create), ranges),
    )
    if needs.proxy_range:
        yield _proxies(needs)


def _proxies(needs: Needs) -> Step:
    """One subnet for the proxies of all load balancers of the region."""
    network = ("gcloud", "compute", "networks")
    there = command(
        *network, "subnets", "list", f"--network={needs.network}", f"--regions={needs.region}",
        _in(needs), "--filter=purpose=REGIONAL_MANAGED_PROXY AND role=ACTIVE",
        "--format=value(ipCidrRange)",
    )  # fmt: skip
    create = command(
        *network, "subnets", "create", PROXY_SUBNET, f"--network={needs.network}",
        f"--region={needs.region}", "--purpose=REGIONAL_MANAGED_PROXY", "--role=ACTIVE",
        f"--range={needs.proxy_range}", _in(needs),
    )  # fmt: skip
    commands = [f"range=$({there})"]
    kept = str(google_cloud()["auto_mode_range"]["cidr"])
    if ip_network(needs.proxy_range, strict=False).overlaps(ip_network(kept)):
        mode = command(
            *network, "describe", needs.network, _in(needs), "--format=value(autoCreateSubnetworks)"
        )
        words = (
            f"gateway.proxyOnlySubnet {needs.proxy_range} is in {kept}, which the auto mode "
            f"network {needs.network} keeps. Set a range outside of it."
        )
        commands.append(f'[ -n "$range" ] || [ "$({mode})" != True ] || stop {shell_word(words)}')
    commands += [
        f'[ -n "$range" ] || {create}',
        (
            f'[ "${{range:-{needs.proxy_range}}}" = {shell_word(needs.proxy_range)} ] || '
            'stop "The region has the proxy-only subnet $range. Set gateway.proxyOnlySubnet to it."'
        ),
    ]
    return Step(
        "proxy-only subnet",
        "The proxies of the load balancer use it. A region of a network has one.",
        tuple(commands),
    )


def _accounts(needs: Needs) -> Iterator[Step]:
    roles = google_cloud()["roles"]
    accounts = ("gcloud", "iam", "service-accounts")
    nodes, commands = needs.nodes, []
    if nodes.name:
        where = f"--project={nodes.project}"
        look = command(*accounts, "describe", nodes.email, where)
        create = command(*accounts, "create", nodes.name, where, "--display-name=GKE nodes")
        commands += [unless(look, create)]
    # Of the Compute Engine default account, the name has the number of the project.
    default = "$number-compute@developer.gserviceaccount.com"
    commands.append(f"nodes={shell_word(nodes.email)}" if nodes.email else f'nodes="{default}"')
    grants = [(needs.project, roles["node"])]
    grants += [(project, roles["node-images"]) for project in needs.image_projects]
    commands += [_grant(project, '"serviceAccount:$nodes"', role) for project, role in grants]
    yield Step(
        "service account of the nodes",
        "Nodes write logs and metrics, and read images. A new account is visible after seconds.",
        tuple(commands),
    )
    if needs.managed:
        connector = needs.connector
        home = f"--project={connector.project}"
        look = command(*accounts, "describe", connector.email, home)
        create = command(
            *accounts, "create", connector.name, home, "--display-name=Config Connector"
        )
        bind = command(*accounts, "add-iam-policy-binding")
        member = shell_word(f"--member=serviceAccount:{connector.email}")
        role = shell_word(f"--role={roles['use-account']}")
        use = f'until_ok 60 {bind} "$nodes" {member} {role} --format=none'
        yield Step(
            "service account of Config Connector",
            "It creates the cluster and node pools, whose nodes run as the account above.",
            (
                unless(look, create),
                _grant(
                    needs.project,
                    shell_word(f"serviceAccount:{connector.email}"),
                    roles["config-connector"],
                ),
                f"{use} --project={nodes.project or needs.project}",
            ),
        )


def _grant(project: str, member: str, role: str) -> str:
    """A role in a project. To grant it again changes nothing."""
    bind = command("gcloud", "projects", "add-iam-policy-binding", project)
    return (
        f"until_ok 60 {bind} --member={member} {shell_word(f'--role={role}')} --condition=None "
        "--format=none"
    )


def _secrets(plan: Plan, needs: Needs) -> Step:
    secrets = ("gcloud", "secrets")
    commands = []
    for name in needs.secrets:
        look = command(*secrets, "describe", name, _in(needs))
        create = command(*secrets, "create", name, _in(needs), "--replication-policy=automatic")
        commands.append(unless(look, create))
        commands += add_version(plan, name)
    return Step(
        "Secret Manager",
        "External Secrets copies these values into the cluster. Existing versions stay.",
        tuple(commands),
    )
