"""The catalog and the recorded facts, as the tests of the catalog have them."""

from tests.catalog.conftest import catalog, recorded

__all__ = ["catalog", "recorded"]
