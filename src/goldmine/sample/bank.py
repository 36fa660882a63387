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
from goldmine.core.files import whole_folder, write_json
from goldmine.core.progress import track
from goldmine.sample import persuasion, season, true_probabilities
from goldmine.sample.arrow import Writers, day_number, ids
from goldmine.sample.associations import draw_associations, members_table, prospects_table
from goldmine.sample.config import EFFECT_MONTHS, TRUTH_MONTHS, WARM_UP, SampleConfig
from goldmine.sample.contact_history import campaign_contacts, owner_contacts
from goldmine.sample.counterparties import counterparties, others
from goldmine.sample.employers import Employers, draw_employers, payers_table
from goldmine.sample.employment import employment_table
from goldmine.sample.facts import facts_table
from goldmine.sample.field_work import field_tables, place_tables
from goldmine.sample.lending import write_lending
from goldmine.sample.money import aum, balances_table, hold
from goldmine.sample.movements import Payers, join, month_of, own_rows, system_rows, takings, transactions_table
from goldmine.sample.people import People, accounts_table, customers_table, draw_people, relations_table
from goldmine.sample.persons import persons_table
from goldmine.sample.products import Ledger, loan_life, wealth_life
from goldmine.sample.records import with_records
from goldmine.sample.reference_tables import reference_tables
from goldmine.sample.streams import stream
from goldmine.sample.suppressions import suppressions_table
from goldmine.sample.term_holdings import term_holdings_table
from goldmine.sample.trade import draw_supplies, supply_relations, turnover_table
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
    customers : int
        How many customers there are after 30 months of books; every month 0.3% more join.
    months : int
        Months of books.
    seed : int
        The same arguments give the same bytes.
    end : date
        Last day of the books, a month end. A bank of the same customers, seed and first month that ends later begins
        with the rows of this one; only what the tables say of the last day differs: ``risk_grade_on`` moves on, and
        closings, mergers, cards and mobile banking that come later are filled in.

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
    with whole_folder(folder) as temporary:
        write_into(temporary, SampleConfig(customers, months, seed, end))


def write_into(folder: Path, config: SampleConfig) -> None:
    """Write the files of a bank into an empty folder."""
    around = surroundings(config, stream(config, "villages"))
    dirt: Counter[str] = Counter()
    with Writers(folder) as writers:
        employers = draw_employers(config)
        payers = Payers(employers, others(config, employers))
        for name, table in (reference_tables(config, employers) | place_tables(config)).items():
            writers.write(name, table)
        writers.write("truth/payers", payers_table(config, employers))
        for block in track(config.blocks, "sample bank by block"):
            dirt += _write_block(config, around, payers, block, writers)
    _write_notes(config, folder, dirt)


def _write_block(
    config: SampleConfig, around: Surroundings, payers: Payers, block: range, writers: Writers
) -> Counter[str]:
    employers = payers.employers
    people = draw_people(config, block, employers, stream(config, "people", block.start))
    people |= draw_associations(config, block, people, employers)
    supplies = draw_supplies(config, people)
    life = _live(config, around, people)
    ledger = Ledger()
    ends = [day_number(day) for day in config.lived]
    buys, borrows = (stream(config, purpose, block.start) for purpose in ("wealth products", "loans"))
    owns = wealth_life(people, life.hazard, life.total, ends, ledger=ledger, random=buys)
    owed = loan_life(config, people, life.total, ledger, borrows)
    customers, dirt = with_records(config, customers_table(config, people), people, employers)
    _write_people(config, life, ledger, writers)
    write_lending(config, people, life.traits, ledger, writers)
    _write_ties(config, people, employers, customers, writers)
    writers.write("relations", supply_relations(config, people, supplies))
    _write_truth(config, life, writers)
    dirt += Counter(_dirt_of_people(config, people))
    time = np.zeros(life.total.shape)
    rates = season.engagement(config.lived)
    names = customers["name"].combine_chunks()
    payers = Payers(employers, payers.directory.of_block(people, names))
    for index in range(WARM_UP, len(config.lived)):
        day = config.lived[index]
        held = hold(people, life.traits, index, life.total[:, index], owns=owns[:, index], owed=owed[:, index])
        time[:, index] = held.classes["time"]
        random = stream(config, "balances", block.start, index)
        writers.write(f"balances/{month_key(day)}", balances_table(people, held, day, random))
        month = month_of(index, config.lived, life.total, people)
        random = stream(config, "transactions", block.start, index)
        own = own_rows(people, life.traits, month, rates[index], random)
        sides = stream(config, "counterparties", block.start, index)
        own.other = counterparties(people, payers.directory, (own.who, own.kind, own.day), sides)
        writers.write("turnover", turnover_table(config, people, supplies, day, (takings(own, people), names)))
        rows = join([own, system_rows(people, month, day, payers, random)])
        # Room for 100 transactions a customer and month, and for four times the customers, keeps the numbers apart.
        start = ((index - WARM_UP) * 4 * config.customers + block.start) * 100
        last = day_number(config.end)
        table, counts = transactions_table(people, rows, start, last, random, directory=payers.directory)
        writers.write(f"transactions/{month_key(day)}", table)
        dirt += Counter(counts)
    writers.write("term_holdings", term_holdings_table(config, people, time, ledger))
    return dirt


def _write_people(config: SampleConfig, life: LifeHistory, ledger: Ledger, writers: Writers) -> None:
    people, start, end = life.people, int(life.people["number"][0]) - 1, day_number(config.end)
    writers.write("suppressions", suppressions_table(config, people, stream(config, "suppressions", start)))
    writers.write("accounts", accounts_table(people, end))
    writers.write("product_events", ledger.table(people, day_number(config.month_ends[0].replace(day=1))))
    writers.write("contacts", campaign_contacts(config, people, life.traits.appetite))
    writers.write("contacts", owner_contacts(config, people, life.total))
    writers.write(
        "external_facts", facts_table(config, people, life.traits.wealth_fixed, stream(config, "facts", start))
    )
    for name, table in field_tables(config, people, life.traits.wealth_fixed).items():
        writers.write(name, table)


def _write_ties(
    config: SampleConfig, people: People, employers: Employers, customers: pa.Table, writers: Writers
) -> None:
    """The customers, who belongs together by the books, and who does in truth."""
    end = day_number(config.end)
    joined = pa.array(people["opened"] <= end)
    writers.write("customers", customers.filter(joined))
    writers.write("relations", relations_table(people, employers, end))
    writers.write("truth/persons", persons_table(people).filter(joined))
    writers.write("association_members", members_table(config, people, listed=True))
    writers.write("truth/employment", employment_table(config, people))
    writers.write("truth/groups", members_table(config, people, listed=False))
    writers.write("truth/prospects", prospects_table(config, people))


def _dirt_of_people(config: SampleConfig, people: People) -> dict[str, int]:
    end = day_number(config.end)
    joined = people["opened"] <= end
    closed = (people["closed_on"] > people["opened"]) & (people["closed_on"] <= end)
    return {
        "missing_birth_dates": int((people["no_birth"] & joined).sum()),
        "opted_out": int((~people["consent"] & joined).sum()),
        "closed_customers": int(closed.sum()),
    }


def _live(config: SampleConfig, around: Surroundings, people: People) -> LifeHistory:
    traits = draw_traits(config, around, people)
    ahead = [*config.lived, *(month_end(config.end, lag) for lag in range(1, 5))]
    year = season.wealth(ahead, {kind: people[kind] for kind in ("farmer", "migrant", "nut_trader")})
    latent = traits.wealth + year[:, : len(config.lived)]
    hazard = true_probabilities.wealth_hazard(latent, traits.appetite, people["mobile"][:, None])
    hazard = np.where((people["age"] >= 18)[:, None], hazard, 0)
    return LifeHistory(people, traits, year, aum(latent), hazard)


def _write_truth(config: SampleConfig, life: LifeHistory, writers: Writers) -> None:
    ahead = [*config.lived, *(month_end(config.end, lag) for lag in range(1, 5))]
    rates = season.engagement(ahead)
    own = stream(config, "persuasion", int(life.people["number"][0]) - 1)
    openness = persuasion.draw_openness(life.people, life.traits, own)
    reach = persuasion.draw_reach(life.people, own)
    who = ids("C", life.people["number"], 8)
    for index in range(len(config.lived) - min(EFFECT_MONTHS, config.months), len(config.lived)):
        probabilities = {
            "longtail": true_probabilities.longtail_probability(life.traits, life.season, index),
            "dormancy": true_probabilities.dormancy_probability(life.traits, rates, index),
            "wealth": true_probabilities.wealth_probability(life.hazard, index),
        }
        last = day_number(config.lived[index])
        joined = pa.array(life.people["opened"] <= last)
        cutoff = pa.array(np.full(len(who), last, np.int32)).cast(pa.date32())
        for use_case, probability in probabilities.items():
            truth = pa.table({"customer_id": who, "cutoff": cutoff, "probability": pa.array(probability)})
            if index >= len(config.lived) - TRUTH_MONTHS:
                writers.write(f"truth/{use_case}", truth.filter(joined))
            added = persuasion.effect(use_case, probability, openness)
            columns = truth.append_column("effect", pa.array(added)).append_column("reach", pa.array(reach))
            writers.write(f"truth/effects/{use_case}", columns.filter(joined))


def _write_notes(config: SampleConfig, folder: Path, dirt: Counter[str]) -> None:
    # The name says which bank it is, not how long: the next quarter of a bank is worked in the same folder.
    name = f"sample-{config.customers}-{month_key(config.month_ends[0])}-{config.seed}"
    (folder / "bank.yaml").write_text(f"name: {name}\ndata_until: {config.end}\n", "utf-8")
    write_json(folder / "truth" / "config.json", config.as_json())
    (folder / "truth" / "dirt.json").write_text(json.dumps(dict(sorted(dirt.items())), indent=2) + "\n", "utf-8")
