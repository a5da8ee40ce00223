"""What KServe renders for a stack: its side of the seam."""

from __future__ import annotations

from stackgen.platforms.kserve import install, pki, service
from stackgen.platforms.kserve.labels import LABELS
from stackgen.platforms.model import Rendering, TemplatePlace

RENDERING = Rendering(
    labels=LABELS,
    templates={
        "LLMInferenceService": (
            TemplatePlace(("metadata", "labels"), ("spec", "labels")),
            TemplatePlace(("metadata", "annotations"), ("spec", "annotations")),
            TemplatePlace(("spec",), ("spec", "template")),
            TemplatePlace(("spec",), ("spec", "worker"), worker=True),
            *(
                TemplatePlace(("metadata", one), ("spec", "prefill", one), prefill=True)
                for one in ("labels", "annotations")
            ),
            TemplatePlace(("spec",), ("spec", "prefill", "template"), prefill=True),
        )
    },
    namespaces=install.namespaces,
    foreign_gateway=install.foreign_gateway,
    sources=install.sources,
    install=install.phases,
    steps=install.steps,
    model=service.model,
    policies=install.policies,
    sidecar=service.sidecar,
    authority=pki.authority,
    unverified=service.unverified,
    pods=service.pods,
)
