"""How the values of secrets come to their places, without a value in a file of the repository."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackgen.bootstrap.client_keys import NEW_KEY, client_keys, made
from stackgen.bootstrap.script import Step, command, unless
from stackgen.escape import shell_word
from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.plan.model import Plan

REFLECTOR = "reflector.v1.k8s.emberstack.com"
LOGIN = '"$work/login.json"'
TOKEN = '"${HF_TOKEN_FILE:?the name of a file with the token of Hugging Face}"'
KEY = '"${AGE_KEY_FILE:?the name of a file with the age key}"'


def add_version(plan: Plan, name: str) -> list[str]:
    """Lines that give an entry of Secret Manager a value, unless it has one."""
    where = f"--project={plan.stack.spec.cluster.project.value}"
    versions = ("gcloud", "secrets", "versions")
    look = command(*versions, "describe", "latest", f"--secret={name}", where)
    add = command(*versions, "add", name, where)
    if name in {key.name for key in client_keys(plan)}:
        return [unless(look, f"{NEW_KEY} | {add} --data-file=-")]
    if name != plan.stack.spec.serving.imagePullSecret.value:
        return [unless(look, f"{add} --data-file={TOKEN}")]
    return [f"exists {look} || {{", *_login(plan), f"  {add} --data-file={LOGIN}", "}"]


def registries(plan: Plan) -> list[str]:
    """The registries of the release's charts and of the models, those that any pull needs first."""
    charts = plan.release.row.data["charts"]
    names = [row["registry"] for chart, row in charts.items() if plan.installs(chart).value]
    for model in plan.models:
        try:
            names.append(image_reference(model.image.value).registry)
        except ImageReferenceError:
            continue
    return list(dict.fromkeys(names))


def _login(plan: Plan) -> list[str]:
    """Write the login of each registry that needs one to a file. podman asks for the password."""
    names = registries(plan)
    return [f"  podman login --authfile={LOGIN} {shell_word(name)}" for name in names]


def cluster_steps(plan: Plan) -> Iterator[Step]:
    """The Secrets that are made in the workload cluster, by the manager of the spec."""
    manager = plan.stack.spec.secrets.manager.value
    if manager == "existing":
        yield from _existing(plan)
    elif manager == "reflector":
        yield from _reflected(plan)
    elif manager == "sops":
        key = str(plan.stack.spec.secrets.keySecret.value)
        look = command("kubectl", "get", "secret", key, "--namespace", "flux-system")
        make = command("kubectl", "create", "secret", "generic", key, "--namespace", "flux-system")
        yield Step(
            "key of SOPS", "Flux decrypts the Secrets of the repository with it.",
            (unless(look, f"{make} --from-file=age.agekey={KEY}"),),
        )  # fmt: skip


def _existing(plan: Plan) -> Iterator[Step]:
    pull, token = _names(plan)
    commands: list[str] = []
    for space in _pulling(plan) if pull is not None else ():
        commands += [_awaited(space), *_pull_secret(plan, str(pull), space)]
    if token is not None:
        space = str(plan.stack.spec.serving.namespace.value)
        commands += [_awaited(space), *_token(plan, str(token), space)]
    for key in client_keys(plan):
        commands += [_awaited(key.namespace), *made(key)]
    if commands:
        yield Step(
            "Secrets", "Delivery makes the namespaces. A Secret that exists stays.", tuple(commands)
        )


def _reflected(plan: Plan) -> Iterator[Step]:
    pull, token = _names(plan)
    spec = plan.stack.spec
    source, serving = str(spec.secrets.sourceNamespace.value), str(spec.serving.namespace.value)
    commands: list[str] = []
    if pull is not None:
        commands += [*_pull_secret(plan, pull, source), _marks(pull, source, _pulling(plan))]
    if token is not None:
        commands += [*_token(plan, token, source), _marks(token, source, [serving])]
    for key in client_keys(plan):
        commands += [*made(key, source), _marks(key.name, source, [key.namespace])]
    if commands:
        yield Step(
            "Secrets that Reflector copies",
            "Delivery makes the namespace. The annotations say where each Secret is copied to.",
            (_awaited(source), *commands),
        )


def _names(plan: Plan) -> tuple[str | None, str | None]:
    """The pull secret, and the Secret with the token of Hugging Face."""
    serving = plan.stack.spec.serving
    return serving.imagePullSecret.value, serving.huggingFaceToken.secret.value


def _awaited(space: str) -> str:
    return f"until_ok 900 exists {command('kubectl', 'get', 'namespace', space)}"


def _pull_secret(plan: Plan, name: str, space: str) -> list[str]:
    look = command("kubectl", "get", "secret", name, "--namespace", space)
    make = command("kubectl", "create", "secret", "generic", name, "--namespace", space)
    kind = "--type=kubernetes.io/dockerconfigjson"
    return [
        f"exists {look} || {{",
        f"  [ -f {LOGIN} ] || {{",
        *(f"  {line}" for line in _login(plan)),
        "  }",
        f"  {make} {kind} --from-file=.dockerconfigjson={LOGIN}",
        "}",
    ]


def _token(plan: Plan, name: str, space: str) -> list[str]:
    look = command("kubectl", "get", "secret", name, "--namespace", space)
    make = command("kubectl", "create", "secret", "generic", name, "--namespace", space)
    key = plan.release.serving("hf_token_key").value
    return [unless(look, f"{make} {shell_word(f'--from-file={key}=')}{TOKEN}")]


def _marks(name: str, source: str, spaces: list[str]) -> str:
    copied = ",".join(spaces)
    marks = {
        "reflection-allowed": "true",
        "reflection-allowed-namespaces": copied,
        "reflection-auto-enabled": "true",
        "reflection-auto-namespaces": copied,
    }
    words = (f"{REFLECTOR}/{key}={value}" for key, value in marks.items())
    return command(
        "kubectl", "annotate", "--overwrite", "secret", name, "--namespace", source, *words
    )


def _pulling(plan: Plan) -> list[str]:
    """The namespaces whose pods need the pull secret."""
    rows, mine = plan.release.value("namespaces").value, plan.managed
    parts = (
        ("cert_manager_operator", mine.cert_manager), ("cert_manager", mine.cert_manager),
        ("istio", mine.istio), ("envoy_gateway", mine.envoy),
        ("envoy_ai_gateway", mine.envoy), ("lws_operator", mine.lws),
    )  # fmt: skip
    spec = plan.stack.spec
    wanted = [rows[key] for key, managed in parts if managed.value and key in rows]
    if plan.release.has("namespace") and mine.serving.value:
        wanted.append(plan.release.serving("namespace").value)
    wanted += [spec.gateway.namespace.value, spec.serving.namespace.value]
    return list(dict.fromkeys(wanted))


def sealing_steps(plan: Plan) -> Iterator[Step]:
    """The encrypted Secrets of the repository, where SOPS is the manager."""
    spec = plan.stack.spec
    if spec.secrets.manager.value != "sops":
        return
    pull, token = _names(plan)
    folder = f"{spec.secrets.path.value}/{plan.env}"
    commands = ["root=$(git rev-parse --show-toplevel)", f'mkdir -p "$root"/{shell_word(folder)}']
    for space in _pulling(plan) if pull is not None else ():
        kind = "--type=kubernetes.io/dockerconfigjson"
        more = f"{kind} --from-file=.dockerconfigjson={LOGIN}"
        commands += _sealed(folder, str(pull), space, more, _login(plan))
    if token is not None:
        key = plan.release.serving("hf_token_key").value
        more = f"{shell_word(f'--from-file={key}=')}{TOKEN}"
        commands += _sealed(folder, token, str(spec.serving.namespace.value), more, [])
    for one in client_keys(plan):
        marked = [
            f"kubectl {verb} --local --filename=- --output=yaml {' '.join(map(shell_word, words))}"
            for verb, words in (("label", one.labels), ("annotate", one.annotations))
            if words
        ]
        more = f"--from-file={shell_word(one.entry)}=<({NEW_KEY})"
        commands += _sealed(folder, one.name, one.namespace, more, [], marked)
    commands.append(
        f"echo {shell_word(f'Commit {folder}, and the file .sops.yaml with your recipients.')}"
    )
    yield Step(
        "encrypted Secrets", "sops finds the recipients in .sops.yaml.", tuple(commands)
    )  # fmt: skip


def _sealed(
    folder: str, name: str, space: str, more: str, login: list[str], marked: Sequence[str] = ()
) -> list[str]:
    """marked: commands that add labels and annotations to the manifest."""
    file = f"{folder}/{name}-{space}.yaml"
    make = command("kubectl", "create", "secret", "generic", name, "--namespace", space)
    form = "--input-type=yaml --output-type=yaml"
    encrypt = f"sops encrypt {form} --filename-override={shell_word(file)} /dev/stdin"
    needed = [f"  [ -f {LOGIN} ] || {{", *(f"  {line}" for line in login), "  }"] if login else []
    # The file appears only when it is whole.
    return [
        f'[ -f "$root"/{shell_word(file)} ] || {{',
        *needed,
        f"  {make} {more} --dry-run=client --output=yaml |",
        *(f"    {mark} |" for mark in marked),
        f'    {encrypt} > "$work/sealed.yaml"',
        f'  mv "$work/sealed.yaml" "$root"/{shell_word(file)}',
        "}",
    ]
