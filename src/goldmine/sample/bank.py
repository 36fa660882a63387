"""Writing the sample bank, block by block of customers."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from goldmine.core.dates import month_end, month_key
from goldmine.core.errors import SettingsError
from goldmine.core.files import whole_folder
from goldmine.core.progress import track
from goldmine.sample import persuasion, season, true_probabilities
from goldmine.sample.arrow import Writers, day_number, ids
from goldmine.sample.config import BLOCK, EFFECT_MONTHS, TRUTH_MONTHS, WARM_UP, SampleConfig
from goldmine.sample.identity import stream, suppressions_table, with_identity
from goldmine.sample.money import aum, balances_table, hold
from goldmine.sample.movements import join, month_of, own_rows, system_rows, transactions_table
from goldmine.sample.people import People, accounts_table, customers_table, draw_people, relations_table
from goldmine.sample.products import Ledger, loan_life, wealth_life
from goldmine.sample.reference_tables import contacts_table, facts_table, reference_tables
from goldmine.sample.traits import Surroundings, Traits, draw_traits, surroundings


@dataclass(frozen=True)
class LifeHistory:
    """History of a block: traits, season of wealth, AUM (customers, months) and purchase hazards."""

    people: People
    traits: Traits
    season: NDArray
    total: NDArray
    hazard: NDArray


def write_bank(
    folder: Path, *, customers: int = 20_000, months: int = 30, seed: int = 1, end: date = date(2024, 6, 30)
) -> None:
    """Write a made-up bank as canonical Parquet, whole or not at all.

    Parameters
    ----------
    folder : Path
        Folder to write; its content is replaced.
    customers, months : int
        How many customers, and months of books.
    seed : int
        The same arguments give the same bytes.
    end : date
        Last day of the books, a month end.

    Raises
    ------
    SettingsError
        If a number is too small, or the end is not a month end.
    """
    if customers < 100 or months < 6 or end != month_end(end):
        raise SettingsError(
            f"sample bank: {customers} customers, {months} months up to {end} cannot be made.",
            "Ask for at least 100 customers and 6 months, up to a month end.",
        )
    config = SampleConfig(customers, months, seed, end)
    root = np.random.SeedSequence(seed)
    blocks = [range(start, min(start + BLOCK, customers)) for start in range(0, customers, BLOCK)]
    first, *seeds = root.spawn(len(blocks) + 1)
    around = surroundings(config, np.random.default_rng(first))
    with whole_folder(folder) as temporary, Writers(temporary) as writers:
        for name, table in reference_tables(config).items():
            writers.write(name, table)
        dirt: Counter[str] = Counter()
        for block, own_seed in track(list(zip(blocks, seeds, strict=True)), "sample bank by block"):
            dirt += _write_block(config, around, block, np.random.default_rng(own_seed), writers)
        _write_notes(config, temporary, dirt)


def _write_block(
    config: SampleConfig, around: Surroundings, block: range, random: np.random.Generator, writers: Writers
) -> Counter[str]:
    people = draw_people(config, block, random)
    people["books_end"] = np.full(1, day_number(config.end))
    life = _live(config, around, people, random)
    ledger = Ledger()
    ends = [day_number(day) for day in config.lived]
    owns = wealth_life(people, life.hazard, life.total, ends, ledger=ledger, random=random)
    owed = loan_life(config, people, life.total, ledger, random)
    beside = stream(config, block)
    writers.write("customers", with_identity(customers_table(config, people), people["kind"], beside))
    writers.write("suppressions", suppressions_table(config, people, beside))
    writers.write("accounts", accounts_table(people, day_number(config.end)))
    writers.write("relations", relations_table(people))
    writers.write("product_events", ledger.table(people, day_number(config.month_ends[0].replace(day=1))))
    writers.write("contacts", contacts_table(config, people, life.traits.appetite, random))
    writers.write("external_facts", facts_table(config, people, life.traits.wealth_fixed, random))
    _write_truth(config, block, life, writers)
    dirt: Counter[str] = Counter(
        {
            "missing_birth_dates": int(people["no_birth"].sum()),
            "opted_out": int((~people["consent"]).sum()),
            "closed_customers": int((people["closed_on"] > people["opened"]).sum()),
        }
    )
    rates = season.engagement(config.lived)
    for index in range(WARM_UP, len(config.lived)):
        held = hold(people, life.traits, index, life.total[:, index], owns=owns[:, index], owed=owed[:, index])
        writers.write(
            f"balances/{month_key(config.lived[index])}", balances_table(people, held, config.lived[index], random)
        )
        month = month_of(index, config.lived, life.total, people)
        own = own_rows(people, life.traits, month, rates[index], random)
        rows = join([own, system_rows(people, month, config.lived[index], random)])
        # Room for 20 transactions a customer and month keeps the numbers of blocks apart.
        start = ((index - WARM_UP) * config.customers + block.start) * 20
        table, probabilities = transactions_table(people, rows, start, random)
        writers.write(f"transactions/{month_key(config.lived[index])}", table)
        dirt += Counter(probabilities)
    return dirt


def _live(config: SampleConfig, around: Surroundings, people: People, random: np.random.Generator) -> LifeHistory:
    traits = draw_traits(config, around, people, random)
    ahead = [*config.lived, *(month_end(config.end, lag) for lag in range(1, 5))]
    year = season.wealth(ahead, {kind: people[kind] for kind in ("farmer", "migrant", "nut_trader")})
    latent = traits.wealth + year[:, : len(config.lived)]
    hazard = true_probabilities.wealth_hazard(latent, traits.appetite, people["mobile"][:, None])
    hazard = np.where((people["age"] >= 18)[:, None], hazard, 0)
    return LifeHistory(people, traits, year, aum(latent), hazard)


def _write_truth(config: SampleConfig, block: range, life: LifeHistory, writers: Writers) -> None:
    ahead = [*config.lived, *(month_end(config.end, lag) for lag in range(1, 5))]
    rates = season.engagement(ahead)
    own = persuasion.stream(config, block)
    openness = persuasion.draw_openness(life.people, life.traits, own)
    reach = persuasion.draw_reach(life.people, own)
    who = ids("C", life.people["number"], 8)
    for index in range(len(config.lived) - min(EFFECT_MONTHS, config.months), len(config.lived)):
        probabilities = {
            "longtail": true_probabilities.longtail_probability(life.traits, life.season, index),
            "dormancy": true_probabilities.dormancy_probability(life.traits, rates, index),
            "wealth": true_probabilities.wealth_probability(life.hazard, index),
        }
        cutoff = pa.array(np.full(len(who), day_number(config.lived[index]), np.int32)).cast(pa.date32())
        for use_case, probability in probabilities.items():
            truth = pa.table({"customer_id": who, "cutoff": cutoff, "probability": pa.array(probability)})
            if index >= len(config.lived) - TRUTH_MONTHS:
                writers.write(f"truth/{use_case}", truth)
            added = persuasion.effect(use_case, probability, openness)
            columns = truth.append_column("effect", pa.array(added)).append_column("reach", pa.array(reach))
            writers.write(f"truth/effects/{use_case}", columns)


def _write_notes(config: SampleConfig, folder: Path, dirt: Counter[str]) -> None:
    name = f"sample-{config.customers}x{config.months}-{config.seed}"
    (folder / "bank.yaml").write_text(f"name: {name}\ndata_until: {config.end}\n", "utf-8")
    (folder / "truth" / "dirt.json").write_text(json.dumps(dict(sorted(dirt.items())), indent=2) + "\n", "utf-8")
