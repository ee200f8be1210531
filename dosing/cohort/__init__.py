"""Many patients: the same schedules and amounts as for one, on arrays, block by block. Needs pyarrow (the extra `cohort`).

    expand(frame) -> frame              pandas in, pandas out
    blocks(patients, ...) -> iterator   for what is larger than memory

May import everything to its left but `page` and `cases`; only `cli` imports it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dosing.cohort.api import blocks, expand

__all__ = ["blocks", "expand"]


def __getattr__(name: str) -> Any:
    """The two functions, whose libraries are imported where they are first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dosing.cohort import api

    return getattr(api, name)
