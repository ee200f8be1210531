"""Settings of all property tests.

The usual run is the same every time. `pytest -m long`, or HYPOTHESIS_PROFILE=long, looks at many more examples, new ones each time; a
failure prints a `@reproduce_failure` line that finds it again. HYPOTHESIS_PROFILE=gate looks at as many, and at the same each time: what
decides about a change must not hang on luck.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "default", deadline=None, derandomize=True, database=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("default"))
settings.register_profile("gate", settings.get_profile("default"), max_examples=5_000)
settings.register_profile("long", settings.get_profile("default"), derandomize=False, max_examples=5_000)


def pytest_configure(config: pytest.Config) -> None:
    asked = config.getoption("markexpr", default="") == "long"
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "long" if asked else "default"))
