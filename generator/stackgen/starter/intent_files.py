"""The files of a stack that starts from a model: a pattern with the values of a person."""

from __future__ import annotations

import re
from dataclasses import replace

from stackgen.catalog.load import Catalog
from stackgen.errors import UsageError
from stackgen.facts.locations import machines_instead
from stackgen.manifest.yaml_out import UnwritableError, scalar
from stackgen.plan.dimensions import model_id
from stackgen.record import record
from stackgen.regex import regex
from stackgen.starter import patterns

CONFIG = "model.config.json"
_NAME_LENGTH = 40  # leaves room for the suffixes of controllers
# The TPU image of the release of xks has a tag alone, its GPU image has a digest.
_DIGEST = regex(r"    - rule: supply-image-digest\n.*\n")
_MACHINE = regex(r"machineType: (\S+?),")


@record
class Intent:
    """What a person knows at the start.

    model: ORG/NAME, or a URI of the spec. domain: host name of the models; empty: plain HTTP.
    email: of an ACME account; empty: certificates are of the stack's own CA. accelerator: a row of
    the catalog, the only one to try. config: the text of the model's config.json.
    """

    model: str
    project: str
    zone: str
    domain: str = ""
    email: str = ""
    platform: str = "xks"
    gitops: str = "flux"
    repository: str = ""
    accelerator: str = ""
    config: bytes = b""


@record
class Shape:
    """What one model server runs on. hosts: nodes of one server. disk_gb: 0 is GKE's own size."""

    accelerator: str
    topology: str = ""
    gpus: int = 0
    hosts: int = 1
    disk_gb: int = 0

    @property
    def pool(self) -> str:
        """The name of its node pool."""
        return "tpu-pool" if self.topology else "gpu-pool"

    @property
    def words(self) -> str:
        """Accelerator and size, such as `v6e 2x4` and `l4 x2`."""
        return f"{self.accelerator} {self.topology or f'x{self.gpus}'}"

    def with_disk(self, size_gb: int) -> Shape:
        """The shape with a boot disk of this size."""
        return replace(self, disk_gb=size_gb)


def intent_files(intent: Intent, shape: Shape) -> dict[str, bytes]:
    """stack.yaml and overlays, by path."""
    found = dict(patterns.files(patterns.named("single", intent.platform)))
    text = found["stack.yaml"].decode()
    machine = _MACHINE.findall(text)[0]
    others = machines_instead(machine, intent.zone, Catalog())
    if others:
        text = text.replace(f"machineType: {machine}", f"machineType: {others[0]}")
    for old, new in _replacements(intent, shape):
        text = _replaced(text, old, new)
    if shape.gpus and intent.platform == "xks":
        text = _DIGEST.sub("", text)
    made = {
        "stack.yaml": text.encode(),
        "overlays/dev/stack.yaml": _dev(shape).encode(),
        "overlays/prod/stack.yaml": _prod(intent, shape).encode(),
    }
    if intent.config:
        made[CONFIG] = intent.config
    return made


def model_uri(intent: Intent) -> str:
    """The model as the spec names it."""
    return intent.model if "://" in intent.model else f"hf://{intent.model}"


def model_name(intent: Intent) -> str:
    """A name for the service of the model: its own, as a DNS label."""
    last = model_id(model_uri(intent)).rpartition("/")[2].lower()
    name = re.sub(r"[^a-z0-9]+", "-", last)[:_NAME_LENGTH].strip("-")
    return name if re.match("[a-z]", name) else f"model-{name}".strip("-")


def _is(intent: Intent, field: str) -> bool:
    """What the catalog says of the model: gated, multimodal."""
    row = Catalog().model(model_id(model_uri(intent)))
    return row is not None and bool(row.data.get(field))


def _replacements(intent: Intent, shape: Shape) -> list[tuple[str, str]]:
    """Lines of the pattern by what they begin with, and what stands there instead."""
    project = _text(intent.project)
    listeners = "      - {name: http, port: 80}"
    if intent.domain:
        issuer = ", tls: {issuer: letsencrypt}" if intent.email else ""
        listeners += (
            f"\n      - {{name: https, port: 443, protocol: HTTPS, hostname: {_text(intent.domain)}"
            f"{issuer}}}"
        )
        if intent.email:
            listeners += f"\n    acme: {{email: {_text(intent.email)}}}"
    account = f"gke-nodes@{intent.project}.iam.gserviceaccount.com"
    model = f"        model: {_text(model_uri(intent))}"
    if intent.config:
        model += f"\n        config: {CONFIG}"
    if _is(intent, "multimodal"):
        model += "\n        args: [--disable-chunked-mm-input]"
    found = [
        ("# One model on one TPU v6e chip", f"# {model_name(intent)} on {shape.words}"),
        ("    project: my-project # change: your Google Cloud project", f"    project: {project}"),
        ("    location: *", f"    location: {_text(intent.zone)}"),
        ("    nodeServiceAccount: *", f"    nodeServiceAccount: {_text(account)}"),
        ("      - {name: tpu-pool*", f"      - {_pool(shape)}"),
        ("      - {name: http, port: 80}", listeners),
        ("      - name: qwen", f"      - name: {model_name(intent)}"),
        ("        model: *", model),
        ("        nodePool: *", f"        nodePool: {shape.pool}"),
        ("    engine: *", f"    engine: {intent.gitops}"),
    ]
    if intent.repository:
        found.append(("    repository: *", f"    repository: {_text(intent.repository)}"))
    if _is(intent, "gated"):
        token = "    huggingFaceToken: {secret: huggingface-token}"
        found.append(("    # huggingFaceToken: *", token))
    return found


def _replaced(text: str, old: str, new: str) -> str:
    """The text with `new` for `old`, which is there once. `*` at the end: the rest of the line."""
    pattern = re.escape(old.removesuffix("*")) + (".*" if old.endswith("*") else "")
    made, count = re.subn(f"(?m)^{pattern}", lambda _: new, text)
    assert count == 1, f"{count} times in the pattern: {old}"
    return made


def _text(value: str) -> str:
    try:
        return scalar(value)
    except UnwritableError:
        raise UsageError(f"{value!a} is not a string") from None


def _pool(shape: Shape) -> str:
    size = f"topology: {shape.topology}" if shape.topology else f"gpus: {shape.gpus}"
    disk = f", diskSizeGb: {shape.disk_gb}" if shape.disk_gb else ""
    return (
        f"{{name: {shape.pool}, accelerator: {shape.accelerator}, {size}, "
        f"nodes: {{min: 0, max: {2 * shape.hosts}}}{disk}}}"
    )


def _dev(shape: Shape) -> str:
    return (
        "# Development: what differs from stack.yaml. Lists of named items merge by name.\n"
        "spec:\n  cluster:\n    nodePools:\n"
        "      - {name: default-pool, nodes: {min: 1, max: 3}}\n"
        "      # stackgen: ignore[tpu-spot-single-replica] no user waits for the development "
        "server\n"
        f"      - {{name: {shape.pool}, purchase: spot}}\n"
    )


def _prod(intent: Intent, shape: Shape) -> str:
    low, high = 2 * shape.hosts, 3 * shape.hosts
    return (
        "# Production: two model servers, and room for a third while one is replaced.\n"
        "spec:\n  cluster:\n    nodePools:\n"
        f"      - {{name: {shape.pool}, nodes: {{min: {low}, max: {high}}}}}\n"
        "  serving:\n    models:\n"
        f"      - {{name: {model_name(intent)}, replicas: 2}}\n"
    )
