"""The steps of a bootstrap, for the person who does them."""

from __future__ import annotations

import json

from stackgen.catalog.rows import Row
from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.plan.model import Plan

Step = tuple[str, list[str]]  # what is done, and the commands
REFLECTOR = "reflector.v1.k8s.emberstack.com"


def readme(plan: Plan, files: list[str]) -> str:
    """Markdown: the steps in order, with the commands for this environment."""
    manager = plan.stack.spec.secrets.manager.value
    install, *access, connect = _workload(plan)
    steps = [*_management(plan, files), install, connect]
    # Secrets need their namespaces, which delivery makes; the key of SOPS needs Flux's.
    place = {"reflector": len(steps), "existing": len(steps), "sops": len(steps) - 1}.get(
        manager, len(steps) - 2
    )
    steps[place:place] = _secrets(plan)
    at = steps.index(connect)
    steps[at:at] = [*access, *_acme(plan)]  # both need the cluster
    what = "When delivery is done, verify the stack from where clients reach the gateway:"
    steps.append((what, ["bash verify.sh"]))
    lines = [
        f"# Connecting {plan.stack.metadata.name.value} ({plan.env})",
        "",
        "Written by `stackgen bootstrap`. Each step once; then a merged commit is synced.",
        "",
    ]
    for number, (what, commands) in enumerate(steps, 1):
        lines += [f"{number}. {what}", ""]
        if commands:
            lines += ["   ```bash", *(f"   {command}" for command in commands), "   ```", ""]
    lines += _about_settings(plan)
    return "\n".join(lines)


def _management(plan: Plan, files: list[str]) -> list[Step]:
    cluster = plan.stack.spec.cluster
    if not any(file.startswith("management-cluster/") for file in files):
        return [(
            "Make the cluster and its node pools, unless they are there.",
            [f"stackgen cluster --env {plan.env} > cluster.sh && bash cluster.sh"],
        )]  # fmt: skip
    what = (
        f"In the management cluster, which runs {engine_name(plan)}, and Config Connector for the "
        f"project {cluster.project.value}:"
    )
    return [
        (f"Check {engine_name(plan)} in the management cluster. {_versions(plan)}", _check(plan)),
        *_config_connector(plan),
        *_access(plan, "management"),
        (what, [*_settings(plan), "kubectl apply -k management-cluster"]),
    ]


def _config_connector(plan: Plan) -> list[Step]:
    """In namespaced mode it serves a namespace only with an account of Google Cloud for it."""
    cluster = plan.stack.spec.cluster
    space, account = cluster.configConnectorNamespace.value, cluster.configConnectorServiceAccount
    name = "configconnector.core.cnrm.cloud.google.com"
    mode = f"kubectl get configconnector {name} --output=jsonpath='{{.spec.mode}}'"
    if account.value is None:
        what = (
            "Check the mode of Config Connector. If it is `namespaced` and the namespace "
            f"{space} has no ConfigConnectorContext, set "
            "spec.cluster.configConnectorServiceAccount: delivery then applies one."
        )
        return [(what, [mode])]
    what = (
        f"Let Config Connector use the account {account.value} in the namespace {space}, and let "
        "it create clusters whose nodes run as another account. Delivery applies the "
        f"ConfigConnectorContext of {space}. HOST_PROJECT is the project of the management "
        "cluster. The mode of Config Connector must be `namespaced`:"
    )
    member = f"HOST_PROJECT.svc.id.goog[cnrm-system/cnrm-controller-manager-{space}]"
    grant = f"gcloud projects add-iam-policy-binding {cluster.project.value}"
    roles = ("roles/container.admin", "roles/iam.serviceAccountUser")
    use = (
        f"gcloud iam service-accounts add-iam-policy-binding {account.value} "
        f"--role=roles/iam.workloadIdentityUser --member='serviceAccount:{member}'"
    )
    grants = [f"{grant} --role={role} --member=serviceAccount:{account.value}" for role in roles]
    return [(what, [mode, use, *grants])]


def _workload(plan: Plan) -> list[Step]:
    name, where = plan.cluster_name.value, plan.stack.spec.cluster.location.value
    project = plan.stack.spec.cluster.project.value
    what = f"Once the cluster is there, install {engine_name(plan)} in it. {_versions(plan)}"
    reach = f"gcloud container clusters get-credentials {name} --location={where}"
    return [
        (what, [f"{reach} --project={project}", *_check(plan)]),
        *_api_server(plan),
        *_access(plan, "workload"),
        ("In the workload cluster:", [*_settings(plan), "kubectl apply -k workload-cluster"]),
    ]


def _api_server(plan: Plan) -> list[tuple[str, list[str]]]:
    """Where policies name the address of the API server: read it, before anything waits for it."""
    spec = plan.stack.spec
    if not spec.network.defaultDeny.value:
        return []
    said = spec.cluster.controlPlaneCidr.value
    now = f"is {said}" if said else "is not set"
    what = (
        f"Read the address of the API server. spec.cluster.controlPlaneCidr {now}. Where the "
        "address is not in it, correct it, run `stackgen build` and commit: policies would keep "
        "controllers and endpoint pickers from the API server."
    )
    address = "jsonpath='{.subsets[*].addresses[*].ip}'"
    read = f"kubectl get endpoints kubernetes --namespace default --output={address}"
    return [(what, [read])]


def _access(plan: Plan, cluster: str) -> list[Step]:
    """How the engine gets the credentials of a private repository."""
    delivery = plan.stack.spec.delivery
    name, url = delivery.secret.value, str(delivery.repository.value)
    if name is None:
        return []
    flux = delivery.engine.value == "flux"
    space, ssh = _engine(plan).data["namespace"], url.startswith("ssh://")
    parts = [] if flux else ["--from-literal=type=git", f"--from-literal=url={url}"]
    if ssh and flux:
        parts += ["--from-file=identity=FILE", "--from-file=known_hosts=FILE"]
    elif ssh:
        parts += ["--from-file=sshPrivateKey=FILE"]
    else:
        parts += ["--from-literal=username=git", "--from-file=password=FILE"]
    commands = [f"kubectl create secret generic {name} --namespace {space} {' '.join(parts)}"]
    if not flux:
        label = "argocd.argoproj.io/secret-type=repository"
        commands.append(f"kubectl label secret {name} --namespace {space} {label}")
    what = f"In the {cluster} cluster, the credentials of {url}, each from a file:"
    return [(what, commands)]


def engine_name(plan: Plan) -> str:
    """The engine, as people call it."""
    return str(_engine(plan).data["name"])


def _engine(plan: Plan) -> Row:
    row = plan.catalog.copy().row("controller", plan.stack.spec.delivery.engine.value)
    assert row is not None  # the command refuses a stack without an engine
    return row


def _versions(plan: Plan) -> str:
    row = _engine(plan).data
    shown = ", ".join(f"{name} {version}" for name, version in row["controllers"].items())
    return (
        f"It must be {row['name']} {row['minimum']} or later, which is {shown} or later. The "
        "versions are in the names of the images:"
    )


def _check(plan: Plan) -> list[str]:
    columns = "NAME:.metadata.name,IMAGE:.spec.template.spec.containers[0].image"
    space = _engine(plan).data["namespace"]
    return [f"kubectl get deployments --namespace {space} --output custom-columns='{columns}'"]


def _settings(plan: Plan) -> list[str]:
    row = _engine(plan).data
    if plan.stack.spec.delivery.engine.value == "flux":
        at = "/spec/template/spec/containers/0/args/-"
        patch = json.dumps([{"op": "add", "path": at, "value": one} for one in row["arguments"]])
        return [
            (
                f"kubectl patch deployment kustomize-controller --namespace {row['namespace']} "
                f"--type=json --patch='{patch}'"
            ),
        ]
    # Server-side: the settings join those that are there, and other keys stay.
    return [
        "kubectl apply --server-side --field-manager=stackgen -k argocd",
        "kubectl rollout restart deployment/argocd-applicationset-controller --namespace argocd",
    ]


def _about_settings(plan: Plan) -> list[str]:
    """What the settings are for, and what to do without them."""
    if plan.stack.spec.delivery.engine.value != "flux":
        return []
    gate, requeue = _engine(plan).data["arguments"]
    return [
        "## The arguments of kustomize-controller",
        "",
        (
            f"- `{gate}`: a new commit ends the wait for the one before. Without it, a step that "
            "does not become healthy takes up a fix of itself only after its timeout of 10 "
            "minutes. To have it immediately: `kubectl rollout restart "
            "deployment/kustomize-controller --namespace flux-system`."
        ),
        (
            f"- `{requeue}`: how often a step looks whether the steps that it needs are healthy. "
            "The default is 30 seconds for each of up to seven steps in a row."
        ),
        "",
        (
            "With `flux bootstrap`, Flux itself is in Git. Add the arguments as a patch of its "
            "kustomization.yaml, or the next sync of Flux removes them."
        ),
        "",
    ]


def _acme(plan: Plan) -> list[Step]:
    """cert-manager answers DNS-01 challenges as its own account of the workload cluster."""
    acme, cluster = plan.stack.spec.gateway.acme, plan.stack.spec.cluster
    if acme.email.value is None:
        return []
    zones = acme.dnsProject.value or cluster.project.value
    space, project = plan.release.value("namespaces", "cert_manager").value, cluster.project.value
    what = (
        f"Let cert-manager write the challenges of the ClusterIssuer {acme.issuer.value} to the "
        f"Cloud DNS zones of {zones}. The hostnames of the listeners must be in public zones there:"
    )
    pool = f"locations/global/workloadIdentityPools/{project}.svc.id.goog"
    member = f"projects/$NUMBER/{pool}/subject/ns/{space}/sa/cert-manager"
    number = f"NUMBER=$(gcloud projects describe {project} --format='value(projectNumber)')"
    grant = (
        f"gcloud projects add-iam-policy-binding {zones} --role=roles/dns.admin --condition=None "
        f'--member="principal://iam.googleapis.com/{member}"'
    )
    return [(what, [number, grant])]


def _secrets(plan: Plan) -> list[Step]:
    spec = plan.stack.spec
    pull, token = spec.serving.imagePullSecret.value, spec.serving.huggingFaceToken.secret.value
    names = [name for name in (pull, token) if name is not None]
    manager = spec.secrets.manager.value
    if not names and manager != "sops":
        return []
    login = _login(plan)
    if manager == "external-secrets":
        create = f"gcloud secrets create {{}} --project={spec.cluster.project.value}"
        file = "--data-file={}"
        commands = [
            *login, *(f"{create} {file}".format(name, _file(name, pull)) for name in names)
        ]  # fmt: skip
        what = (
            "Put the secrets into Secret Manager, each from a file, and let the service account of "
            "External Secrets read them (roles/secretmanager.secretAccessor):"
        )
        return [(what, commands)]
    if manager == "reflector":
        return [("In the workload cluster, once Reflector runs, the Secrets to copy:", [
            *login, *(line for name in names for line in _reflected(plan, name, name == pull)),
        ])]  # fmt: skip
    if manager == "sops":
        folder, key = f"{spec.secrets.path.value}/{plan.env}", spec.secrets.keySecret.value
        wanted = f" (among them {', '.join(names)})" if names else ""
        what = (
            f"Commit encrypted Secrets{wanted}, each with its namespace, to {folder}, and give "
            "Flux the key, in the workload cluster:"
        )
        make = f"kubectl create secret generic {key} --namespace flux-system"
        encrypt = "sops encrypt --input-type=yaml --output-type=yaml --filename-override"
        file = f"{folder}/{pull}-$namespace.yaml"
        dry = f"--dry-run=client --output=yaml | {encrypt}={file} /dev/stdin > {file}"
        commands = [*login, *_everywhere(plan, dry), f"{make} --from-file=age.agekey=FILE"]
        return [(what, commands)]
    what = (
        "In the workload cluster, once the namespaces are there, the Secrets that are not: "
        f"{', '.join(names)}."
    )
    return [(what, [*login, *_everywhere(plan)])]


def _everywhere(plan: Plan, more: str = "") -> list[str]:
    """The command that makes the pull secret in each namespace; none without one."""
    pull = plan.stack.spec.serving.imagePullSecret.value
    if pull is None:
        return []
    make = f"kubectl create secret {_made_from(pull)} --namespace $namespace {more}".strip()
    return [f"for namespace in {' '.join(_pulling(plan))}; do {make}; done"]


def _file(name: str, pull: str | None) -> str:
    """The file that a secret is made from; the user's own unless `_login` writes it."""
    return f"{name}.json" if name == pull else "FILE"


def _login(plan: Plan) -> list[str]:
    """Write the login of each registry that needs one to a file. podman asks for the password."""
    pull = plan.stack.spec.serving.imagePullSecret.value
    if pull is None:
        return []
    return [f"podman login --authfile={_file(pull, pull)} {name}" for name in _registries(plan)]


def _registries(plan: Plan) -> list[str]:
    """The registries of the release's charts and of the models, those that any pull needs first."""
    mine, charts = plan.managed, plan.release.row.data["charts"]
    managed = (mine.cert_manager, mine.istio, mine.lws)
    rows = zip(("cert-manager-operator", "sail-operator", "lws-operator"), managed, strict=True)
    names = [charts[chart]["registry"] for chart, wanted in rows if wanted.value]
    for model in plan.models:
        try:
            names.append(image_reference(model.image.value).registry)
        except ImageReferenceError:
            continue
    return list(dict.fromkeys(names))


def _made_from(pull: str) -> str:
    kind = "kubernetes.io/dockerconfigjson"
    return f"generic {pull} --type={kind} --from-file=.dockerconfigjson={pull}.json"


def _pulling(plan: Plan) -> list[str]:
    """The namespaces whose pods need the pull secret."""
    rows, mine = plan.release.value("namespaces").value, plan.managed
    parts = {
        rows["cert_manager_operator"]: mine.cert_manager,
        rows["cert_manager"]: mine.cert_manager,
        rows["istio"]: mine.istio,
        rows["lws_operator"]: mine.lws,
        plan.release.serving("namespace").value: mine.serving,
    }
    spec = plan.stack.spec
    wanted = [space for space, managed in parts.items() if managed.value]
    wanted += [spec.gateway.namespace.value, spec.serving.namespace.value]
    return list(dict.fromkeys(wanted))


def _reflected(plan: Plan, name: str, pull: bool) -> list[str]:
    """The commands that make a Secret and let Reflector copy it to where it is needed."""
    spec = plan.stack.spec
    source, spaces = spec.secrets.sourceNamespace.value, spec.serving.namespace.value
    kind = f"generic {name} --from-file={plan.release.serving('hf_token_key').value}=FILE"
    if pull:
        spaces = ",".join(_pulling(plan))
        kind = _made_from(name)
    marks = {
        "reflection-allowed": "true",
        "reflection-allowed-namespaces": spaces,
        "reflection-auto-enabled": "true",
        "reflection-auto-namespaces": spaces,
    }
    annotations = " ".join(f"{REFLECTOR}/{key}={value}" for key, value in marks.items())
    return [
        f"kubectl create secret {kind} --namespace {source}",
        f"kubectl annotate secret {name} --namespace {source} {annotations}",
    ]
