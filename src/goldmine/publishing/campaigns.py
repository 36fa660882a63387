"""A release's campaigns on disk: Parquet for programs; workbooks and CSV for head office, branches and managers."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from goldmine.campaigns.candidates import Scores
from goldmine.campaigns.claims import load_claims
from goldmine.campaigns.contact_hours import load_contact_hours
from goldmine.campaigns.gateways import release_gateways, split_off, write_gateway
from goldmine.campaigns.load import carried_out, live, load_campaigns
from goldmine.campaigns.masking import masked
from goldmine.campaigns.plan import Plan, Planned, plan_campaigns
from goldmine.campaigns.queue_settings import load_queue_settings
from goldmine.campaigns.sentences import Contacts, sentences
from goldmine.contactability import ContactTables
from goldmine.contactability.holdout import keep_holdout, salted
from goldmine.contactability.policy import load_policy
from goldmine.core import columns as catalogue
from goldmine.core import fingerprint
from goldmine.core.column import Column
from goldmine.core.excel import workbook, write_table
from goldmine.core.file_names import file_names
from goldmine.core.i18n import LANGUAGES, LocalizedText, _, in_language
from goldmine.core.layouts import CONTROL, MOVE, OFFERS
from goldmine.core.workspace import Workspace
from goldmine.features.definition import FeatureSign
from goldmine.publishing.campaign_report import write_report
from goldmine.publishing.listing import ReleaseMetadata, write_csv
from goldmine.publishing.manifest import CampaignFile
from goldmine.publishing.moves import biggest_moves
from goldmine.publishing.reasons import reasons_in_words
from goldmine.publishing.release_inputs import Scored, model_of
from goldmine.publishing.staff_words import in_staff_words
from goldmine.publishing.weeks import week_title, weeks_of

OFFER_COLUMNS = (
    *("number", "customer_id", "name", "phone", "branch_id", "manager_id", "campaign_id", "offer_name", "product_id"),
    *("channel", "time_band", "valid_until", "expires_with", "say", "reason_zh", "reason_en", *MOVE),
    *("probability", "decile"),
    *("expected_value", "group", "use_case", "as_of", "model_version", "release_id"),
)
"""Columns that people get, in the order of a call: customer, channel, what to say, reasons; then the origin."""
RETURNED_COLUMNS = ("contacted_on", "answer", "note")
"""Empty columns of a workbook, which people fill in and return to `goldmine outcomes import`."""
_REFUSALS = catalogue.schema(["customer_id", "offer", "product_id", "rule"])
_OFFERS = _("Offers")


@dataclass(frozen=True)
class ContactTexts:
    """Texts of every contact, besides the plan: masked name and telephone, reasons.

    Parameters
    ----------
    people : pandas.DataFrame
        By customer number: `name`, `phone`, masked.
    moves : pandas.DataFrame
        By customer number: `biggest_move` and `biggest_move_months`.
    reasons : mapping of str to mapping of str to str
        By language, then by customer number: reasons in words.
    say : mapping of str to LocalizedText
        By customer number: what to say.
    """

    people: pd.DataFrame
    moves: pd.DataFrame
    reasons: Mapping[str, Mapping[str, str]]
    say: Mapping[str, LocalizedText]


_BETWEEN = _("; ")


def plan_release(tables: ContactTables, work: Workspace, scored: list[Scored]) -> tuple[Plan, str]:
    """Plan the campaigns that are live at the snapshot.

    Returns
    -------
    tuple of Plan and str
        The plan, empty if there are no campaigns, and the language of the campaigns' files.

    Raises
    ------
    SettingsError
        If a campaign cannot be carried out as it is set.
    """
    campaigns = load_campaigns(tables.as_of)
    if not campaigns:
        return Plan(), "zh"
    policy = load_policy()
    policy = policy.model_copy(update={"holdout": salted(work, policy.holdout)})
    keep_holdout(work, policy.holdout, tables.as_of)
    scores = [Scores(entry.use_case, entry.path, entry.model.model_version) for entry in scored]
    campaigns = carried_out(live(campaigns, tables.as_of), [entry.use_case.name for entry in scored])
    return plan_campaigns(tables, work, campaigns, policy, scores), policy.language


def contact_texts(tables: ContactTables, work: Workspace, scored: list[Scored], plan: Plan) -> ContactTexts:
    """Texts of every contact: masked name and telephone, reasons and what to say in Chinese and English."""
    parts = [entry.rows.loc[entry.rows["group"] == "contact", ["customer_id", "use_case"]] for entry in plan.planned]
    contacts = pd.concat(parts) if parts else pd.DataFrame({"customer_id": [], "use_case": []})
    reasons: dict[str, dict[str, str]] = defaultdict(dict)
    quoted: dict[str, Sequence[tuple[str, FeatureSign]]] = {}
    for entry in scored:
        customers = contacts.loc[contacts["use_case"] == entry.use_case.name, "customer_id"].to_list()
        if not customers:
            continue
        model = model_of(tables.bank, work, entry, tables.as_of)
        words = reasons_in_words(model, work, entry.use_case, customers, as_of=tables.as_of, languages=LANGUAGES)
        for language in LANGUAGES:
            between = in_language(_BETWEEN, language)
            reasons[language] |= {
                who: between.join(given) for who, given in zip(customers, words.phrases[language], strict=True)
            }
        quoted |= dict(zip(customers, words.quoted, strict=True))
    claims = load_claims()
    say: dict[str, LocalizedText] = {}
    for planned in plan.planned:
        rows = planned.rows[planned.rows["group"] == "contact"]
        said = sentences(tables, work, planned.campaign, claims, Contacts(rows, quoted))
        say |= dict(zip(rows["customer_id"], said, strict=True))
    customers = list(contacts["customer_id"])
    moves = (
        biggest_moves(tables.connection, work, tables.as_of, customers)
        .to_pandas(integer_object_nulls=True)
        .set_axis(customers)
    )
    return ContactTexts(masked(tables, customers), moves, {name: reasons[name] for name in LANGUAGES}, say)


def offers_table(planned: Planned, texts: ContactTexts, release_id: str) -> pa.Table:
    """A campaign's contacts, best first: the layout `OFFERS`."""
    rows = planned.rows[planned.rows["group"] == "contact"]
    named = {offer.offer: offer for offer in planned.campaign.offers}
    customers = rows["customer_id"]
    rows = rows.assign(
        release_id=release_id,
        name=customers.map(texts.people["name"]),
        phone=customers.map(texts.people["phone"]),
        say_zh=customers.map(lambda customer: in_language(texts.say[customer], "zh")),
        say_en=customers.map(lambda customer: in_language(texts.say[customer], "en")),
        biggest_move=customers.map(texts.moves["biggest_move"]),
        biggest_move_months=customers.map(texts.moves["biggest_move_months"]),
        offer_zh=rows["offer"].map(lambda name: in_language(named[name].title, "zh")),
        offer_en=rows["offer"].map(lambda name: in_language(named[name].title, "en")),
        **{f"reason_{language}": customers.map(words) for language, words in texts.reasons.items()},
    )
    return _table(rows, catalogue.schema(OFFERS.columns))


def control_table(planned: Planned, release_id: str) -> pa.Table:
    """A campaign's control: the layout `CONTROL`."""
    rows = planned.rows[planned.rows["group"] == "control"]
    return _table(rows.assign(release_id=release_id), catalogue.schema(CONTROL.columns))


def write_campaigns(
    folder: Path, plan: Plan, texts: ContactTexts, release: ReleaseMetadata, language: str
) -> list[CampaignFile]:
    """Write the files of all campaigns into a release's folder.

    ``campaigns/<campaign>/`` holds Parquet for programs: `offers`, `control`, `refusals`. ``offers/`` holds what people
    get: `head_office`, and a file for each branch and manager; contacts of a channel with a gateway come as its file
    instead. None of these holds a control customer.

    Returns
    -------
    list of CampaignFile
        For the manifest.
    """
    written: list[tuple[Path, int]] = []
    contacts = []
    for planned in plan.planned:
        offers = offers_table(planned, texts, release.release_id)
        contacts.append(offers)
        control = control_table(planned, release.release_id)
        refusals = pa.Table.from_pandas(planned.refusals, _REFUSALS, preserve_index=False)
        campaign_folder = folder / "campaigns" / planned.campaign.campaign_id
        campaign_folder.mkdir(parents=True)
        for name, table in (("offers", offers), ("control", control), ("refusals", refusals)):
            # Through Python's own file, so that a full disk comes back as an OSError with its number.
            with (campaign_folder / f"{name}.parquet").open("wb") as stream:
                pq.write_table(table, stream, compression="zstd")
            written.append((campaign_folder / f"{name}.parquet", table.num_rows))
    if contacts:
        gateways = release_gateways()
        own, sent = split_off(pa.concat_tables(contacts), gateways)
        rows = _for_people(own, language, release.as_of)
        written += _people_files(folder / "offers", rows, plan, release, language)
        for channel, rows in sent.items():
            path = folder / "offers" / "gateways" / f"{channel}.csv"
            path.parent.mkdir(exist_ok=True)
            write_gateway(path, _for_people(rows, language, release.as_of), gateways[channel])
            written.append((path, rows.num_rows))
    return [
        CampaignFile(path=path.relative_to(folder).as_posix(), sha256=fingerprint.of_file(path), rows=count)
        for path, count in written
    ]


def _people_files(
    folder: Path, rows: pa.Table, plan: Plan, release: ReleaseMetadata, language: str
) -> Iterator[tuple[Path, int]]:
    folder.mkdir()
    records = {planned.campaign.campaign_id: planned.record for planned in plan.planned}
    shown = in_staff_words(rows, release.names, language, release.as_of)
    with workbook(folder / "head_office.xlsx", "Campaigns", release.as_of, language, rows=rows.num_rows) as book:
        write_report(book, records, plan.off or {}, release.names, language)
        columns, printed = _sheet_columns(language)
        sheet = write_table(book, in_language(_OFFERS, language), shown, columns, language=language)
        sheet.print_area(0, 0, rows.num_rows, printed - 1)
    write_csv(folder / "head_office.csv", rows, catalogue.columns(OFFER_COLUMNS), language)
    yield from ((folder / f"head_office.{kind}", rows.num_rows) for kind in ("xlsx", "csv"))
    for column, name in (("branch_id", "branches"), ("manager_id", "managers")):
        (folder / name).mkdir()
        for key, file in file_names(sorted(set(rows[column].to_pylist()) - {None})).items():
            theirs = pc.equal(rows[column], key)
            own = _numbered(rows.filter(theirs))
            path = folder / name / f"{file}.xlsx"
            _write_call_sheet(path, _numbered(shown.filter(theirs)), release, language)
            write_csv(path.with_name(f"{file}.csv"), own, catalogue.for_branches(OFFER_COLUMNS), language)
            yield from ((path.with_name(f"{file}.{kind}"), own.num_rows) for kind in ("xlsx", "csv"))


def _sheet_columns(language: str, returned: Sequence[str] = ()) -> tuple[list[Column], int]:
    """The columns of a worksheet, and how many are printed: what a call needs, with reasons in the sheet's language.

    Reasons in the other language take one line, so that only printed columns set the height of rows.
    """
    split = OFFER_COLUMNS.index("reason_zh")
    before, reasons, after = OFFER_COLUMNS[:split], OFFER_COLUMNS[split : split + 2], OFFER_COLUMNS[split + 2 :]
    own = [name for name in reasons if name.endswith(language)]
    others = [replace(column, format="text") for column in catalogue.columns(reasons) if column.name not in own]
    printed = catalogue.columns([*before, *own, *returned])
    return [*printed, *others, *catalogue.columns(after)], len(printed)


def _write_call_sheet(path: Path, shown: pa.Table, release: ReleaseMetadata, language: str) -> None:
    """A branch's or manager's workbook, a sheet a week, to work from and to return; people fill in the last columns."""
    columns, printed = _sheet_columns(language, RETURNED_COLUMNS)
    columns = [column for column in columns if column.leaves_head_office]
    title = in_language(_OFFERS, language)
    position = [column.name for column in columns].index("answer")
    answers = columns[position].in_words(columns[position].words, language)
    with workbook(path, title, release.as_of, language, rows=shown.num_rows) as book:
        for monday in sorted(set(shown["week"].to_pylist())):
            own = shown.filter(pc.equal(shown["week"], monday))
            sheet = write_table(book, week_title(monday, language), own, columns, language=language)
            sheet.print_area(0, 0, own.num_rows, printed - 1)
            sheet.data_validation(1, position, own.num_rows, position, {"validate": "list", "source": answers})


def _for_people(offers: pa.Table, language: str, as_of: date) -> pa.Table:
    """The rows with words for codes, best first, numbered, each with the Monday of its week."""
    rows = offers.sort_by([("expected_value", "descending"), ("customer_id", "ascending")])
    weeks = weeks_of(rows, as_of, load_queue_settings())
    hours = load_contact_hours().in_words(rows["channel"].to_pylist(), rows["time_band"].to_pylist(), language)
    rows = rows.set_column(rows.column_names.index("time_band"), "time_band", pa.array(hours, pa.string()))
    rows = catalogue.in_words(rows, language)
    rows = rows.append_column("say", rows[f"say_{language}"]).append_column("offer_name", rows[f"offer_{language}"])
    return _numbered(rows.append_column("week", pa.array(weeks, pa.date32())))


def _numbered(rows: pa.Table) -> pa.Table:
    if "number" in rows.column_names:
        rows = rows.drop(["number"])
    return rows.append_column("number", pa.array(range(1, rows.num_rows + 1), pa.int32()))


def _table(rows: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    values = rows[list(schema.names)].astype("object")
    return pa.Table.from_pandas(values.where(values.notna(), None), schema, preserve_index=False)
