"""Identity: under which customer number a person's rows count, where the bank merged one number into another."""

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
