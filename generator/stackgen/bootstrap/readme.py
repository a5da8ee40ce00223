"""The README of a bootstrap: the scripts in order, what each does, and what it needs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from stackgen.bootstrap.engine import engine
from stackgen.bootstrap.needs import Needs
from stackgen.bootstrap.script import Step, command
from stackgen.bootstrap.secret_values import registries
from stackgen.escape import markdown_code
from stackgen.plan.model import Plan
from stackgen.regex import regex

_VARIABLE = regex(r'"\$\{([A-Z_]+):\?([^}"]*)\}"')
_TOOLS = {
    "gcloud": "Google Cloud CLI, with the component beta",
    "kubectl": "1.31 or newer, with gke-gcloud-auth-plugin",
    "git": "to find the root of the repository",
    "podman": "to log in to registries without an entry in your own configuration",
    "sops": "to encrypt Secrets",
}


def readme(plan: Plan, needs: Needs, scripts: Mapping[str, Sequence[Step]]) -> str:
    """Markdown. scripts: the steps of each script by its name, in the order in which they run."""
    lines = [
        f"# Connecting {plan.stack.metadata.name.value} ({plan.env})",
        "",
        (
            "Written by `stackgen bootstrap` from `stack.yaml`. The scripts are plain bash: read "
            "them before you run them. Each can run again: it creates what is missing, and stops "
            "at the first command that fails."
        ),
        "",
        *_before(plan, scripts),
        "## Steps",
        "",
    ]
    for number, (what, commands, parts) in enumerate(_steps(plan, needs, scripts), 1):
        block = ["   ```bash", *(f"   {one}" for one in commands), "   ```", ""]
        lines += [f"{number}. {what}", "", *block]
        if parts:
            lines += [*(f"   - {one.title}: {one.why}" for one in parts), ""]
    lines += [*_terraform(needs), *_about_settings(plan)]
    return "\n".join(lines)


def _before(plan: Plan, scripts: Mapping[str, Sequence[Step]]) -> list[str]:
    """The tools and files that the scripts need."""
    text = "\n".join(line for steps in scripts.values() for one in steps for line in one.commands)
    tools = [
        f"| `{name}` | {what} |" for name, what in _TOOLS.items()
        if re.search(rf"\b{name} ", text) or name == "kubectl"
    ]  # fmt: skip
    found = dict(_VARIABLE.findall(text))
    lines = ["## Before you begin", "", "| tool | |", "|---|---|", *tools, ""]
    if found:
        lines += ["Export these variables. The scripts read the files, and print none of them:", ""]
        lines += ["| variable | value |", "|---|---|"]
        lines += [f"| `{name}` | {what} |" for name, what in found.items()]
        lines += [""]
    if "podman login" in text:
        names = ", ".join(registries(plan))
        lines += [
            (
                f"podman asks for a user name and a password of {names}. For registry.redhat.io, "
                "create a registry service account at https://access.redhat.com/terms-based-registry."
            ),
            "",
        ]
    return lines


def _steps(
    plan: Plan, needs: Needs, scripts: Mapping[str, Sequence[Step]]
) -> list[tuple[str, list[str], Sequence[Step]]]:
    """What a step is, its commands, and the parts of its script."""
    delivery = plan.stack.spec.delivery
    branch, repository = str(delivery.branch.value), str(delivery.repository.value)
    remote = command("git", "remote", "add", "origin", repository)
    push = [
        "git init    # changes nothing in a repository that exists",
        f"git remote get-url origin || {remote}",
        "git add .",
        "git diff --cached --quiet || git commit --message 'Render the stack'",
        command("git", "push", "origin", f"HEAD:{branch}"),
    ]
    name = engine(plan).data["name"]
    what = {
        "project.sh": f"In the folder of this file, prepare the project {needs.project}:",
        "secrets.sh": "Encrypt the Secrets, then commit and push them:",
        "management-cluster.sh": f"Create the cluster that runs Config Connector and {name}, and "
        "wait for the cluster of the models:",
        "workload-cluster.sh": f"Connect the cluster of the models, and wait for its gateway. "
        f"{name} installs the platform and the models:",
    }
    source = f"{markdown_code(branch)} of {markdown_code(str(delivery.repository.value))}"
    first = (
        "In the folder of `stack.yaml`, commit the stack and its rendered files. "
        f"{name} reads them from the branch {source}:"
    )
    found: list[tuple[str, list[str], Sequence[Step]]] = [
        (first, ["stackgen build --check", *push], ()),
    ]
    for script, steps in scripts.items():
        if script == "workload-cluster.sh" and not needs.managed:
            found.append(("Create the cluster and its node pools:", ["bash cluster.sh"], ()))
        found.append((what[script], [f"bash {script}"], steps))
    found.append((
        ("Verify the stack, from where clients reach the gateway. Each step prints what you should "
        "see:"), ["bash verify.sh"], (),
    ))  # fmt: skip
    return found


def _terraform(needs: Needs) -> list[str]:
    cluster = (
        "" if needs.managed
        else " `stackgen cluster --format terraform` prints the cluster and its node pools."
    )  # fmt: skip
    return [
        "## Terraform instead of project.sh",
        "",
        (
            "`project.tf.json` has the same APIs, accounts, roles and entries of Secret Manager, "
            "for the google provider. It does not create the VPC network, and has no value of a "
            f"secret: run project.sh for these, and to see quotas.{cluster}"
        ),
        "",
    ]


def _about_settings(plan: Plan) -> list[str]:
    """What the settings are for, and what to do without them."""
    if plan.stack.spec.delivery.engine.value != "flux":
        return [
            "## The settings of Argo CD",
            "",
            (
                "`argocd/` has progressive syncs for the ApplicationSet, and health checks for "
                "kinds that Argo CD does not know."
            ),
            "",
        ]
    gate, requeue = engine(plan).data["arguments"]
    return [
        "## The arguments of kustomize-controller",
        "",
        (
            f"- `{gate}`: a new commit ends the wait for the one before. Without it, a step that "
            "does not become healthy applies its own fix only after its timeout of 10 minutes. "
            "To apply it immediately: `kubectl rollout restart "
            "deployment/kustomize-controller --namespace flux-system`."
        ),
        (
            f"- `{requeue}`: how often a step checks whether the steps that it needs are healthy. "
            "The default is 30 seconds for each of up to seven steps in a row."
        ),
        "",
        (
            "With `flux bootstrap`, Flux itself is in Git. Add the arguments as a patch of its "
            "kustomization.yaml, or the next sync of Flux removes them."
        ),
        "",
    ]
