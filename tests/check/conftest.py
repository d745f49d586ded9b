"""The switch that writes the expectations of `cases/` anew; read the diff before committing it."""

import pytest

from darwinflow.catalog.catalog import Catalog


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write what is found beside each case")


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog.bundled()
