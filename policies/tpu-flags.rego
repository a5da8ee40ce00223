package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A server on TPU has a setting for GPUs.
# description: Judged for containers that ask for google.com/tpu and no GPU. dtype-half-on-tpu speaks of --dtype.
# custom:
#   severity: info
#   scope: file
#   kinds: pods
warn contains {"id": "tpu-flags", "msg": msg, "path": path} if {
	some found in tpu_containers
	some i, variable in k8s.list(found.container, "env")
	name := k8s.text(variable, "name")
	regex.match(`^(NVIDIA_|CUDA_|NCCL_|NVSHMEM_|VLLM_FLASH_ATTN_|VLLM_USE_FLASHINFER|HIP_|ROCR_)`, name)
	msg := sprintf("container '%s' sets %s, which has no effect on TPUs", [found.name, name])
	path := array.concat(found.path, ["env", i, "name"])
}

warn contains {"id": "tpu-flags", "msg": msg, "path": path} if {
	some found in tpu_containers
	some field in ["command", "args"]
	some i, argument in k8s.list(found.container, field)
	is_string(argument)
	some flag in gpu_flags
	regex.match(sprintf(`^%s(=|$)`, [flag]), argument)
	msg := sprintf("container '%s' sets %s, which has no effect on TPUs", [found.name, flag])
	path := array.concat(found.path, [field, i])
}

gpu_flags := {"--disable-custom-all-reduce", "--enable-dbo", "--cpu-offload-gb"}

tpu_containers := [found |
	some found in data.lib.pods.containers
	pods.requested(found.container, "google.com/tpu") != null
	pods.requested(found.container, "nvidia.com/gpu") == null
]
