"""Flux or Argo CD in a cluster: installed if missing, new enough, set up, and with credentials."""

from __future__ import annotations

import json
from collections.abc import Iterator

from stackgen.bootstrap.script import Step, command, function, unless
from stackgen.catalog.rows import Row
from stackgen.escape import shell_word
from stackgen.plan.model import Plan


def engine(plan: Plan) -> Row:
    """The catalog row of the engine of the stack, which has one."""
    row = plan.catalog.copy().row("controller", plan.stack.spec.delivery.engine.value)
    assert row is not None  # the command rejects a stack without an engine
    return row


def engine_steps(plan: Plan, folder: str) -> Iterator[Step]:
    """The steps up to the objects of `folder`, which tell the engine what to sync."""
    row = engine(plan).data
    space = str(row["namespace"])
    yield Step(
        f"{row['name']} {row['minimum']} or newer",
        "A version that is installed stays, unless it is too old.",
        (*_install(plan), function("at_least"), *(
            command("at_least", name, space, version)
            for name, version in row["controllers"].items()
        )),
    )  # fmt: skip
    yield Step(f"settings of {row['name']}", "README.md explains them.", tuple(_settings(plan)))
    credentials = tuple(_credentials(plan))
    if credentials:
        yield Step(
            "credentials of the repository", "Each value is read from a file.", credentials
        )  # fmt: skip
    yield Step(
        "delivery", f"From now on, {row['name']} syncs the objects that these name.",
        (command("kubectl", "apply", "-k", folder),),
    )  # fmt: skip


def _install(plan: Plan) -> Iterator[str]:
    row = engine(plan).data
    space, url = str(row["namespace"]), str(row["install"])
    first = next(iter(row["controllers"]))
    look = command("kubectl", "get", "deployment", first, "--namespace", space)
    if plan.stack.spec.delivery.engine.value == "flux":
        yield unless(look, command("kubectl", "apply", "--server-side", "--filename", url))
    else:
        make = command("kubectl", "create", "namespace", space)
        yield unless(command("kubectl", "get", "namespace", space), make)
        # A definition of Argo CD is too large for client-side apply.
        yield unless(look, command(
            "kubectl", "apply", "--server-side", "--force-conflicts", "--namespace", space,
            "--filename", url,
        ))  # fmt: skip
    for name in row["controllers"]:
        yield command(
            "kubectl", "rollout", "status", f"deployment/{name}", "--namespace", space,
            "--timeout=5m",
        )  # fmt: skip


def _settings(plan: Plan) -> Iterator[str]:
    row = engine(plan).data
    space = str(row["namespace"])
    if plan.stack.spec.delivery.engine.value != "flux":
        # Server-side: the settings join those that are there, and other keys stay.
        yield "kubectl apply --server-side --field-manager=stackgen -k argocd"
        yield f"kubectl rollout restart deployment/argocd-applicationset-controller -n {space}"
        return
    deployment = ("deployment", "kustomize-controller", "--namespace", space)
    path = "/spec/template/spec/containers/0/args"
    read = command(
        "kubectl", "get", *deployment,
        "--output=jsonpath={range .spec.template.spec.containers[0].args[*]}{@}{\"\\n\"}{end}",
    )  # fmt: skip
    yield f"arguments=$({read})"
    for argument in row["arguments"]:
        patch = json.dumps([{"op": "add", "path": f"{path}/-", "value": argument}])
        add = command("kubectl", "patch", *deployment, "--type=json", f"--patch={patch}")
        look = f'grep -qxF {shell_word("-e" + argument)} <<< "$arguments"'
        yield f"{look} ||\n  {add}"


def _credentials(plan: Plan) -> Iterator[str]:
    """How the engine gets the credentials of a private repository."""
    delivery = plan.stack.spec.delivery
    name, url = delivery.secret.value, str(delivery.repository.value)
    if name is None:
        return
    flux = delivery.engine.value == "flux"
    space, ssh = str(engine(plan).data["namespace"]), url.startswith("ssh://")
    literals = [] if flux else ["--from-literal=type=git", f"--from-literal=url={url}"]
    identity = '"${SSH_KEY_FILE:?the name of a file with the private key}"'
    hosts = '"${KNOWN_HOSTS_FILE:?the name of a file with the key of the host}"'
    password = '"${GIT_TOKEN_FILE:?the name of a file with the token}"'
    if ssh and flux:
        files = f"--from-file=identity={identity} --from-file=known_hosts={hosts}"
    elif ssh:
        files = f"--from-file=sshPrivateKey={identity}"
    else:
        literals.append("--from-literal=username=git")
        files = f"--from-file=password={password}"
    at = (name, "--namespace", space)
    make = command("kubectl", "create", "secret", "generic", *at, *literals)
    yield unless(command("kubectl", "get", "secret", *at), f"{make} {files}")
    if not flux:
        label = "argocd.argoproj.io/secret-type=repository"
        yield command("kubectl", "label", "--overwrite", "secret", *at, label)
