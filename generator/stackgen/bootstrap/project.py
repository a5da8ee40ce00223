"""`project.sh`: the Google Cloud project, up to the cluster that runs Config Connector."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

from stackgen.bootstrap.needs import Chips, Needs, google_cloud, region_of
from stackgen.bootstrap.script import Step, command, unless
from stackgen.bootstrap.secret_values import add_version
from stackgen.escape import shell_word
from stackgen.plan.model import Plan

SERVICE = "compute.googleapis.com"
PROXY_SUBNET = "proxy-only-subnet"


def project_steps(plan: Plan, needs: Needs) -> Iterator[Step]:
    """The steps in order."""
    yield _project(needs)
    yield Step(
        "APIs", "Enabling an API that is enabled changes nothing.",
        (command("gcloud", "services", "enable", *needs.services, _in(needs)),),
    )  # fmt: skip
    yield from _quotas(plan, needs)
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


def _quotas(plan: Plan, needs: Needs) -> Iterator[Step]:
    own = google_cloud()["quotas"]["tpu"]
    wanted = dict.fromkeys(needs.quotas, 1)
    for chips in needs.chips:
        if chips.generation in own:
            name = own[chips.generation][chips.spot]
            wanted[name] = wanted.get(name, 0) + chips.most
        else:
            yield _family(plan, needs, chips)
    listed = command(
        "gcloud", "compute", "regions", "describe", needs.region, _in(needs),
        "--flatten=quotas[]", "--format=value(quotas.metric,quotas.usage,quotas.limit)",
    )  # fmt: skip
    pairs = " ".join(f"{name}={most}" for name, most in wanted.items())
    yield Step(
        f"quotas of nodes, addresses and load balancers in {needs.region}",
        "Each line: quota, used, limit, needed.",
        (
            f"quotas=$({listed})",
            f"printf '%s\\n' \"$quotas\" | awk -v wanted={shell_word(pairs)} {shell_word(_AWK)} ||",
            f"  [ \"${{SKIP_QUOTAS:-}}\" = yes ] || stop {shell_word(_SHORT)}",
        ),
    )  # fmt: skip


_AWK = """
  BEGIN { n = split(wanted, pairs, " ")
    for (i = 1; i <= n; i++) { split(pairs[i], p, "="); needed[p[1]] = p[2] } }
  $1 in needed { print $1, $2, $3, needed[$1]; seen[$1] = 1
    if ($3 - $2 < needed[$1]) short = 1 }
  END { for (name in needed) if (!(name in seen)) print name, "is not listed: unknown"
    exit short }"""
_SHORT = (
    "A quota is too small for what the stack can use. Delete what you do not need, or request more "
    "at https://console.cloud.google.com/iam-admin/quotas. To continue anyway: SKIP_QUOTAS=yes."
)


def _family(plan: Plan, needs: Needs, chips: Chips) -> Step:
    """The quota of a family of TPUs, which `gcloud compute regions describe` does not have."""
    fact = plan.catalog.copy().gke("tpu-quota")
    wanted = f"metric={fact.data['metric']}"
    if chips.spot:
        wanted = f'quotaDisplayName:"{fact.data["spot"]}"'
    region, dimension = region_of(chips.zone), fact.data["dimension"]
    rows = command(
        "gcloud", "beta", "quotas", "info", "list", f"--service={SERVICE}", _in(needs),
        f"--filter={wanted}", "--flatten=dimensionsInfos[]",
        f"--format=value(quotaId,dimensionsInfos.dimensions.{dimension},"
        "dimensionsInfos.applicableLocations.list(),dimensionsInfos.details.value)",
    )  # fmt: skip
    ask = command(
        "gcloud", "beta", "quotas", "preferences", "create", f"--service={SERVICE}",
        _in(needs), f"--preferred-value={chips.most}",
        f"--dimensions=region={region},{dimension}={chips.family or 'FAMILY'}",
    )  # fmt: skip
    kind = " Spot" if chips.spot else ""
    of = chips.family or chips.generation
    place = shell_word(f"{of}|{region}")
    return Step(
        f"quota of TPU chips in {chips.zone}",
        f"The node pools grow to {chips.most}{kind} chips of {of}. Each line: quota, family, "
        "locations, limit.",
        (
            f"quotas=$({rows})",
            f"printf '%s\\n' \"$quotas\" | grep -E {place} || echo 'not listed: unknown'",
            f"echo {shell_word(f'needed: {chips.most}. If the limit is lower, request more:')}",
            f"echo {shell_word(f'  {ask} --email=EMAIL --quota-id=QUOTA')}",
        ),
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
