"""Places, visits, villages and their ratings, social security cards: what field work leaves behind.

All of it comes from streams of its own, so that the rest of a bank does not depend on it.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from goldmine.contract.field_tables import AGENCIES, HOUSEHOLD_RATINGS, VISIT_RESULTS
from goldmine.sample.arrow import codes, day_number, days, ids, money
from goldmine.sample.config import SampleConfig
from goldmine.sample.people import People, branch_of
from goldmine.sample.persons import FAMILY, FIRM
from goldmine.sample.streams import stream

CENTRE, SPREAD, AROUND = (34_300_000, 118_000_000), 150_000, 35_000
"""Millionths of a degree: the county's centre, how far its branches lie from it, and a grid from its branch."""
BLOCK_SHARE = 0.2
"""Share of grids that are blocks of a town, without facts of a village."""
CREDIT_VILLAGE_SHARE = 0.4
CAP_OF_HOUSEHOLD = 40_000
"""Yuan of a village's cap for each of its households."""
VISITED_SHARE = 0.3
"""Share of family heads who were visited within the 700 days before the reference day."""
RATED_SHARE = 0.85
RATING_EDGES = (-0.45, 0.25, 1.1)
"""Of the standardised wealth with noise: below the first a household is not recommended or fair, above the last it is
excellent."""
ACTIVATED_SHARE = 0.7
USE_SHARES = {"human_resources": 0.85, "finance": 0.5, "civil_affairs": 0.08, "agriculture": 0.6}
"""Of activated cards: of pensioners' by the social security office, of farmers' by the finance and the agriculture
bureau, of all by civil affairs."""


def place_tables(config: SampleConfig) -> dict[str, pa.Table]:
    """Where branches and grids are, and the villages' facts."""
    random = stream(config, "places")
    branches = np.array(CENTRE) + random.integers(-SPREAD, SPREAD, (config.branches, 2))
    grid = np.arange(config.grids)
    grids = branches[branch_of(config, grid)] + random.integers(-AROUND, AROUND, (config.grids, 2))
    where = np.concatenate([branches, grids])
    is_grid = np.repeat([0, 1], [config.branches, config.grids])
    return {
        "places": pa.table(
            {
                "place_id": pa.concat_arrays([ids("B", np.arange(config.branches), 3), ids("G", grid, 5)]),
                "kind": codes(("branch", "grid"), is_grid),
                "latitude_e6": pa.array(where[:, 0]),
                "longitude_e6": pa.array(where[:, 1]),
            }
        ),
        "villages": _villages(config),
    }


def _villages(config: SampleConfig) -> pa.Table:
    random = stream(config, "village facts")
    village = np.flatnonzero(random.random(config.grids) >= BLOCK_SHARE)
    households = random.integers(150, 420, len(village))
    known = min(250.0, config.customers / config.grids) / FAMILY
    cap = np.round(known * CAP_OF_HOUSEHOLD * random.uniform(0.6, 1.4, len(village)), -4).astype(np.int64)
    rated_on = config.reference - random.integers(60, 600, len(village))
    table = pa.table(
        {
            "grid_id": ids("G", village, 5),
            "households": pa.array(households),
            "land_mu": money(households * random.integers(300, 800, len(village))),
            "credit_cap": money(cap * 100),
            "rating": codes(
                ("credit_village", "ordinary"), (random.random(len(village)) >= CREDIT_VILLAGE_SHARE).astype(int)
            ),
            "rated_on": days(rated_on),
        }
    )
    return table.filter(pa.array(rated_on <= day_number(config.end)))


def field_tables(config: SampleConfig, people: People, wealth: NDArray) -> dict[str, pa.Table]:
    """Visits, ratings and cards of a block.

    Parameters
    ----------
    wealth : array (customers,)
        The part of the wealth rank's latent that stays.
    """
    heads = (np.arange(len(people["number"])) % FAMILY == 0) & (people["kind"] != FIRM)
    return {
        "visits": _visits(config, people, heads),
        "village_ratings": _ratings(config, people, heads, wealth),
        **_cards(config, people),
    }


def _visits(config: SampleConfig, people: People, heads: NDArray) -> pa.Table:
    random, size = stream(config, "visits", int(people["number"][0]) - 1), len(heads)
    on = config.reference - 700 + np.minimum(700 * random.random(size) / VISITED_SHARE, 60_000).astype(np.int64)
    result = random.choice(len(VISIT_RESULTS), size=size, p=(0.6, 0.34, 0.06))
    grid = people["grid"]
    visitor = branch_of(config, grid) * 4 + grid % 4
    table = pa.table(
        {
            "visit_id": ids("V", people["number"], 9),
            "customer_id": ids("C", people["number"], 8),
            "visitor_id": ids("S", visitor, 5),
            "visited_on": days(on),
            "result": codes(VISIT_RESULTS, result),
        }
    )
    return table.filter(pa.array(heads & (on > people["opened"]) & (on <= day_number(config.end))))


def _ratings(config: SampleConfig, people: People, heads: NDArray, wealth: NDArray) -> pa.Table:
    random, size = stream(config, "village ratings", int(people["number"][0]) - 1), len(heads)
    standing = wealth / (wealth.std() or 1) + random.standard_normal(size)
    best = np.searchsorted(RATING_EDGES, standing)
    # Most of the lowest group are fair; every fourth is not recommended.
    rating = np.where((best == 0) & (random.random(size) < 0.75), 2, 3 - best)
    rating = np.where((best > 0) & (rating == 3), 2, rating)
    rated = random.random(size) < RATED_SHARE
    on = np.maximum(people["opened"], config.reference - random.integers(60, 600, size))
    table = pa.table(
        {
            "customer_id": ids("C", people["number"], 8),
            "rating": codes(HOUSEHOLD_RATINGS, rating),
            "rated_on": days(on),
            "land_mu": money(np.where(people["farmer"], random.integers(150, 1500, size), 0)),
        }
    )
    return table.filter(pa.array(heads & rated & (on <= day_number(config.end))))


def _cards(config: SampleConfig, people: People) -> dict[str, pa.Table]:
    random, size = stream(config, "cards", int(people["number"][0]) - 1), len(people["number"])
    end, issued = day_number(config.end), people["card_on"]
    activated = issued + random.integers(0, 120, size)
    active = random.random(size) < ACTIVATED_SHARE
    customer = ids("C", people["number"], 8)
    cards = pa.table(
        {
            "customer_id": customer,
            "issued_on": days(issued),
            "activated_on": days(activated, ~active | (activated > end)),
        }
    )
    entitled = {
        "human_resources": people["pensioned"],
        "finance": people["farmer"],
        "civil_affairs": np.ones(size, bool),
        "agriculture": people["farmer"],
    }
    uses = []
    for agency, share in USE_SHARES.items():
        since = activated + random.integers(10, 500, size)
        pays = entitled[agency] & active & (random.random(size) < share) & (since <= end)
        rows = {
            "customer_id": customer,
            "agency": codes(AGENCIES, np.full(size, AGENCIES.index(agency))),
            "since": days(since),
            "ended_on": pa.nulls(size, pa.date32()),
        }
        uses.append(pa.table(rows).filter(pa.array(pays)))
    return {
        "social_security_cards": cards.filter(pa.array((issued <= end) & (people["opened"] <= end))),
        "card_uses": pa.concat_tables(uses),
    }
