"""A release's campaigns on disk: Parquet for programs; workbooks and CSV for head office, branches and managers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldmine.campaigns.plan import Plan, Planned
from goldmine.campaigns.texts import ANSWERS, WORDS
from goldmine.core import fingerprint
from goldmine.publishing.campaign_report import write_report
from goldmine.publishing.delimited import write_csv
from goldmine.publishing.listing import Imprint
from goldmine.publishing.manifest import CampaignFile
from goldmine.publishing.offer_columns import CONTROL_SCHEMA, OFFER_COLUMNS, OFFERS_SCHEMA, work_columns
from goldmine.publishing.worksheet import workbook, write_rows

_LONGEST_NAME = 120
_REFUSALS = pa.schema([(name, pa.string()) for name in ("customer_id", "offer", "product_id", "rule")])


@dataclass(frozen=True)
class Told:
    """What is said of every contact beside the plan: masked name and telephone, reasons.

    Parameters
    ----------
    people : pandas.DataFrame
        By customer number: `name`, `phone`, masked.
    reasons : mapping of str to mapping of str to str
        By language, then by customer number: reasons in words.
    """

    people: pd.DataFrame
    reasons: Mapping[str, Mapping[str, str]]


def offers_table(planned: Planned, told: Told, release_id: str) -> pa.Table:
    """A campaign's contacts, best first: `OFFERS_SCHEMA`."""
    rows = planned.rows[planned.rows["group"] == "contact"]
    named = {offer.offer: offer for offer in planned.campaign.offers}
    customers = rows["customer_id"]
    rows = rows.assign(
        release_id=release_id,
        name=customers.map(told.people["name"]),
        phone=customers.map(told.people["phone"]),
        say_zh=rows["offer"].map(lambda name: named[name].say_zh),
        say_en=rows["offer"].map(lambda name: named[name].say_en),
        offer_zh=rows["offer"].map(lambda name: named[name].zh),
        offer_en=rows["offer"].map(lambda name: named[name].en),
        **{f"reason_{language}": customers.map(words) for language, words in told.reasons.items()},
    )
    return _table(rows, OFFERS_SCHEMA)


def control_table(planned: Planned, release_id: str) -> pa.Table:
    """A campaign's control: `CONTROL_SCHEMA`."""
    rows = planned.rows[planned.rows["group"] == "control"]
    return _table(rows.assign(release_id=release_id), CONTROL_SCHEMA)


def write_campaigns(folder: Path, plan: Plan, told: Told, imprint: Imprint, language: str) -> list[CampaignFile]:
    """Write the files of all campaigns into a release's folder.

    ``campaigns/<campaign>/`` takes Parquet for programs: `offers`, `control`, `refusals`. ``offers/`` takes what people
    get: `head_office`, and a file a branch and a manager, none of which ever holds a control customer.

    Returns
    -------
    list of CampaignFile
        For the manifest.
    """
    made: list[tuple[Path, int]] = []
    contacts = []
    for planned in plan.planned:
        offers = offers_table(planned, told, imprint.release_id)
        contacts.append(offers)
        control = control_table(planned, imprint.release_id)
        refusals = pa.Table.from_pandas(planned.refusals, _REFUSALS, preserve_index=False)
        place = folder / "campaigns" / planned.campaign.campaign_id
        place.mkdir(parents=True)
        for name, table in (("offers", offers), ("control", control), ("refusals", refusals)):
            # Through Python's own file, so that a full disk comes back as an OSError with its number.
            with (place / f"{name}.parquet").open("wb") as stream:
                pq.write_table(table, stream, compression="zstd")
            made.append((place / f"{name}.parquet", table.num_rows))
    rows = _for_people(pa.concat_tables(contacts), language) if contacts else None
    if rows is not None:
        made += _people_files(folder / "offers", rows, plan, imprint, language)
    return [
        CampaignFile(path=path.relative_to(folder).as_posix(), sha256=fingerprint.of_file(path), rows=count)
        for path, count in made
    ]


def _people_files(
    folder: Path, rows: pa.Table, plan: Plan, imprint: Imprint, language: str
) -> Iterator[tuple[Path, int]]:
    folder.mkdir()
    records = {one.campaign.campaign_id: one.record for one in plan.planned}
    with workbook(folder / "head_office.xlsx", "Campaigns", imprint.as_of, language, rows=rows.num_rows) as book:
        write_report(book, records, plan.off or {}, language)
        columns, printed = work_columns(language, returned=False)
        sheet = write_rows(book, _SHEET[language == "zh"], rows, columns, language=language)
        sheet.print_area(0, 0, rows.num_rows, printed - 1)
    write_csv(folder / "head_office.csv", rows, OFFER_COLUMNS, language)
    yield from ((folder / f"head_office.{kind}", rows.num_rows) for kind in ("xlsx", "csv"))
    for column, name in (("branch_id", "branches"), ("manager_id", "managers")):
        (folder / name).mkdir()
        for key in sorted(set(rows[column].to_pylist()) - {None}):
            mine = _ranked(rows.filter(pc.equal(rows[column], key)))
            path = folder / name / f"{file_name(key)}.xlsx"
            _work_book(path, mine, imprint, language)
            write_csv(path.with_suffix(".csv"), mine, OFFER_COLUMNS, language)
            yield from ((path.with_suffix(kind), mine.num_rows) for kind in (".xlsx", ".csv"))


_SHEET = ("Offers", "营销名单")


def _work_book(path: Path, rows: pa.Table, imprint: Imprint, language: str) -> None:
    """A workbook to work from and to return: the last columns are to be filled in."""
    zh = language == "zh"
    columns, printed = work_columns(language, returned=True)
    with workbook(path, _SHEET[zh], imprint.as_of, language, rows=rows.num_rows) as book:
        sheet = write_rows(book, _SHEET[zh], rows, columns, language=language)
        sheet.print_area(0, 0, rows.num_rows, printed - 1)
        place = [column.name for column in columns].index("answer")
        answers = [words[zh] for words in ANSWERS.values()]
        if rows.num_rows:
            sheet.data_validation(1, place, rows.num_rows, place, {"validate": "list", "source": answers})


def file_name(key: str) -> str:
    """A file's name for a branch's or manager's number, whatever signs it has; different numbers differ.

    Examples
    --------
    >>> file_name("B001"), file_name("../x")
    ('B001', '%2E.%2Fx')
    """
    name = quote(key, safe="")
    if key.startswith("."):
        name = name.replace(".", "%2E", 1)
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}-{fingerprint.of_bytes(key.encode())[:12]}"


def _for_people(offers: pa.Table, language: str) -> pa.Table:
    """The rows with words for codes, best first, numbered."""
    zh = language == "zh"
    order = [("expected_value", "descending"), ("customer_id", "ascending")]
    rows = offers.sort_by(order)
    for name, words in WORDS.items():
        said = [words[code][zh] for code in rows[name].to_pylist()]
        rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(said, pa.string()))
    rows = rows.append_column("say", rows[f"say_{language}"]).append_column("offer_name", rows[f"offer_{language}"])
    return _ranked(rows)


def _ranked(rows: pa.Table) -> pa.Table:
    if "rank" in rows.column_names:
        rows = rows.drop(["rank"])
    return rows.append_column("rank", pa.array(range(1, rows.num_rows + 1), pa.int32()))


def _table(rows: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    found = rows[list(schema.names)].astype("object")
    return pa.Table.from_pandas(found.where(found.notna(), None), schema, preserve_index=False)
