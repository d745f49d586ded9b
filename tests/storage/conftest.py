import pytest

from honker_extension import NoExtension, extension


@pytest.fixture
def honker() -> str:
    """The path of the real extension."""
    try:
        return extension()
    except NoExtension as why:
        pytest.skip(str(why))
