"""`management-cluster.sh` and `workload-cluster.sh`: what is done in each cluster, in order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from ipaddress import ip_network

from stackgen.bootstrap.capacity import slice_steps, version_steps
from stackgen.bootstrap.engine import engine_steps
from stackgen.bootstrap.model_storage import model_storage
from stackgen.bootstrap.needs import Needs, google_cloud
from stackgen.bootstrap.script import Step, command, function, unless
from stackgen.bootstrap.secret_values import cluster_steps
from stackgen.escape import shell_word
from stackgen.plan.model import Plan

# Of its own, so that stacks share one: it may be the cluster of other stacks, too.
MANAGEMENT = "management"
# The chart of External Secrets names its account so.
CHART = "external-secrets"


def management_steps(plan: Plan, needs: Needs) -> Iterator[Step]:
    """The cluster that runs Config Connector, up to the cluster that it makes."""
    where = '--location="$location" ' + command(f"--project={needs.project}")
    clusters = "gcloud container clusters"
    flags = [f"--network={needs.network}"]
    if needs.nodes.email:
        flags.append(f"--service-account={needs.nodes.email}")
    yield Step(
        "management cluster",
        "MANAGEMENT_CLUSTER and MANAGEMENT_LOCATION name another one. It runs Config Connector.",
        (
            f'cluster="${{MANAGEMENT_CLUSTER:-{MANAGEMENT}}}"',
            f'location="${{MANAGEMENT_LOCATION:-{needs.region}}}"',
            unless(
                f'{clusters} describe "$cluster" {where}',
                f'{clusters} create-auto "$cluster" {where} {command(*flags)}',
            ),
            f'{clusters} get-credentials "$cluster" {where}',
        ),
    )
    yield from _connector(plan, needs)
    yield from engine_steps(plan, "management-cluster")
    space = str(plan.stack.spec.cluster.configConnectorNamespace.value)
    yield Step(
        "cluster",
        "Config Connector creates it and its node pools. This takes some minutes.",
        (
            _ready("containercluster", str(plan.cluster_name.value), space),
            *(_ready("containernodepool", str(member.name.value), space)
              for pool in plan.pools for member in pool.members),
        ),
    )  # fmt: skip


def _ready(kind: str, name: str, space: str) -> str:
    """Waits for an object of Config Connector, which delivery makes."""
    named = (f"{kind}.container.cnrm.cloud.google.com", name, "--namespace", space)
    wait = command("kubectl", "wait", *named, "--for=condition=Ready", "--timeout=45m")
    return f"until_ok 900 exists {command('kubectl', 'get', *named)}\n{wait}"


def _connector(plan: Plan, needs: Needs) -> Iterator[Step]:
    facts = google_cloud()["config_connector"]
    space = str(plan.stack.spec.cluster.configConnectorNamespace.value)
    look = command(
        "kubectl", "get", "statefulset", facts["operator_name"],
        "--namespace", facts["operator_namespace"],
    )  # fmt: skip
    describe = 'gcloud container clusters describe "$cluster" --location="$location" ' + command(
        f"--project={needs.project}", "--format=value(autopilot.enabled)"
    )
    yield Step(
        "Config Connector",
        "The operator, which keeps the controllers up to date. An installed one stays.",
        (
            f"exists {look} || {{",
            f"  file={shell_word(facts['operator'])}",
            f'  [ "$({describe})" != True ] || file={shell_word(facts["operator_autopilot"])}',
            f'  gcloud storage cp {shell_word(facts["bundle"])} "$work/bundle.tar.gz"',
            '  tar -xzf "$work/bundle.tar.gz" -C "$work"',
            '  kubectl apply --filename "$work/$file"',
            "}",
            "until_ok 300 exists kubectl get crd configconnectors.core.cnrm.cloud.google.com",
        ),
    )
    account = f"{facts['account']}-{space}"
    member = f"serviceAccount:{needs.project}.svc.id.goog[{facts['namespace']}/{account}]"
    names = facts["names"]
    mode = command(
        "kubectl", "get", "configconnector", names["ConfigConnector"],
        "--output=jsonpath={.spec.mode}",
    )  # fmt: skip
    yield Step(
        "identity of Config Connector",
        f"Config Connector works for the namespace {space} with the account of project.sh. A "
        "Config Connector in cluster mode keeps its own account.",
        (
            unless(
                command("kubectl", "get", "configconnector", names["ConfigConnector"]),
                "kubectl apply --filename config-connector/configconnector.yaml",
            ),
            f'[ "$({mode})" = cluster ] || {{',
            "  " + command(
                "gcloud", "iam", "service-accounts", "add-iam-policy-binding",
                needs.connector.email, f"--project={needs.connector.project}", f"--member={member}",
                f"--role={google_cloud()['roles']['workload-identity']}", "--format=none",
            ),
            "  " + unless(
                command("kubectl", "get", "namespace", space),
                command("kubectl", "create", "namespace", space),
            ),
            ("  until_ok 300 exists kubectl get crd "
            "configconnectorcontexts.core.cnrm.cloud.google.com"),
            *(
                # Delivery applies the context of an account that the spec names.
                ["  kubectl apply --filename config-connector/configconnectorcontext.yaml"]
                if plan.stack.spec.cluster.configConnectorServiceAccount.value is None
                else []
            ),
            "}",
        ),
    )  # fmt: skip


def workload_steps(plan: Plan, needs: Needs) -> Iterator[Step]:
    """The cluster of the models: up to the address that clients use."""
    spec = plan.stack.spec
    yield Step(
        "cluster", "kubectl then speaks to the cluster of the models.",
        (command(
            "gcloud", "container", "clusters", "get-credentials", str(plan.cluster_name.value),
            f"--location={spec.cluster.location.value}", f"--project={needs.project}",
        ),),
    )  # fmt: skip
    yield from version_steps(plan, needs)
    yield from slice_steps(plan, needs)
    yield from _api_server(plan)
    if needs.secrets:
        yield _reader(plan, needs)
    if spec.gateway.acme.email.value is not None:
        yield _challenges(plan, needs)
    serving = str(spec.serving.namespace.value)
    storage = model_storage(plan, needs, _number(needs), partial(_member, needs, serving))
    if storage is not None:
        yield storage
    if plan.managed.keda.value and spec.observe.engine.value == "gmp":
        yield _metrics_reader(plan, needs)
    sops = spec.secrets.manager.value == "sops"
    delivery = list(engine_steps(plan, "workload-cluster"))
    made = list(cluster_steps(plan))
    # The key of SOPS is needed by what delivery applies. Other Secrets need its namespaces.
    yield from (*delivery[:-1], *made, delivery[-1]) if sops else (*delivery, *made)
    if plan.stack.spec.gateway.objects.value != "none":
        yield from _address(plan, needs)


def _api_server(plan: Plan) -> Iterator[Step]:
    """Where policies name the address of the API server: it is read before delivery begins."""
    spec = plan.stack.spec
    if not spec.network.defaultDeny.value:
        return
    said = spec.cluster.controlPlaneCidr.value
    read = command(
        "kubectl", "get", "endpoints", "kubernetes", "--namespace", "default",
        "--output=jsonpath={.subsets[*].addresses[*].ip}",
    )  # fmt: skip
    again = "Run stackgen build, commit and push, and run this script again."
    commands = [f"addresses=$({read})", 'echo "API server: $addresses"']
    if said is None:
        commands.append(
            "stop 'Network policies name the address of the API server. Add to stack.yaml:' "
            '"  spec: {cluster: {controlPlaneCidr: ${addresses%% *}/32}}" ' + shell_word(again)
        )
    else:
        wrong = f"spec.cluster.controlPlaneCidr is {said}, and does not contain $address."
        commands += [
            function("inside"),
            "for address in $addresses; do",
            f'  inside "$address" {ip_network(str(said), strict=False)} ||',
            f'    stop "{wrong}" "Set it to $address/32." {shell_word(again)}',
            "done",
        ]
    yield Step(
        "address of the API server",
        "Policies for controllers and endpoint pickers name it. It must be right before delivery.",
        tuple(commands),
    )


def _reader(plan: Plan, needs: Needs) -> Step:
    """External Secrets reads as its Kubernetes account, without a Google service account."""
    space = str(plan.release.value("namespaces", "external_secrets").value)
    role = shell_word(f"--role={google_cloud()['roles']['read-secret']}")
    commands = [_number(needs)]
    for secret in needs.secrets:
        bind = command(
            "gcloud", "secrets", "add-iam-policy-binding", secret, f"--project={needs.project}"
        )
        commands.append(f"{bind} {_member(needs, space, CHART)} {role} --format=none")
    return Step(
        "External Secrets", "Its Kubernetes account may read the entries of Secret Manager.",
        tuple(commands),
    )  # fmt: skip


def _metrics_reader(plan: Plan, needs: Needs) -> Step:
    """KEDA reads as its Kubernetes account, without a Google service account."""
    account = str(plan.release.value("autoscaling", "operator").value)
    space = str(plan.release.value("namespaces", "keda").value)
    bind = command("gcloud", "projects", "add-iam-policy-binding", needs.project)
    role = shell_word(f"--role={google_cloud()['roles']['read-metrics']}")
    return Step(
        "KEDA",
        "Its Kubernetes account may read the metrics of the project, which decide on replicas.",
        (
            _number(needs),
            f"{bind} {_member(needs, space, account)} {role} --condition=None --format=none",
        ),
    )


def _challenges(plan: Plan, needs: Needs) -> Step:
    """cert-manager answers DNS-01 challenges as its own Kubernetes account."""
    acme = plan.stack.spec.gateway.acme
    zones = str(acme.dnsProject.value or needs.project)
    space = str(plan.release.value("namespaces", "cert_manager").value)
    bind = command("gcloud", "projects", "add-iam-policy-binding", zones)
    role = shell_word(f"--role={google_cloud()['roles']['write-records']}")
    return Step(
        "ACME",
        f"cert-manager writes the challenges of the ClusterIssuer {acme.issuer.value} to the "
        f"public zones of Cloud DNS in {zones}.",
        (
            _number(needs),
            f"{bind} {_member(needs, space, 'cert-manager')} {role} --condition=None --format=none",
        ),
    )


def _number(needs: Needs) -> str:
    read = command("gcloud", "projects", "describe", needs.project, "--format=value(projectNumber)")
    return f"number=$({read})"


def _member(needs: Needs, space: str, account: str) -> str:
    """The flag that names a Kubernetes account, after `_number`.

    The workload identity pool of the project exists once the project has such a cluster.
    """
    pool = f"projects/$number/locations/global/workloadIdentityPools/{needs.project}.svc.id.goog"
    return f'--member="principal://iam.googleapis.com/{pool}/subject/ns/{space}/sa/{account}"'


def _address(plan: Plan, needs: Needs) -> Iterator[Step]:
    spec = plan.stack.spec
    name, space = str(spec.gateway.name.value), str(spec.gateway.namespace.value)
    read = command(
        "kubectl", "get", "gateway", name, "--namespace", space,
        "--output=jsonpath={.status.addresses[0].value}",
    )  # fmt: skip
    yield Step(
        "address of the gateway",
        "Delivery installs the platform first. If it does not come, see the runbook: "
        "`stackgen explain gateway-pending`.",
        (
            f'has_address() {{ address=$({read} 2>/dev/null) && [ -n "$address" ]; }}',
            "until_ok 3600 has_address",
            'echo "gateway: $address"',
        ),
    )
    if needs.hosts:
        yield _dns(plan, needs)


def _dns(plan: Plan, needs: Needs) -> Step:
    """One record for each host name, in the zone with the longest name that the host ends with."""
    internal = plan.stack.spec.gateway.exposure.value == "internal"
    kind = "private" if internal else "public"
    listed = command(
        "gcloud", "dns", "managed-zones", "list", f"--project={needs.project}",
        f"--filter=visibility={kind}", "--format=value(name,dnsName)",
    )  # fmt: skip
    missing = "No managed zone of Cloud DNS holds $1. Create the record at your DNS provider:"
    lines = [
        f"zones=$({listed})",
        "record() { # host name",
        "  local zone='' longest='' name domain",
        "  while read -r name domain; do",
        '    case ".$1." in *".$domain")',
        '      if [ "${#domain}" -gt "${#longest}" ]; then zone=$name longest=$domain; fi ;;',
        "    esac",
        '  done <<< "$zones"',
        '  [ -n "$zone" ] || {',
        f'    echo "{missing} $1 A $address"',
        "    return",
        "  }",
        '  local now at=("$1." --type=A --zone="$zone" '
        + command(f"--project={needs.project}")
        + ")",
        (
            '  now=$(gcloud dns record-sets describe "${at[@]}" --format="value(rrdatas[0])" '
            "2>/dev/null) || now=''"
        ),
        '  if [ -z "$now" ]; then',
        '    gcloud dns record-sets create "${at[@]}" --ttl=300 --rrdatas="$address"',
        '  elif [ "$now" != "$address" ]; then',
        '    stop "$1 is $now, and the gateway is $address. Change the record."',
        "  fi",
        "}",
        *(command("record", host) for host in needs.hosts),
    ]
    return Step(
        "DNS", "A host name that no zone of Cloud DNS holds is printed.", tuple(lines)
    )  # fmt: skip
