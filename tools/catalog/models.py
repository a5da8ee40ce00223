"""Add or refresh rows of generator/stackgen/catalog/models.yaml from config.json files.

python tools/catalog/models.py CONFIGS SOURCE DATE [--matrix V6E_CSV TPU7X_CSV]

CONFIGS is a folder of files `ORG--MODEL_config.json`, as the package aiconfigurator-core has them
in model_configs. models.tsv beside this script says which models are written, from which file.
SOURCE names the folder, DATE its day. The matrices are model_support_matrix.csv of
vllm-project/tpu-inference, support_matrices/release. Sizes are computed by `stackgen`, as of a
config.json of a user. Rows that are not in models.tsv stay as they are.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import yaml
from rows import CATALOG, blocks, joined, placed, row_text

from stackgen.manifest.document import Source
from stackgen.plan.fit import GPU_LANES, group_bytes, valid_tensor_parallel
from stackgen.spec.kv_layers import KvGroup
from stackgen.spec.model_config import ModelConfig, parse_config
from stackgen.spec.model_weights import weights

MODELS = CATALOG / "models.yaml"
LIST = Path(__file__).with_name("models.tsv")
_MATRIX = "vllm-project/tpu-inference@b8692ff release support matrix"
_PASSED = "✅ Passing"
_STATUS = {_PASSED: "passing", "not enough HBM": "not-enough-hbm", "❓ Untested": "untested"}


def main(arguments: list[str]) -> int:
    """0 when the file was written, 2 for wrong usage."""
    matrices: dict[str, dict[str, str]] = {"v6e": {}, "tpu7x": {}}
    if "--matrix" in arguments:
        at = arguments.index("--matrix")
        for name, path in zip(matrices, arguments[at + 1 : at + 3], strict=True):
            matrices[name] = _matrix(Path(path).read_text(encoding="utf-8"))
        del arguments[at : at + 3]
    if len(arguments) != 3:
        sys.stderr.write((__doc__ or "").split("\n\n")[1] + "\n")
        return 2
    folder, source, day = arguments
    head, rows = blocks(MODELS.read_text(encoding="utf-8"))
    listed = csv.DictReader(LIST.read_text(encoding="utf-8").splitlines(), delimiter="\t")
    for line in listed:
        text = (Path(folder) / line["config"]).read_text(encoding="utf-8")
        said = {name: matrix.get(line["model"], "") for name, matrix in matrices.items()}
        row = _row(line, text, said, source, day)
        placed(rows, line["model"], row_text(line["model"], _kept(rows, line["model"], row)))
    MODELS.write_text(joined(head, rows), encoding="utf-8")
    return 0


def _kept(rows: dict[str, str], model: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row with what no config.json says, and a person has added: memory of programs."""
    old = yaml.safe_load(rows[model])[model] if model in rows else {}
    name = "program_gib_per_device"
    if name in old:
        row[name] = old[name]
        row["status"] = {**row["status"], name: old.get("status", {}).get(name, "UNVERIFIED")}
        row["source"] += [s for s in old["source"] if s not in row["source"]]
    return row


def _matrix(text: str) -> dict[str, str]:
    """The worst verdict on each model; of variants (`ORG/MODEL/text-only`) that of the model."""
    order = ("not-enough-hbm", "untested", "passing")
    found: dict[str, str] = {}
    for line in csv.DictReader(text.splitlines()):
        model = "/".join(line["Model"].split("/")[:2])
        told = [_STATUS.get(line[c], "untested") for c in ("UnitTest", "Accuracy/Correctness")]
        found[model] = min(told, key=order.index)
    return found


def _row(
    line: dict[str, str], text: str, said: dict[str, str], source: str, day: str
) -> dict[str, Any]:
    data = json.loads(text)
    if line["quantization"] == "none":
        data.pop("quantization_config", None)
    elif line["quantization"] and line["quantization"] != "own":
        data["quantization_config"] = {"quant_method": line["quantization"]}
    found = parse_config(Source(line["config"], json.dumps(data)))
    if found.problem or "params" not in found.values:
        raise SystemExit(f"{line['model']}: {found.problem or 'parameters are not known'}")
    size = {name: int(value) for name, value in found.values.items()}
    groups = found.kv_groups or (KvGroup(size["layers"], size["kvHeads"], size["headDim"]),)
    inner = data.get("text_config") or data
    of = inner.get("quantization_config") or data.get("quantization_config")
    quantized = found.values["bytesPerParameter"] != 2
    each = found.values["bytesPerParameter"]
    heads, kv_heads = size["attentionHeads"], size["kvHeads"]
    row: dict[str, Any] = {"params": size["params"]}
    active = _active(inner, data, size["headDim"])
    if active:
        row["active_params"] = active
    row |= {
        "layers": size["layers"], "attention_heads": heads, "kv_heads": kv_heads,
        "head_dim": size["headDim"],
    }  # fmt: skip
    if not active and "intermediate" in size:
        row |= {"hidden": size["hidden"], "intermediate": size["intermediate"]}
    if found.kv_groups:
        row["kv_groups"] = [_group(group) for group in found.kv_groups]
    row |= {"vocabulary": size["vocabulary"], "max_context": size["maxContext"]}
    row["dtype"] = "bfloat16"
    if quantized:
        row["quantization"] = _method(of)
    row |= {
        "weight_bytes": size["params"] * 2,
        "load_bytes": int(size["params"] * each),
        "kv_bytes_per_token": int(sum(group_bytes(g, 1, 2, GPU_LANES) for g in groups)),
        "valid_tensor_parallel": [
            n for n in (1, 2, 4, 8, 16) if valid_tensor_parallel(heads, kv_heads, n)
        ],
        "gated": line["gated"] == "yes",
    }
    if "vision_config" in data:
        row["multimodal"] = True
    row["v6e"] = said["v6e"] or "unlisted"
    if said["tpu7x"]:
        row["tpu7x"] = said["tpu7x"]
    row["status"] = _status(line, found, quantized)
    row["source"] = [f"{source} {line['config']}", *([_MATRIX] if any(said.values()) else [])]
    return {**{k: v for k, v in row.items() if v != {}}, "as_of": day}


def _active(text: dict[str, Any], data: dict[str, Any], dim: int) -> int:
    """Parameters that a token uses; 0 for models without experts."""
    names = ("num_experts", "num_local_experts", "n_routed_experts")
    count = next((text[n] for n in names if text.get(n)), 0)
    used = text.get("num_experts_per_tok") or text.get("top_k_experts")
    if not count or not used:
        return 0
    matrices = weights(data, text, dim)
    idle = sum(w.params for w in matrices if ".experts." in w.name) * (count - used) // count
    return sum(w.params for w in matrices) - int(idle)


def _group(group: KvGroup) -> dict[str, Any]:
    found: dict[str, Any] = {
        "layers": group.layers, "kv_heads": group.kv_heads, "head_dim": group.head_dim,
    }  # fmt: skip
    extras = {"latent": group.latent, "packed": group.packed, "window": group.window}
    return found | {name: value for name, value in extras.items() if value}


def _method(said: dict[str, Any] | None) -> str:
    if not said:
        return "fp8"
    return str(said.get("quant_algo") or said.get("quant_method")).lower()


def _status(line: dict[str, str], found: ModelConfig, quantized: bool) -> dict[str, str]:
    status = {}
    if line["of"]:
        status["layers"] = f"VERIFIED: the dimensions of {line['of']}"
    if quantized:
        status["load_bytes"] = "DERIVED: from the dimensions and the quantization"
    if "encoder of images" in found.formulas.get("params", ""):
        status["params"] = "DERIVED: with the encoder of images, from its dimensions"
    else:
        status["params"] = "DERIVED: from the dimensions"
    if line["gated"] == "unsure":
        status["gated"] = "UNVERIFIED"
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
