"""The typed spec of what is served: models, their size, their resources."""

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.fields import DNS_1035, DNS_LABEL, DNS_SUBDOMAIN, spec_field


@record
class HuggingFaceToken:
    """Where the token for gated models is."""

    secret: Traced[str | None] = spec_field(
        "Name of a Secret with the key HF_TOKEN in the serving namespace.",
        None,
        pattern=DNS_SUBDOMAIN,
    )


@record
class Resources:
    """Host resources of one model server pod."""

    cpu: Traced[str | None] = spec_field(
        "CPU request; derived unless given.",
        None,
        pattern=r"^[1-9][0-9]*m?$",
        allowed="a CPU quantity such as 4 or 500m, in quotes",
    )
    memory: Traced[str | None] = spec_field(
        "Memory request and limit; derived from the model's size unless given.",
        None,
        pattern=r"^[1-9][0-9]*(Mi|Gi)$",
        allowed="a memory quantity such as 32Gi",
    )


@record
class Dimensions:
    """Size of a model. What is given goes before config and catalogue."""

    params: Traced[int | None] = spec_field(
        "Number of parameters.", None, minimum=1, maximum=10**14, examples=[3085938688]
    )
    layers: Traced[int | None] = spec_field(
        "Number of layers (num_hidden_layers).", None, minimum=1, maximum=100000
    )
    attentionHeads: Traced[int | None] = spec_field(
        "Number of attention heads (num_attention_heads).", None, minimum=1, maximum=4096
    )
    kvHeads: Traced[int | None] = spec_field(
        "Number of key-value heads (num_key_value_heads).", None, minimum=1, maximum=4096
    )
    headDim: Traced[int | None] = spec_field(
        "Size of one head (head_dim).", None, minimum=1, maximum=16384
    )
    maxContext: Traced[int | None] = spec_field(
        "Longest context, in tokens (max_position_embeddings).", None, minimum=1
    )
    bytesPerParameter: Traced[float | None] = spec_field(
        "Bytes that a parameter takes as served: 2 for bfloat16, 1 for int8 and fp8.",
        None,
        minimum=0.1,
        maximum=8,
    )


@record
class Model:
    """One served model."""

    name: Traced[str] = spec_field(
        "Name of the model's service. The controller derives names of up to 25 more "
        "characters from it, and a Service, so it starts with a letter.",
        pattern=DNS_1035,
        maxLength=38,
    )
    model: Traced[str] = spec_field(
        "Where the model comes from: hf://ORG/MODEL[:REVISION], s3://, pvc:// or oci://.",
        pattern=r"^(hf|s3|pvc|oci)://[^\s{}]+$",
        allowed="an address that begins with hf://, s3://, pvc:// or oci://",
        examples=["hf://Qwen/Qwen2.5-3B-Instruct"],
    )
    nodePool: Traced[str] = spec_field("Name of the node pool it runs on.")
    replicas: Traced[int] = spec_field("Number of model servers.", 1, minimum=0, maximum=1000)
    servedName: Traced[str | None] = spec_field(
        "Model name that clients send; the name in the model's address unless given.",
        None,
        minLength=1,
        pattern=r"^[^\s{}]+$",
        allowed="no spaces and no braces",
    )
    maxModelLen: Traced[int | None] = spec_field(
        "Longest prompt plus answer, in tokens; the model's own context unless given.",
        None,
        minimum=1,
    )
    concurrency: Traced[int | None] = spec_field(
        "Sequences to be served at the same time by one server; vLLM's own limit unless given.",
        None,
        minimum=1,
        maximum=100000,
    )
    dimensions: Dimensions = spec_field("Size of a model that the catalogue does not have.", ())
    config: Traced[str | None] = spec_field(
        "Path of the model's Hugging Face config.json in this repository, to read its size from. "
        "Of a model.safetensors.index.json, only the size of the weights is read.",
        None,
        pattern=r"^[^/\\\s][^\\]*\.json$",
        allowed="a relative path with / that ends in .json",
        examples=["models/qwen.config.json"],
    )
    gpus: Traced[int | None] = spec_field(
        "GPUs of one model server, on a GPU pool; all of the node unless given. With fewer, "
        "several servers share a node.",
        None,
        minimum=1,
        maximum=16,
    )
    scheduler: Traced[bool] = spec_field(
        "Route through an endpoint picker (prefix-cache aware) instead of a plain Service.", True
    )
    args: tuple[Traced[str], ...] = spec_field(
        "Further vLLM flags, each one item such as --max-num-seqs=256.",
        (),
        itemPattern=r"^--[a-z0-9][-a-z0-9]*(=[^{}]*)?$",
        allowed="one flag such as --max-num-seqs=256 and no braces",
    )
    image: Traced[str | None] = spec_field(
        "Model server image; the release's image for TPUs or GPUs unless given.", None, minLength=1
    )
    resources: Resources = spec_field("Host CPU and memory.", ())


@record
class Serving:
    """What is served."""

    namespace: Traced[str] = spec_field("Namespace of the models.", pattern=DNS_LABEL)
    models: tuple[Model, ...] = spec_field("The models.", minItems=1)
    imagePullSecret: Traced[str | None] = spec_field(
        "Name of the registry pull Secret that the platform, gateway and model pods use.",
        None,
        pattern=DNS_SUBDOMAIN,
    )
    huggingFaceToken: HuggingFaceToken = spec_field("Token for gated models.", ())
