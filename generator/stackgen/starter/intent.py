"""A stack from what it is for: the cheapest accelerator of a zone that holds a model."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping

from stackgen.catalog.load import Catalog
from stackgen.catalog.rows import Row
from stackgen.compiler import Compiled, compile_environment
from stackgen.errors import UsageError
from stackgen.facts.locations import is_zone, unknown_location, zones_with
from stackgen.facts.quantity import in_gib
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.manifest.document import Path, show_path
from stackgen.plan.estimate import estimate
from stackgen.plan.model import ModelPlan
from stackgen.plan.nodes import disk_for
from stackgen.record import record
from stackgen.spelling import did_you_mean, did_you_mean_model
from stackgen.starter.intent_files import Intent, Shape, intent_files
from stackgen.starter.write import write_new

_FAMILIES = ("spec", "tpu", "catalog")
_NO_CA = "spec-release-unsupported"  # of an HTTPS listener without an issuer
_GPU_COUNTS = (1, 2, 4, 8)
_SHOWN_ZONES = 6
_ACCOUNT: Path = ("spec", "cluster", "nodeServiceAccount")
# Fields of the spec, by the option that a person typed.
_OPTIONS = {
    "spec.cluster.project": "--project",
    "spec.cluster.nodeServiceAccount": "--project",
    "spec.cluster.location": "--zone",
    "spec.gateway.listeners[1].hostname": "--domain",
    "spec.gateway.acme.email": "--email",
    "spec.delivery.repository": "--repository",
    "spec.serving.models[0].model": "--model",
}
# Of config.json. The parameters are counted from several keys.
_KEYS = {
    "layers": "num_hidden_layers",
    "attentionHeads": "num_attention_heads",
    "kvHeads": "num_key_value_heads",
    "headDim": "head_dim or hidden_size",
    "maxContext": "max_position_embeddings",
    "params": "hidden_size, intermediate_size and vocab_size",
}


@record
class Option:
    """A shape that holds the model. hour: USD for the nodes of one server; None: not known.

    tokens: what the KV cache holds. sure: every list of zones has the accelerator there. warnings:
    of the build about this shape.
    """

    shape: Shape
    gpu: bool
    sure: bool
    hour: float | None
    tokens: int
    warnings: tuple[str, ...]
    compiled: Compiled


@record
class Chosen:
    """options: what holds the model, the choice first. rejected: the others, and why.

    untried: GPUs that the zone may have: the catalog has no list of their zones.
    """

    options: tuple[Option, ...]
    rejected: tuple[tuple[str, str], ...]
    untried: tuple[str, ...]
    files: Mapping[str, bytes]


def choose(intent: Intent) -> Chosen:
    """The stack of `intent` on the cheapest TPU of its zone that holds the model, or else GPU.

    Of each accelerator, the smallest shape that holds the weights and one request of full length.
    Raises UsageError for a value that no spec takes, and where nothing in the zone fits.
    """
    catalog = Catalog()
    rows = _accelerators(intent, catalog)
    options: list[Option] = []
    rejected: list[tuple[str, str]] = []
    for row in rows:
        for shape in _shapes(row, catalog):
            found = _tried(intent, shape, row)
            if isinstance(found, Option):
                options.append(found)
                break
            rejected.append((shape.words, found))
    if not options:
        raise UsageError(
            f"no accelerator of {intent.zone} that was tried holds {intent.model}:",
            *(f"  {words}: {why}" for words, why in rejected),
        )
    options.sort(key=lambda o: (o.gpu, not o.sure, bool(o.warnings), o.hour is None, o.hour or 0.0))
    untried = () if intent.accelerator else _untried(catalog)
    return Chosen(tuple(options), tuple(rejected), untried, intent_files(intent, options[0].shape))


def _untried(catalog: Catalog) -> tuple[str, ...]:
    return tuple(
        row.key
        for row in catalog.rows("accelerator")
        if row.data["kind"] == "gpu" and not zones_with(row)
    )


def _accelerators(intent: Intent, catalog: Catalog) -> list[Row]:
    """The accelerators to try: the one that is asked for, or all of the zone."""
    problem = unknown_location(intent.zone, catalog)
    if problem:
        raise UsageError(problem)
    if not is_zone(intent.zone):
        raise UsageError(f"{intent.zone} is a region; name one of its zones")
    rows = {row.key: row for row in catalog.rows("accelerator")}
    if intent.accelerator and intent.accelerator not in rows:
        hint = did_you_mean(intent.accelerator, rows) or f"; there is {', '.join(rows)}"
        raise UsageError(f"no accelerator is called {intent.accelerator!r}{hint}")
    asked = [rows[intent.accelerator]] if intent.accelerator else list(rows.values())
    there = [row for row in asked if intent.zone in zones_with(row)]
    if there:
        return there
    if intent.accelerator:
        if not zones_with(asked[0]):
            return asked
        zones = ", ".join(zones_with(asked[0])[:_SHOWN_ZONES])
        raise UsageError(f"{intent.zone} has no {intent.accelerator}; these zones have: {zones}")
    tpus = (row for row in asked if row.data["kind"] == "tpu")
    zones = ", ".join(sorted({z for row in tpus for z in row.data.get("zones_safe", ())}))
    raise UsageError(f"the catalog has no accelerator in {intent.zone}; TPUs are in {zones}")


def _shapes(row: Row, catalog: Catalog) -> Iterator[Shape]:
    """What one server could have of an accelerator, the smallest first."""
    if row.data["kind"] != "tpu":
        yield from (Shape(row.key, gpus=n) for n in _GPU_COUNTS)
        return
    seen: set[str] = set()
    shapes = catalog.topologies(row.key)
    for shape in sorted(shapes, key=lambda r: (r.data["chips"], r.data["hosts"])):
        topology = str(shape.value("topology").value)
        if topology not in seen:
            seen.add(topology)
            yield Shape(row.key, topology, hosts=shape.data["hosts"])


def _tried(intent: Intent, shape: Shape, row: Row) -> Option | str:
    """The option that `shape` is, or why it does not hold the model."""
    compiled = _compiled(intent, shape)
    errors = [f for f in compiled.findings if f.level is Severity.ERROR]
    if compiled.plan is None:
        if intent.domain and not intent.email and any(f.rule.id == _NO_CA for f in errors):
            raise UsageError(
                f"--domain needs --email with --platform {intent.platform}: its release has no "
                "certificate authority, so certificates are of Let's Encrypt"
            )
        # The account of the nodes is made of the project.
        told = [f for f in errors if _path(f) != _ACCOUNT] or errors
        raise UsageError(*(_message(f) for f in told))
    (model,) = compiled.plan.models
    why = _lacking(intent, model)
    if why or errors:
        return why or errors[0].message
    disk = compiled.catalog.copy().gke("boot-disk").data
    wanted = disk_for(in_gib(model.ephemeral_storage.value), disk)
    if not shape.disk_gb and wanted > disk["default_gb"]:
        return _tried(intent, shape.with_disk(wanted), row)
    costs = estimate(compiled.plan, compiled.catalog).costs
    node = next(c.node for c in costs.pools if c.pool.spec.name.value == shape.pool)
    assert model.server.hbm is not None
    return Option(
        shape,
        gpu=row.data["kind"] != "tpu",
        sure=intent.zone in row.data.get("zones_safe", ()),
        hour=None if node is None else node.value * shape.hosts,
        tokens=model.server.hbm.kv_tokens.value,
        warnings=tuple(dict.fromkeys(_warnings(compiled))),
        compiled=compiled,
    )


def _warnings(compiled: Compiled) -> Iterator[str]:
    """What the build warns of because of the shape."""
    for finding in compiled.findings:
        if finding.level is Severity.WARNING and finding.rule.family == "tpu":
            yield finding.message


def _lacking(intent: Intent, model: ModelPlan) -> str:
    """Why the memory does not hold the model and one request of full length; empty when it does."""
    hbm = model.server.hbm
    if hbm is None and intent.config:
        missing = ", ".join(map(_in_config, model.server.size.missing))
        raise UsageError(
            f"the file of --config lacks {missing}: whether {intent.model} fits is not known.",
            "Take the config.json of the model's repository on Hugging Face.",
        )
    if hbm is None and not model.server.size.missing:
        return "the catalog does not have the memory that a model can use there"
    if hbm is None:
        hint = did_you_mean_model(intent.model, Catalog().names("model"))
        raise UsageError(
            f"{intent.model} is not in the catalog{hint or ': whether it fits is not known.'}",
            "Name the config.json of its repository with --config FILE.",
        )
    if not hbm.result.fits:
        need = hbm.result.weights_gib + hbm.result.reserve_gib
        return f"{need:.1f} GiB do not fit the {hbm.budget.value:.1f} GiB of memory"
    trained = model.server.size.max_context
    if trained is not None and hbm.kv_tokens.value < trained.value:
        return f"the KV cache holds {hbm.kv_tokens.value:,} of {trained.value:,} tokens"
    return ""


def _in_config(dimension: str) -> str:
    """What config.json calls a dimension of a model, where it is one key."""
    return _KEYS.get(dimension, dimension)


def _compiled(intent: Intent, shape: Shape) -> Compiled:
    with tempfile.TemporaryDirectory() as folder:
        write_new(folder, intent_files(intent, shape))
        return compile_environment(folder, "prod", _wanted)


def _wanted(rule: Rule) -> bool:
    return rule.family in _FAMILIES


def _path(finding: Finding) -> Path:
    return finding.places[0].path if finding.places else ()


def _message(finding: Finding) -> str:
    where = show_path(_path(finding)) if finding.places else ""
    option = _OPTIONS.get(where)
    if option:
        return f"{option}: {finding.message.replace(where, 'the value')}"
    return finding.message if where in finding.message else f"{where}: {finding.message}"
