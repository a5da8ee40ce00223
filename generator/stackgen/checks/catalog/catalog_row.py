"""A row of the user's catalogue that does not fit."""

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="catalog-row",
    family="catalog",
    severity=Severity.ERROR,
    summary="A row of `catalog/` does not fit the catalogue's schema.",
    impact="stackgen would reckon with a wrong figure; the row is not used.",
    remedy="Mend the row; every row needs `source` and `as_of`.",
    source="schemas/catalog.schema.json",
    bad="""\
# catalog/machines.yaml
ct6e-standard-4t: {kind: tpu, chips: four}
""",
    good="""\
# catalog/prices.yaml
n1-standard-4/europe-west4:
  unit: machine-hour
  on_demand: 0.21
  source: our invoice
  as_of: "2026-10-01"
""",
)
