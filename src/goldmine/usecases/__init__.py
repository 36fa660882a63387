"""Use cases: one YAML file each, typed, with unknown keys refused."""

from goldmine.usecases.load import load_use_case, use_case_names
from goldmine.usecases.spec import UseCase

__all__ = ["UseCase", "load_use_case", "use_case_names"]
