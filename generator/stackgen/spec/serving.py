"""The typed spec of what is served: models, their size, their resources."""

from typing import Any

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.autoscaling import Autoscaling
from stackgen.spec.engine_features import Adapter, Alias, KvOffload, Speculative
from stackgen.spec.existing import Monitor, Names, Pool, Route, ServiceSpec
from stackgen.spec.fields import DNS_1035, DNS_LABEL, DNS_SUBDOMAIN, spec_field
from stackgen.spec.model_cache import Claim, CompileCache, ModelCache
from stackgen.spec.picker import POD_TEMPLATE, Picker
from stackgen.spec.prefill import Prefill, Resources
from stackgen.spec.traffic import Slo, Traffic


@record
class HuggingFaceToken:
    """Where the token for gated models is."""

    secret: Traced[str | None] = spec_field(
        "Name of a Secret with the key HF_TOKEN in the serving namespace.",
        None,
        pattern=DNS_SUBDOMAIN,
        examples=["huggingface-token"],
    )


@record
class Dimensions:
    """Size of a model. What is given goes before config and catalog."""

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
        "Size of one attention head (head_dim).", None, minimum=1, maximum=16384
    )
    maxContext: Traced[int | None] = spec_field(
        "Maximum context length in tokens (max_position_embeddings).",
        None,
        minimum=1,
        maximum=1000000000,
    )
    bytesPerParameter: Traced[float | None] = spec_field(
        "Bytes per parameter when served: 2 for bfloat16, 1 for int8 and fp8.",
        None,
        minimum=0.1,
        maximum=8,
    )


@record
class Model:
    """One served model."""

    name: Traced[str] = spec_field(
        "Name of the service of the model. It starts with a letter, because the controller "
        "creates a Service from it. With KServe it has at most 38 characters, because the "
        "controller appends up to 25.",
        pattern=DNS_1035,
        maxLength=50,
        examples=["qwen"],
    )
    model: Traced[str] = spec_field(
        "URI of the model: hf://ORG/MODEL[:REVISION], s3://, pvc:// or oci://.",
        pattern=r"^(hf|s3|pvc|oci)://[^\s{}]+$",
        allowed="an address that begins with hf://, s3://, pvc:// or oci://",
        examples=["hf://Qwen/Qwen2.5-3B-Instruct"],
    )
    nodePool: Traced[str] = spec_field(
        "Name of the node pool that the model runs on.", examples=["tpu-pool"]
    )
    replicas: Traced[int] = spec_field("Number of model servers.", 1, minimum=0, maximum=1000)
    autoscaling: Autoscaling = spec_field(
        "Number of model servers by a metric, instead of `replicas`. Default: none.", ()
    )
    prefill: Prefill = spec_field(
        "Servers that read the prompts (prefill/decode disaggregation). The other fields of the "
        "model then describe the servers that write the answers. Default: each server does both.",
        (),
    )
    modelCache: ModelCache = spec_field(
        "Where the servers read the weights. Default: each server downloads them.", ()
    )
    compileCache: CompileCache = spec_field(
        "Where the servers keep compiled programs (XLA on TPUs, torch.compile on GPUs), so that "
        "later servers start faster. Default: each server compiles.",
        (),
    )
    claims: tuple[Claim, ...] = spec_field(
        "PersistentVolumeClaims of the model, such as for downloads. `template` mounts them.",
        (),
    )
    servedName: Traced[str | None] = spec_field(
        "Model name in requests. Default: the name in the model URI.",
        None,
        minLength=1,
        pattern=r"^[^\s{}]+$",
        allowed="no spaces and no braces",
    )
    adapters: tuple[Adapter, ...] = spec_field(
        "LoRA adapters that the servers load beside the model. Default: none.", ()
    )
    aliases: tuple[Alias, ...] = spec_field(
        "Further model names in requests, for the model or its adapters. Default: none.", ()
    )
    maxLoras: Traced[int | None] = spec_field(
        "Adapters in the memory of the accelerator at the same time. The others wait in host "
        "memory. Default: all of `adapters`.",
        None,
        minimum=1,
        maximum=1000,
    )
    kvOffload: KvOffload = spec_field(
        "Room for the KV cache beside the accelerator. Default: none.", ()
    )
    speculative: Speculative = spec_field("Speculative decoding. Default: none.", ())
    maxModelLen: Traced[int | None] = spec_field(
        "Maximum length of prompt plus output, in tokens. Default: the context length of the "
        "model.",
        None,
        minimum=1,
        maximum=1000000000,
    )
    concurrency: Traced[int | None] = spec_field(
        "Maximum number of sequences that one server processes at the same time. Default: the "
        "default of vLLM.",
        None,
        minimum=1,
        maximum=100000,
    )
    traffic: Traffic = spec_field(
        "Load that `stackgen plan` computes throughput, latency and replicas for.", ()
    )
    slo: Slo = spec_field("Latency that the model must hold under `traffic`.", ())
    dimensions: Dimensions = spec_field("Size of a model that is not in the catalog.", ())
    config: Traced[str | None] = spec_field(
        "Path of the Hugging Face config.json of the model in this repository. stackgen reads the "
        "size of the model from it. From a model.safetensors.index.json, stackgen reads only the "
        "size of the weights.",
        None,
        pattern=r"^[^/\\\s][^\\]*\.json$",
        allowed="a relative path with / that ends in .json",
        examples=["models/qwen.config.json"],
    )
    gpus: Traced[int | None] = spec_field(
        "GPUs per model server, on a GPU pool. Default: all GPUs of the node. With fewer GPUs, "
        "several servers share a node.",
        None,
        minimum=1,
        maximum=16,
    )
    scheduler: Traced[bool] = spec_field(
        "Route requests through an endpoint picker (prefix-cache aware) instead of a plain "
        "Service.",
        True,
    )
    picker: Picker = spec_field("How the endpoint picker weighs the servers.", ())
    args: tuple[Traced[str], ...] = spec_field(
        "Additional vLLM flags, one item for each flag, such as --max-num-seqs=256.",
        (),
        items={"pattern": r"^--[a-z0-9][-a-z0-9]*(=[^{}]*)?$"},
        allowed="one flag such as --max-num-seqs=256 and no braces",
    )
    image: Traced[str | None] = spec_field(
        "Image of the model server. Default: the TPU or GPU image of the release.",
        None,
        minLength=1,
    )
    resources: Resources = spec_field("CPU and memory of the Pod.", ())
    template: Traced[Any] = spec_field(
        "Pod template fields to merge into the Pods of the model, as in a Deployment: labels and "
        "annotations below metadata, and env, volumes, probes and so on below spec. Lists merge by "
        "name, and null removes. Workers of a multi-host group have no probes.",
        None,
        **POD_TEMPLATE,
    )
    disruptionBudget: Traced[bool] = spec_field(
        "Render a PodDisruptionBudget if there are several model servers.", True
    )
    podDefaults: Traced[str] = spec_field(
        "What the Pods of the model have beside the model, its accelerators and `template`. stack: "
        "probes, a security context with a user of its own, writable volumes, requests, and the "
        "flags of the release. none: nothing, as in a Deployment that exists and runs as it is.",
        "stack",
        enum=["stack", "none"],
    )
    strategy: Traced[str | None] = spec_field(
        "How new servers replace the old ones, as in a Deployment. Recreate: the old ones end "
        "first, so that the node pool needs no room for more. Default: RollingUpdate; of servers "
        "that are groups of Pods, one group after the other ends before its replacement starts.",
        None,
        enum=["RollingUpdate", "Recreate"],
    )
    selector: Traced[Any] = spec_field(
        "Labels that select the Pods of the model. Default: those of the platform. Set it to keep "
        "the selector of a Deployment that exists: Kubernetes does not change it in place.",
        None,
        type="object",
        minProperties=1,
        additionalProperties={"type": "string"},
    )
    baseRefs: tuple[Traced[str], ...] = spec_field(
        "Names of configs that the KServe controller merges below the service, in this order. "
        "`extraObjects` can contain them.",
        (),
        items={"pattern": DNS_SUBDOMAIN},
        allowed="lower-case letters, digits, '-' and '.', not at the ends",
    )
    labels: Traced[Any] = spec_field(
        "Labels of the objects of the model, such as its Deployment and its route. Pods get theirs "
        "from `template`.",
        None,
        type="object",
        minProperties=1,
        additionalProperties={"type": "string"},
    )
    annotations: Traced[Any] = spec_field(
        "Annotations of the objects of the model, by kind, such as ServiceAccount. Pods get theirs "
        "from `template`.",
        None,
        type="object",
        minProperties=1,
        additionalProperties={
            "type": "object", "minProperties": 1, "additionalProperties": {"type": "string"},
        },
    )  # fmt: skip
    names: Names = spec_field(
        "Names of objects of the model. Set them to keep objects that exist.", ()
    )
    route: Route = spec_field("The HTTPRoute of the model.", ())
    pool: Pool = spec_field("The InferencePool of the model.", ())
    monitor: Monitor = spec_field(
        "The monitor of the model servers, where `names.monitor` is set.", ()
    )
    service: ServiceSpec = spec_field(
        "The Service of the model servers, without an endpoint picker.", ()
    )


@record
class Serving:
    """What is served."""

    namespace: Traced[str] = spec_field(
        "Namespace of the models.", pattern=DNS_LABEL, examples=["models"]
    )
    models: tuple[Model, ...] = spec_field("The models.", minItems=1)
    createNamespace: Traced[bool] = spec_field(
        "Render the Namespace of the models, with its Pod Security labels. false: it exists.", True
    )
    quota: Traced[bool] = spec_field(
        "Render a ResourceQuota, which limits the accelerators of the namespace to what its models "
        "take.",
        True,
    )
    imagePullSecret: Traced[str | None] = spec_field(
        "Name of the image pull Secret of the platform, gateway and model Pods.",
        None,
        pattern=DNS_SUBDOMAIN,
    )
    huggingFaceToken: HuggingFaceToken = spec_field("Token for gated models.", ())
    port: Traced[int | None] = spec_field(
        "Port that the model servers listen on. Default: the port of the release.",
        None,
        minimum=1,
        maximum=65535,
    )
