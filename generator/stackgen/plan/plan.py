"""From the typed spec to the plan."""

from __future__ import annotations

from stackgen.catalog.load import Catalog
from stackgen.origin import given_or, text
from stackgen.plan.model import Plan, Release
from stackgen.plan.platform import managed
from stackgen.plan.pools import found, pool_plan
from stackgen.plan.prefill import every_role
from stackgen.plan.server import Configs
from stackgen.plan.serving import model_plan
from stackgen.spec.model import Stack


def make_plan(env: str, stack: Stack, catalog: Catalog, configs: Configs | None = None) -> Plan:
    """The plan of a spec that passed its checks: every reference leads somewhere.

    configs: the model configs that the spec names, by their path.
    """
    spec, configs = stack.spec, configs or {}
    row = found(catalog.release(spec.release.value), spec.release)
    release = Release(row, spec.release, spec.serving.port)
    served = list(every_role(spec.serving.models))
    pools = tuple(
        pool_plan(
            pool, spec.cluster, [m for m in served if m.nodePool.value == pool.name.value],
            release, catalog, configs,
        )
        for pool in spec.cluster.nodePools
    )  # fmt: skip
    by_name = {pool.spec.name.value: pool for pool in pools}
    by_stack = stack.metadata.name.map("cluster name", "the stack's name", str)
    chosen = given_or(spec.cluster.name, by_stack)
    # Disks are of a project, and volumes of a cluster: other stacks have others.
    where = text("{}/{}/{}", spec.cluster.location, chosen, spec.serving.namespace)
    models = tuple(
        model_plan(model, by_name, release, catalog, configs, where)
        for model in spec.serving.models
    )
    hosts = [model.server.devices.hosts for model in models]
    parts = managed(spec, release.optional("parts_on_demand"), hosts)
    return Plan(env, stack, release, chosen, parts, pools, models, catalog)
