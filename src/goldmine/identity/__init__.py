"""Identity: the customer number that a person's rows count under after the bank merges two numbers."""

from goldmine.identity.survivors import (
    merged_numbers,
    mergers,
    same_persons,
    surviving_customers,
    surviving_numbers,
    under_survivors,
)

__all__ = [
    "merged_numbers",
    "mergers",
    "same_persons",
    "surviving_customers",
    "surviving_numbers",
    "under_survivors",
]
