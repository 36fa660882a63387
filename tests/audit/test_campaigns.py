"""Campaigns of the small bank, planned and written by the project, are recomputed from tables and settings."""

import hashlib
import json
import shutil
from datetime import date

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from goldmine.campaigns.candidates import Scores
from goldmine.campaigns.claims import load_claims
from goldmine.campaigns.load import live, load_campaigns
from goldmine.campaigns.masking import masked
from goldmine.campaigns.plan import plan_campaigns
from goldmine.campaigns.sentences import Contacts, sentences
from goldmine.contactability import ContactTables
from goldmine.contactability.holdout import HeldBack, held_back_at, salted
from goldmine.contactability.policy import load_policy
from goldmine.contract.intake import open_bank
from goldmine.core.engine import connect
from goldmine.core.workspace import Workspace, home
from goldmine.customers.screening import screen
from goldmine.customers.source_tables import SourceTables
from goldmine.labels.eligibility import eligible
from goldmine.labels.use_case import load_use_case
from goldmine.publishing.campaigns import ContactTexts, control_table, offers_table
from goldmine.publishing.moves import biggest_moves
from tests.audit.campaigns import Snapshot
from tests.audit.conftest import AS_OF, disagreements
from tests.audit.contacts import earlier_offers, hashed
from tests.audit.customers import recompute_customers
from tests.audit.facts import Facts
from tests.audit.features import recompute_features
from tests.audit.offers import audit_campaigns
from tests.audit.screening import groups_of, long_tail, screening

SALT, DAY = "a salt of its own", pd.Timestamp(AS_OF)
SCORED = ("dormancy", "facts_credit", "longtail", "wealth")


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """The project's settings with places so few that not everybody gets one, and a quota."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(home() / "pipelines", folder / "pipelines")
    path = folder / "pipelines" / "campaigns" / "longtail.yaml"
    campaign = yaml.safe_load(path.read_text("utf-8"))
    campaign["capacity"]["manager"]["default"] = 6
    campaign["channels"]["call"] |= {"max": 40, "min": 10}
    campaign["rules"] = [{"feature": "own_days_365d", "at_least": 3}]
    path.write_text(yaml.safe_dump(campaign, allow_unicode=True), "utf-8")
    return folder


@pytest.fixture(scope="module")
def released(work, settings, tmp_path_factory):
    """A work folder with scores and two releases: one of March in which groups were decided otherwise, and June's."""
    copied = Workspace(tmp_path_factory.mktemp("campaigns") / "work")
    shutil.copytree(work, copied.root)
    (copied.root / "holdout.salt").write_text(SALT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOLDMINE_HOME", str(settings))
        bank = open_bank(work.parent / "bank", copied)
        scores = [_scored(copied, name) for name in SCORED]
        _march(copied, pd.read_parquet(scores[0].path).customer_id)
        held_back = held_back_at(copied, AS_OF, before=AS_OF)
        tables = ContactTables.open(bank, copied, AS_OF, held_back=held_back)
        policy = load_policy()
        policy = policy.model_copy(update={"holdout": salted(copied, policy.holdout)})
        plan = plan_campaigns(tables, copied, live(load_campaigns(AS_OF), AS_OF), policy, scores)
        release = copied.releases / str(AS_OF) / "june"
        for planned in plan.planned:
            _write(tables, copied, planned, release / "campaigns" / planned.campaign.campaign_id)
        recorded = {planned.campaign.campaign_id: planned.record.model_dump(mode="json") for planned in plan.planned}
    manifest = {"as_of": str(AS_OF), "created_at": "2024-07-01T00:00:00Z", "campaigns": recorded}
    (release / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return copied


def _scored(work: Workspace, name: str) -> Scores:
    """Scores by a hash; the first thirty are sure of the outcome."""
    use_case = load_use_case(name)
    numbers = sorted(eligible(connect(), work, use_case, AS_OF).to_pyarrow()["customer_id"].to_pylist())
    drawn = [int(hashlib.sha256(f"{name}{number}".encode()).hexdigest()[:8], 16) / 16**8 for number in numbers]
    rows = pd.DataFrame({"customer_id": numbers, "probability": drawn}).sort_values("probability", ascending=False)
    rows["decile"] = [position * 10 // len(rows) + 1 for position in range(len(rows))]
    path = work.scores(AS_OF, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.astype({"decile": "int32"}).to_parquet(path, index=False)
    return Scores(use_case, path, "1")


def _march(work: Workspace, customers: pd.Series) -> None:
    """A release of March in whose campaign everybody has the other group than the hash would give."""
    folder = work.releases / "2024-03-31" / "march" / "campaigns" / "wake_2024"
    folder.mkdir(parents=True)
    known = customers[[hashed(SALT, number) >= 0.02 for number in customers]].sort_values().head(120)
    drawn = pd.Series([hashed(SALT, "wake_2024", number) < 0.15 for number in known], known.index)
    same = {"campaign_id": "wake_2024", "use_case": "dormancy", "channel": "sms"}
    days = {"as_of": date(2024, 3, 31), "valid_until": date(2024, 4, 30)}
    for file, group, chosen in (("control", "control", ~drawn), ("offers", "contact", drawn)):
        rows = known[chosen].to_frame().assign(**same, group=group, **days)
        rows.to_parquet(folder / f"{file}.parquet", index=False)
    manifest = {"as_of": "2024-03-31", "created_at": "2024-04-01T00:00:00Z"}
    (folder.parents[1] / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def _write(tables, work, planned, folder):
    """A campaign's files as a release has them, with rows that give no reasons."""
    contact = planned.rows[planned.rows["group"] == "contact"]
    customers = list(contact["customer_id"])
    said = sentences(tables, work, planned.campaign, load_claims(), Contacts(contact, {}))
    moves = biggest_moves(tables.connection, work, AS_OF, customers).to_pandas().set_axis(customers)
    texts = ContactTexts(
        masked(tables, customers), moves, {"zh": {}, "en": {}}, dict(zip(customers, said, strict=True))
    )
    folder.mkdir(parents=True)
    pq.write_table(offers_table(planned, texts, "june"), folder / "offers.parquet")
    pq.write_table(control_table(planned, "june"), folder / "control.parquet")
    planned.refusals.to_parquet(folder / "refusals.parquet", index=False)


@pytest.fixture(scope="module")
def snapshot(released, settings, books):
    features = recompute_features(books, DAY)
    customers = recompute_customers(books, DAY, features, settings / "pipelines" / "tags.yaml", None)
    facts = Facts(features, customers, settings / "pipelines" / "claims.yaml")
    earlier = earlier_offers(books, released.root, DAY, "2024-07-01T00:00:00Z")
    return Snapshot(books, facts, released.root, settings / "pipelines", DAY, earlier)


@pytest.fixture(scope="module")
def audited(snapshot, released):
    release = released.releases / str(AS_OF) / "june"
    recorded = json.loads((release / "manifest.json").read_text("utf-8"))["campaigns"]
    return dict(audit_campaigns(snapshot, release, recorded))


def test_every_campaign_is_as_documented(audited):
    assert len(audited) == 1 + 4 * len(SCORED)
    assert {title: differ for title, columns in audited.items() if (differ := _differing(columns))} == {}


def _differing(columns):
    return [str(column) for column in columns if not column.whole]


def test_rows_refusals_and_sentences_were_there_to_compare(audited, snapshot, released):
    release = released.releases / str(AS_OF) / "june" / "campaigns"
    assert min(column.cells for column in audited["Refusals of wealth_2024"]) > 20
    refused = pd.read_parquet(release / "facts_credit_2024" / "refusals.parquet")
    assert (refused.rule == "credit_refused").sum() > 20
    longtail = pd.read_parquet(release / "longtail_2024" / "offers.parquet")
    assert set(longtail.offer) == {"step_up_deposit", "return_deposit"}
    assert longtail.say_zh.nunique() >= 4
    steps = {
        step["name"]: step["left"]
        for step in json.loads((release.parent / "manifest.json").read_text("utf-8"))["campaigns"]["longtail_2024"][
            "funnel"
        ]["steps"]
    }
    assert min(steps[name] for name in ("asked", "other_control", "not_worth", "other_campaign", "capacity")) > 0
    assert len(snapshot.earlier) == 120


def test_group_decided_in_march_stays(released):
    wake = released.releases / str(AS_OF) / "june" / "campaigns" / "wake_2024"
    march = pd.read_parquet(released.releases / "2024-03-31" / "march" / "campaigns" / "wake_2024" / "control.parquet")
    assert not set(march.customer_id) & set(pd.read_parquet(wake / "offers.parquet").customer_id)
    assert set(march.customer_id) & set(pd.read_parquet(wake / "control.parquet").customer_id)


def test_long_tail_is_divided_as_documented(released, books, snapshot):
    sources = SourceTables(connect(), open_bank(books.folder, released), released)
    found = screen(sources, AS_OF)
    tail = long_tail(snapshot.facts.customers, snapshot.facts.features, released.scores(AS_OF, "longtail"))
    assert disagreements(found.rows.set_index("customer_id"), tail) == []
    groups = found.groups.set_index(["age", "kind", "band"]).drop(columns="expected_aum")
    assert disagreements(groups, groups_of(tail)) == []
    assert len(groups) > 5
    tables = ContactTables.open(sources.bank, released, AS_OF, held_back=HeldBack())
    listed = found.best(tables, 10_000).set_index("customer_id")
    assert disagreements(listed, screening(tail)) == []
    assert len(listed) > 20
