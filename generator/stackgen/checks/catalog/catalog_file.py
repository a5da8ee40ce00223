"""A file of the user's catalogue that cannot be used."""

from stackgen.findings.model import Rule, Severity

RULE = Rule(
    id="catalog-file",
    family="catalog",
    severity=Severity.ERROR,
    summary="A file in `catalog/` is not a catalogue file.",
    impact="Its rows are not used.",
    remedy="Name it as the built-in file is named, and make it a mapping of rows.",
    source="stackgen catalogue",
    bad="catalog/machine.yaml",
    good="catalog/machines.yaml",
)
