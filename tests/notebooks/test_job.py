"""The whole job on a small sample bank: every notebook through papermill, in a project's folder of its own."""

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bs4 import BeautifulSoup

from goldmine.campaigns.candidates import Scores
from goldmine.campaigns.claims import load_claims
from goldmine.campaigns.load import load_campaigns
from goldmine.campaigns.plan import plan_campaigns
from goldmine.campaigns.sentences import Contacts, sentences
from goldmine.contactability import ContactTables
from goldmine.contactability.policy import load_policy
from goldmine.contract.intake import open_bank
from goldmine.core.engine import connect
from goldmine.core.errors import ParameterError
from goldmine.core.i18n import LANGUAGES, in_language
from goldmine.core.layouts import REASONS
from goldmine.core.workspace import Workspace, home
from goldmine.labels.eligibility import eligible
from goldmine.labels.use_case import load_use_case
from goldmine.models.registry import champion
from goldmine.pipeline import lab
from goldmine.pipeline.dagster_job import run_job
from goldmine.pipeline.preloaded_kernels import loaded_kernels
from goldmine.pipeline.session import open_session
from goldmine.pipeline.snapshot import Snapshot
from goldmine.publishing.latest_lists import latest_lists
from goldmine.publishing.reasons import reasons_in_words
from goldmine.publishing.release_store import read_latest
from goldmine.sample import write_bank
from tests.campaigns.told import facts, faults
from tests.notebooks.hunt import ROWS, Planted, hunt

AS_OF = date(2024, 6, 30)
STEPS = ("tables", "features", "customers", "model", "scores", "release")
NOTEBOOKS = ["1_validate", "2_features", "3_customers", "4_train_dormancy", "5_score_dormancy", "6_publish"]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project's folder: the notebooks and definitions of this one, data and tracking store of its own."""
    project = tmp_path_factory.mktemp("project")
    for name in ("pipelines", "notebooks", "expectations", "requirements.lock"):
        (project / name).symlink_to(home() / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOLDMINE_HOME", str(project))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield project


@pytest.fixture(scope="module")
def snapshot(project):
    """The job, run once."""
    # As long as the bank of `make run`: features that look back a year know as much at training cutoffs as later.
    write_bank(project / "bank", customers=4_000, months=30, seed=1, end=AS_OF)
    plant(project / "bank" / "customers.parquet")
    snapshot = Snapshot(project / "bank", Workspace(project / "work"), AS_OF, use_cases=("dormancy",), language="zh")
    with loaded_kernels():  # as the command does it
        run_job(snapshot, STEPS)
    return snapshot


def plant(customers: Path) -> None:
    """Give every hundredth customer a name and an address that nothing else holds."""
    rows = pd.read_parquet(customers, dtype_backend="pyarrow")
    chosen = rows.index % 100 == 0
    rows.loc[chosen, "name"] = [f"轩辕埋{number:04}" for number in range(chosen.sum())]
    rows.loc[chosen, "address"] = [f"埋名巷{number}号" for number in range(chosen.sum())]
    schema = pq.read_schema(customers)
    pq.write_table(pa.Table.from_pandas(rows, schema, preserve_index=False), customers)


def planted(bank: Path) -> Planted:
    """Numbers and telephones of all customers, what was planted, and large amounts of single transactions."""
    rows = pd.read_parquet(bank / "customers.parquet")
    paths = sorted((bank / "transactions").glob("*.parquet"))[-3:]
    amounts = pd.concat([pd.read_parquet(path, columns=["amount"]) for path in paths])["amount"]
    odd = {f"{amount:.2f}" for amount in amounts if amount >= 10_000 and amount % 100}
    assert len(odd) > 50
    return Planted(
        frozenset(rows["customer_id"]), frozenset(rows["phone"].dropna()), frozenset(odd), ("轩辕埋", "埋名巷")
    )


def modification_times(snapshot: Snapshot) -> dict[Path, int]:
    """Time of change of every file that the job's steps made; each run adds a report of its own."""
    files = [path for path in snapshot.work.root.rglob("*") if path.is_file() and path.name != ".lock"]
    own = snapshot.work.dagster, snapshot.work.runs
    files = [path for path in files if not any(path.is_relative_to(folder) for folder in own)]
    return {path: path.stat().st_mtime_ns for path in files}


def test_every_notebook_was_executed_to_its_end_and_exported(snapshot):
    folder = snapshot.work.notebooks(AS_OF)
    assert sorted(path.stem for path in folder.glob("*.ipynb")) == NOTEBOOKS
    assert sorted(path.stem for path in folder.glob("*.html")) == NOTEBOOKS
    for path in folder.glob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        assert all(cell["execution_count"] for cell in cells if cell["cell_type"] == "code")


def test_executed_notebooks_show_no_warnings_and_no_errors(snapshot):
    for path in snapshot.work.notebooks(AS_OF).glob("*.ipynb"):
        outputs = [o for c in json.loads(path.read_text("utf-8"))["cells"] for o in c.get("outputs", ())]
        assert [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"] == [], path.stem


def test_every_head_of_a_table_is_in_the_language_asked_for(snapshot):
    heads = set()
    for path in snapshot.work.notebooks(AS_OF).glob("*.ipynb"):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            for output in cell.get("outputs", ()):
                page = BeautifulSoup("".join(output.get("data", {}).get("text/html", ())), "html.parser")
                heads |= {head.get_text() for head in page.select("th.col_heading, th.index_name")}
    assert len(heads) > 60
    assert {head for head in heads if head.strip().isascii() and not head.strip().isupper() and head.strip()} == set()


def test_customers_values_are_only_where_rows_of_customers_may_be(snapshot, project):
    """Numbers stand in rows alone; names, addresses and telephones in no file but the bank's own tables."""
    values = planted(snapshot.source)
    found = {name: kinds for name, kinds in hunt(snapshot.work.root, values).items() if name.split("/")[0] not in ROWS}
    assert found == {}
    assert hunt(project / "mlruns", values) == {}
    rows = [kinds for name in ROWS for kinds in hunt(snapshot.work.root / name, values).values()]
    assert len(rows) > 50
    assert set().union(*rows) <= {"number", "amount"}


def test_a_list_was_published(snapshot):
    (listed,) = latest_lists(snapshot.work)
    assert (listed.use_case, listed.as_of) == ("dormancy", AS_OF)
    assert listed.rows > 0


def test_no_contact_of_any_campaign_is_told_anything_untrue(snapshot, tmp_path):
    """The release's own contacts, then all campaigns on made scores: words, offers and tags against the books."""
    work, books = snapshot.work, facts(snapshot.work, AS_OF)
    (path,) = work.releases.glob(f"{AS_OF}/*/campaigns/wake_2024/offers.parquet")
    published = pd.read_parquet(path)
    assert len(published) > 50
    texts = published[["say_en", "say_zh", "offer_en", "offer_zh"]].to_numpy()
    quoted = quoted_reasons(snapshot, published["customer_id"], published["reason_en"], "en")
    for customer, row in zip(published["customer_id"], texts, strict=True):
        assert faults(row, quoted[customer], books[customer]) == set(), list(row)
    tables = ContactTables.open(open_bank(snapshot.source, work), work, AS_OF)
    made = [made_scores(work, tmp_path, name) for name in ("longtail", "wealth")]
    campaigns = [campaign for campaign in load_campaigns(AS_OF) if campaign.campaign_id != "wake_2024"]
    policy = load_policy().model_copy(update={"holdout": None})
    for planned in plan_campaigns(tables, work, campaigns, policy, made).planned:
        rows = planned.rows[planned.rows["group"] == "contact"]
        titles = {offer.offer: offer.title for offer in planned.campaign.offers}
        said = sentences(tables, work, planned.campaign, load_claims(), Contacts(rows, {}))
        assert len(rows) > 10
        assert len({str(text) for text in said}) > 1
        for customer, offer, text in zip(rows["customer_id"], rows["offer"], said, strict=True):
            told = [in_language(entry, language) for entry in (text, titles[offer]) for language in LANGUAGES]
            assert faults(told, [], books[customer]) == set(), told


def test_no_reason_on_a_list_is_untrue_or_contradicts_another_or_a_tag(snapshot):
    books = facts(snapshot.work, AS_OF)
    (path,) = snapshot.work.releases.glob(f"{AS_OF}/*/lists/dormancy.parquet")
    listed = pd.read_parquet(path)
    phrases = [[text for text in row if isinstance(text, str)] for row in listed[[*REASONS]].to_numpy()]
    language = read_latest(snapshot.work).manifest.language
    quoted = quoted_reasons(snapshot, listed["customer_id"], phrases, language)
    assert sum(len(some) for some in quoted.values()) > len(listed)
    for customer, some in quoted.items():
        assert faults([], some, books[customer]) == set(), some


@pytest.mark.parametrize("name", ["longtail", "wealth"])
def test_no_reason_of_another_use_case_is_untrue_or_contradicts_another_or_a_tag(snapshot, name):
    """Of models as they are trained, whether or not they would be promoted on a bank as small as this one."""
    work, books, case = snapshot.work, facts(snapshot.work, AS_OF), load_use_case(name)
    trained = lab.train(open_session(str(work.root), str(AS_OF), "zh"), name)
    ids = sorted(eligible(connect(), work, case, AS_OF).to_pyarrow()["customer_id"].to_pylist())[:400]
    made = reasons_in_words(trained.fitted.model, work, case, ids, as_of=AS_OF, languages=["zh"])
    assert sum(len(some) for some in made.quoted) > 200
    assert not [phrases for phrases in made.phrases["zh"] if phrases == ["无单项突出行为"]]
    assert any(phrases[0].startswith("客户现状：") for phrases in made.phrases["zh"])
    for customer, some, phrases in zip(ids, made.quoted, made.phrases["zh"], strict=True):
        assert faults([], some, books[customer]) == set(), phrases


def test_fewer_rows_may_be_taken_for_a_quick_look(snapshot):
    session = open_session(str(snapshot.work.root), str(AS_OF), "en")
    trained = lab.train(session, "dormancy", max_rows=1_000)
    assert 800 < trained.rows.train.num_rows < 1_200
    assert trained.rows.train["weight"].to_numpy().sum() > 3_000
    assert trained.evaluation.model.auc > 0.7
    with pytest.raises(ParameterError, match=r"max_rows: 999 rows are too few to learn from"):
        lab.train(session, "dormancy", max_rows=999)


def quoted_reasons(snapshot: Snapshot, customers, published, language: str) -> dict[str, list[tuple[str, str]]]:
    """Features and signs that the published reasons quote; the reasons are worked out again, to the word."""
    bank = open_bank(snapshot.source, snapshot.work)
    model, case = champion(bank.name, "dormancy").model, load_use_case("dormancy")
    again = reasons_in_words(model, snapshot.work, case, list(customers), as_of=AS_OF, languages=[language])
    joined = [some if isinstance(some, str) else "; ".join(some) for some in published]
    assert ["; ".join(phrases) for phrases in again.phrases[language]] == joined
    return dict(zip(customers, again.quoted, strict=True))


def made_scores(work: Workspace, folder: Path, name: str) -> Scores:
    """Everybody eligible, with the same probability."""
    ids = eligible(connect(), work, load_use_case(name), AS_OF).to_pyarrow()["customer_id"]
    path = folder / f"{name}.parquet"
    pd.DataFrame({"customer_id": ids, "probability": 0.4, "decile": 1}).astype({"decile": "int32"}).to_parquet(path)
    return Scores(load_use_case(name), path, "1")


def test_second_run_reuses_every_step(snapshot):
    before = modification_times(snapshot)
    run_job(snapshot, STEPS)
    assert modification_times(snapshot) == before


def test_a_campaign_is_measured_once_its_horizon_has_ended(snapshot):
    """Of the first 600 customers every third was control; what is shown is what the books say of them."""
    folder = snapshot.work.releases / "2024-02-29" / "r1" / "campaigns" / "spring"
    folder.mkdir(parents=True)
    rows = pd.read_parquet(snapshot.source / "customers.parquet", columns=["customer_id", "branch_id"]).head(600)
    rows = rows.assign(campaign_id="spring", use_case="dormancy", offer="stay", channel="call", stratum="all")
    rows = rows.assign(probability=0.2, uplift=None, decile=1, as_of=date(2024, 2, 29), valid_until=date(2024, 5, 29))
    rows = rows.assign(model_version="1", release_id="r1")
    rows[rows.index % 3 > 0].assign(group="contact").to_parquet(folder / "offers.parquet")
    rows[rows.index % 3 == 0].assign(group="control").to_parquet(folder / "control.parquet")
    run_job(snapshot, ("measured",))
    shown = snapshot.work.notebooks(AS_OF) / "7_measure_spring_2024-02-29.html"
    text = shown.read_text("utf-8")
    assert "spring：2024-02-29发布，2024-06-13到期，按2024-06-30账务评估" in text
    assert "不可测量" in text  # some branches
    assert "dormancy 1" in text  # the model's run that keeps the figures
    assert "C0000" not in text
    cells = json.loads(shown.with_suffix(".ipynb").read_text("utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    assert [entry for entry in outputs if entry["output_type"] == "error" or entry.get("name") == "stderr"] == []


def test_scoring_again_after_lost_scores_uses_same_champion(snapshot):
    scores = snapshot.work.scores(AS_OF, "dormancy")
    before = scores.read_bytes()
    scores.unlink()
    run_job(snapshot, ("scores",))
    assert scores.read_bytes() == before
