"""The typed spec of what an engine does besides serving its model: adapters, drafts, offload."""

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.fields import DNS_SUBDOMAIN, spec_field

NGRAM, EAGLE3, MTP, DFLASH = "ngram", "eagle3", "mtp", "dflash"
_GIB = {
    "pattern": r"^[1-9][0-9]{0,5}(Gi|Ti)$",
    "allowed": "a whole number above 0 with Gi or Ti, such as 64Gi",
}


@record
class Adapter:
    """A LoRA adapter of a model, which clients call by its own name."""

    name: Traced[str] = spec_field(
        "Model name in requests for the adapter.",
        minLength=1,
        maxLength=63,
        pattern=r"^[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$",
        allowed="letters, digits, '-', '_' and '.', not at the ends",
        examples=["sql"],
    )
    model: Traced[str] = spec_field(
        "URI of the adapter: hf://ORG/ADAPTER[:REVISION], s3:// or pvc://CLAIM/FOLDER.",
        pattern=r"^[a-z][a-z0-9]*://[^\s{}'\"]+$",
        allowed="an address such as hf://ORG/ADAPTER",
        examples=["hf://acme/qwen-sql-lora"],
    )
    rank: Traced[int | None] = spec_field(
        "Rank of the adapter: `r` in its adapter_config.json. Default: that of the catalog.",
        None,
        minimum=1,
        maximum=4096,
    )


@record
class Target:
    """A model name that an alias stands for."""

    name: Traced[str] = spec_field(
        "Served name of the model, or name of one of its adapters.", minLength=1
    )
    weight: Traced[int] = spec_field(
        "Share of the requests, against the other targets.", 1, minimum=1, maximum=1000000
    )


@record
class Alias:
    """A model name in requests, which the endpoint picker replaces."""

    name: Traced[str] = spec_field(
        "Model name in requests. That of the model or of an adapter divides its requests.",
        minLength=1,
        maxLength=253,
        pattern=r"^[^\s{}]+$",
        allowed="no spaces and no braces",
        examples=["sql"],
    )
    targets: tuple[Target, ...] = spec_field(
        "What servers get instead: one name, or several that share the requests by weight.",
        minItems=1,
    )


@record
class KvOffload:
    """Where blocks of the KV cache go that have no room on the accelerator."""

    memory: Traced[str | None] = spec_field(
        "Host memory of one server for them. It is added to the memory of its Pods.", None, **_GIB
    )
    storage: Traced[str | None] = spec_field(
        "Disk of the node for blocks that have no room in `memory`.", None, **_GIB
    )
    claim: Traced[str | None] = spec_field(
        "Name of a PersistentVolumeClaim for them, instead of `storage`.",
        None,
        pattern=DNS_SUBDOMAIN,
    )


@record
class Speculative:
    """Tokens that are proposed in advance, and verified by the model in one step."""

    method: Traced[str | None] = spec_field(
        "Who proposes. ngram: matches in the prompt. eagle3, dflash: a draft model for this model. "
        "mtp: the model's own prediction layers, or a draft model.",
        None,
        enum=[NGRAM, EAGLE3, MTP, DFLASH],
    )
    model: Traced[str | None] = spec_field(
        "Hugging Face address of the draft model.",
        None,
        pattern=r"^hf://[A-Za-z0-9][-._A-Za-z0-9]*/[A-Za-z0-9][-._A-Za-z0-9]*(:[-._A-Za-z0-9]+)?$",
        allowed="hf://ORG/MODEL[:REVISION]",
        examples=["hf://unkmaster/EAGLE3-LLaMA3.1-Instruct-8B"],
    )
    tokens: Traced[int | None] = spec_field(
        "Tokens that are proposed in each step.", None, minimum=1, maximum=32
    )
    params: Traced[int | None] = spec_field(
        "Number of parameters of the draft model. Default: that of the catalog.",
        None,
        minimum=1,
        maximum=10**12,
    )
