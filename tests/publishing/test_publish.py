"""From scores to a release, with a small model that was really trained, registered and made champion."""

import json
import shutil
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.cli.output import show_campaigns
from goldmine.contactability import holdout
from goldmine.contract.bank import Bank
from goldmine.contract.manifest import Hashes, write_manifest
from goldmine.core.engine import Engine
from goldmine.core.errors import ParameterError, ReleaseError, SettingsError, UseCaseError, ValidationError
from goldmine.core.files import write_json
from goldmine.core.fingerprint import of_file
from goldmine.core.seals import seal
from goldmine.core.workspace import Workspace, home
from goldmine.customers.table import customers_path
from goldmine.features import catalogue, feature_fingerprint
from goldmine.labels.use_case import load_use_case
from goldmine.models.registry import champion
from goldmine.models.run_log import log_model
from goldmine.models.score import score
from goldmine.models.tracking import CHAMPION, registered_name, use_tracking
from goldmine.models.train import train
from goldmine.publishing import latest_lists, publish, read_latest
from goldmine.publishing.campaigns import write_campaigns
from goldmine.publishing.release_inputs import read_scored, release_id_of
from goldmine.publishing.reproduce import find_release, reproduce
from tests.publishing.literal import leftovers
from tests.publishing.test_rules import customer
from tests.tiny import Row, make_bank

AS_OF = date(2024, 6, 30)
PEOPLE = 400
LACKING = ["deceased", "frozen", "staff", "refused", "complained", "disputed", "suppressed"]
"""Rules that need tables which the bank does not have."""
LONGTAIL = load_use_case("longtail")


def features() -> pa.Table:
    """Salary decides, balance helps a little; the first customers have most of both."""
    falling = np.linspace(1, 0, PEOPLE)
    return pa.table(
        {
            "customer_id": [f"{number:06}" for number in range(PEOPLE)],
            "cutoff": [AS_OF] * PEOPLE,
            "aum_avg_30d": pa.array(4000 + 5000 * falling, pa.float32()),
            "aum_peak_365d": pa.array([9000.0] * PEOPLE, pa.float32()),
            "own_days_365d": pa.array([12.0] * PEOPLE, pa.float32()),
            "inflow_sum_90d": pa.array(60_000 * falling, pa.float32()),
        }
    )


def people(**more: object) -> list[Row]:
    return [customer(number) | more for number in features()["customer_id"].to_pylist()]


def made_bank(folder: Path, changed: dict[str, Row] | None = None) -> Bank:
    rows = [row | (changed or {}).get(row["customer_id"], {}) for row in people()]
    return make_bank(folder, {"customers": rows}, AS_OF)


def make_champion(bank: Bank, rows: pa.Table) -> None:
    """Train on the rows and give the model the alias, without the judging that the gate asks for."""
    import mlflow

    fitted = train(LONGTAIL, rows, rows, 1)
    use_tracking(bank.name)
    with mlflow.start_run() as run:
        logged = log_model(fitted.model)
    client = mlflow.MlflowClient()
    name = registered_name(bank.name, LONGTAIL.name)
    client.create_registered_model(name)
    uri = client.get_logged_model(logged).model_uri
    version = client.create_model_version(name, uri, run.info.run_id, model_id=logged)
    client.set_registered_model_alias(name, CHAMPION, version.version)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """A project folder with a registry of its own that holds one champion."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "pipelines").mkdir()
    for name in ("pipelines/use_cases", "pipelines/daily_queue.yaml", "expectations"):
        (folder / name).symlink_to(home() / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOLDMINE_HOME", str(folder))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        outcome = pa.array([1] * 100 + [0] * (PEOPLE - 100), pa.int8())
        rows = features().append_column("outcome", outcome)
        make_champion(made_bank(folder / "bank"), rows)
        yield


@pytest.fixture(scope="module")
def published(registry, tmp_path_factory) -> tuple[Bank, Workspace]:
    """A bank and a work folder with features, the champion's scores and a release."""
    folder = tmp_path_factory.mktemp("published")
    bank, work = made_bank(folder / "bank"), Workspace(folder / "work")
    work.features(AS_OF).parent.mkdir(parents=True)
    pq.write_table(features(), work.features(AS_OF))
    write_json(work.features(AS_OF).with_suffix(".json"), feature_fingerprint(bank, work, AS_OF))
    write_json(work.features(AS_OF).with_name("dictionary.json"), [feature.stored() for feature in catalogue()])
    score(bank, work, LONGTAIL, AS_OF, champion(bank.name, "longtail"))
    publish(bank, work, ["longtail"], AS_OF)
    return bank, work


@pytest.fixture
def own(published, tmp_path) -> tuple[Bank, Workspace]:
    """The same bank, and a copy of the work folder that a test may change."""
    bank, work = published
    shutil.copytree(work.root, tmp_path / "work")
    return bank, Workspace(tmp_path / "work")


def rescored(work: Workspace, **changes: object) -> None:
    """Let the scores' description say something else, and what their checksum is now."""
    path = work.scores(AS_OF, "longtail")
    beside = json.loads(path.with_suffix(".json").read_text())
    write_json(path.with_suffix(".json"), beside | {"sha256": of_file(path)} | changes)
    seal(path)


def listed(work: Workspace) -> pa.Table:
    return pq.read_table(read_latest(work).folder / "lists" / "longtail.parquet")


def test_scores_of_a_feature_table_of_one_part_start_no_spark(own):
    bank, work = own
    path = work.scores(AS_OF, "longtail")
    before = path.read_bytes()
    path.unlink()
    nobody = Engine("spark", "spark://127.0.0.1:9")
    assert score(bank, work, LONGTAIL, AS_OF, champion(bank.name, "longtail"), engine=nobody).rows == PEOPLE
    assert path.read_bytes() == before


def test_publishing_writes_a_list_with_reasons(published):
    _, work = published
    rows = listed(work)
    assert rows.num_rows == PEOPLE
    first = rows.slice(0, 1).to_pylist()[0]
    traced = {key: first[key] for key in ("rank", "branch_id", "manager_id", "decile", "model_version", "release_id")}
    assert traced == {
        "rank": 1,
        "branch_id": "B01",
        "manager_id": "S01",
        "decile": 1,
        "model_version": "1",
        "release_id": read_latest(work).manifest.release_id,
    }
    assert any("yuan" in first[name] and "(typical: " in first[name] for name in ("reason_1", "reason_2"))
    assert rows["probability"].to_pylist() == sorted(rows["probability"].to_pylist(), reverse=True)
    (line,) = latest_lists(work)
    assert (line.rows, line.top_probability) == (PEOPLE, first["probability"])


def test_the_manifest_traces_a_file_to_model_run_validation_and_funnel(published):
    _, work = published
    manifest = json.loads((read_latest(work).folder / "manifest.json").read_text())
    beside = json.loads(work.scores(AS_OF, "longtail").with_suffix(".json").read_text())
    for file in manifest["files"]:
        assert file["mlflow_run"] == beside["mlflow_run"]
        assert file["model_name"] == "tiny.longtail"
        assert file["validation"]["success"] is True
    assert manifest["funnels"]["longtail"]["scored"] == PEOPLE
    assert [rule["name"] for rule in manifest["funnels"]["longtail"]["skipped"]] == LACKING


def test_same_inputs_give_the_same_release(own):
    bank, work = own
    before = {path: path.stat().st_mtime_ns for path in work.releases.rglob("*")}
    standing = read_latest(work)
    assert publish(bank, work, ["longtail", "longtail"], AS_OF) == standing
    assert {path: path.stat().st_mtime_ns for path in work.releases.rglob("*")} == before


def test_release_id_does_not_depend_on_the_store(own):
    bank, work = own
    before = read_latest(work).manifest.release_id
    rescored(work, mlflow_run="of another store")
    scored = [read_scored(work, "longtail", AS_OF)]
    assert release_id_of(bank, work, scored, AS_OF, "en") == before
    rescored(work, model_version="2")
    assert release_id_of(bank, work, [read_scored(work, "longtail", AS_OF)], AS_OF, "en") != before


def test_changed_customers_table_makes_another_release(own):
    bank, work = own
    before = publish(bank, work, ["longtail"], AS_OF)
    assert before.manifest.customers is None
    path = customers_path(work, AS_OF)
    path.parent.mkdir()
    pq.write_table(pa.table({"customer_id": ["00000001"], "layer": ["wealth"]}), path)
    write_json(path.with_suffix(".json"), "first")
    release = publish(bank, work, ["longtail"], AS_OF)
    assert release.manifest.release_id != before.manifest.release_id
    assert release.manifest.customers.rows == 1
    assert pq.read_table(release.folder / "customers.parquet").to_pylist() == [
        {"customer_id": "00000001", "layer": "wealth"}
    ]
    (release.folder / "customers.parquet").chmod(0o644)
    (release.folder / "customers.parquet").write_bytes(b"other")
    with pytest.raises(ReleaseError, match=r"customers\.parquet is not the one that was published"):
        read_latest(work)


def test_withdrawn_consent_makes_another_release_without_scoring_again(own, tmp_path):
    _, work = own
    first = read_latest(work)
    top = listed(work)["customer_id"][0].as_py()
    later = made_bank(tmp_path / "later", {top: {"marketing_consent": False}})
    second = publish(later, work, ["longtail"], AS_OF, language="zh")
    assert second.manifest.release_id != first.manifest.release_id
    assert first.folder.exists()
    assert top not in listed(work)["customer_id"].to_pylist()
    assert listed(work).num_rows == PEOPLE - 1
    assert "元（同类客户一般" in listed(work)["reason_1"][0].as_py()
    assert "客户号" in (second.folder / "lists" / "longtail.csv").read_text("utf-8-sig")


def test_arrears_and_rules_of_credit_make_another_release_as_campaigns_go_by_them(own, tmp_path, monkeypatch):
    _, work = own
    scored = [read_scored(work, "longtail", AS_OF)]
    loan = {"loan_id": "L1", "customer_id": "00000001", "granted_on": date(2023, 1, 1)}

    def made(days: int) -> str:
        month = {"loan_id": "L1", "month_end": AS_OF, "owed": 100, "days_overdue": days}
        bank = make_bank(tmp_path / f"{days}", {"customers": people(), "loans": [loan], "loan_months": [month]}, AS_OF)
        return release_id_of(bank, work, scored, AS_OF, "en")

    on_time = made(0)
    assert made(31) != on_time
    copied = tmp_path / "home"
    shutil.copytree(home(), copied)
    (copied / "pipelines" / "credit.yaml").write_text("person_cap: 1")
    monkeypatch.setenv("GOLDMINE_HOME", str(copied))
    strict = made(0)
    assert strict != on_time
    (copied / "pipelines" / "credit.yaml").write_text("person_cap: 2")
    assert made(0) != strict


def test_a_list_that_breaks_its_suite_is_not_published(own):
    bank, work = own
    path = work.scores(AS_OF, "longtail")
    spoilt = pq.read_table(path).set_column(1, "probability", pa.array([1.5] * PEOPLE))
    pq.write_table(spoilt, path)
    rescored(work)
    standing = read_latest(work)
    with pytest.raises(ValidationError, match=r"lists\.probability: probability_outside \(400 of 400\)"):
        publish(bank, work, ["longtail"], AS_OF)
    assert read_latest(work) == standing
    assert leftovers(work) == []


def test_scores_of_a_former_champion_are_refused(own):
    bank, work = own
    rescored(work, model_version="0")
    with pytest.raises(ReleaseError, match="version 1 became champion after version 0 had scored"):
        publish(bank, work, ["longtail"], AS_OF)


def test_features_newer_than_scores_are_refused(own):
    bank, work = own
    rescored(work, features_fingerprint="other")
    with pytest.raises(ReleaseError, match="the features were made again after the scores"):
        publish(bank, work, ["longtail"], AS_OF)


def test_publishing_without_scores_is_refused(own):
    bank, work = own
    with pytest.raises(ReleaseError, match="dormancy at 2024-06-30: there are no scores to publish"):
        publish(bank, work, ["longtail", "dormancy"], AS_OF)


def test_truncated_scores_are_removed_and_asked_for(own):
    bank, work = own
    path = work.scores(AS_OF, "longtail")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ReleaseError, match="there are no scores to publish"):
        publish(bank, work, ["longtail"], AS_OF)


def test_unknown_language_or_use_case_is_refused(own):
    bank, work = own
    with pytest.raises(ParameterError, match="language: 'fr' is not known"):
        publish(bank, work, ["longtail"], AS_OF, language="fr")
    with pytest.raises(UseCaseError, match="no use case was named"):
        publish(bank, work, [], AS_OF)


CAMPAIGN = """\
campaign_id: tail
title: {en: Tail, zh: 长尾提级}
use_cases: [longtail]
start_date: 2024-01-01
end_date: 2024-12-31
valid_days: 30
offers: [{offer: deposit, title: {en: Deposit, zh: 存款}, sentences: [{say: {en: Hello, zh: 您好}}], value: 100}]
channels: {call: {cost: 1, max: 60}}
capacity: {branch: {default: 80}, manager: {default: 80}}
control: {share: 0.2, stratify_by: [branch], min_effect_of_interest: 0.3}
"""
POLICY = """\
language: zh
fatigue: {days: 30, max_total: 2}
holdout: {salt: a-salt-of-our-own, share: 0.05, start_date: 2024-01-01, end_date: 2024-12-31}
"""


class TestReproducing:
    @pytest.fixture(autouse=True)
    def taken_in(self, own):
        """The bank as an intake leaves it in the work folder."""
        bank, work = own
        write_manifest(work, bank, {}, Hashes({}))

    def test_a_release_is_made_again_to_the_byte_and_the_work_folder_stays_as_it_is(self, own):
        _, work = own
        before = {path: path.stat().st_mtime_ns for path in work.releases.rglob("*")}
        made = reproduce(work, find_release(work, read_latest(work).manifest.release_id[:6]))
        assert (made.same, made.inputs, made.made_id) == (True, (), read_latest(work).manifest.release_id)
        assert set(made.files) >= {"lists/longtail.parquet", "lists/longtail.csv", "lists/longtail.xlsx"}
        assert {path: path.stat().st_mtime_ns for path in work.releases.rglob("*")} == before

    def test_what_differs_is_named(self, own):
        _, work = own
        changed = made_bank(work.root.parent / "changed", {"000003": {"marketing_consent": False}})
        write_manifest(work, changed, {}, Hashes({}))
        made = reproduce(work, read_latest(work))
        assert (made.same, made.inputs) == (False, ("table customers",))
        assert made.files["lists/longtail.csv"] == "differs"

    def test_an_id_that_no_release_has_is_refused(self, own):
        with pytest.raises(ReleaseError, match="0 releases have an id that begins with 'zz'"):
            find_release(own[1], "zz")


@pytest.fixture(scope="module")
def campaigned(published, tmp_path_factory):
    """A release with one campaign, in a copy of the work folder."""
    bank, work = published
    copied = Workspace(tmp_path_factory.mktemp("campaigned") / "work")
    shutil.copytree(work.root, copied.root)
    (home() / "pipelines" / "campaigns").mkdir()
    for name in ("tail", "wake"):
        text = CAMPAIGN if name == "tail" else CAMPAIGN.replace("tail\n", "wake\n").replace("longtail", "dormancy")
        (home() / "pipelines" / "campaigns" / f"{name}.yaml").write_text(text, "utf-8")
    (home() / "pipelines" / "offers.yaml").write_text(POLICY, "utf-8")
    yield bank, copied, publish(bank, copied, ["longtail"], AS_OF)
    shutil.rmtree(home() / "pipelines" / "campaigns")
    (home() / "pipelines" / "offers.yaml").unlink()


def test_campaign_without_its_tables_is_left_out_and_recorded(campaigned, capsys):
    _, work, release = campaigned
    assert list(release.manifest.campaigns) == ["tail"]
    show_campaigns(work)
    assert "left out: wake, for want of scores of Dormancy churn" in capsys.readouterr().out
    show_campaigns(work, "zh")
    shown = capsys.readouterr().out
    assert "未做：wake，缺少沉睡流失预警的评分" in shown
    assert shown.split()[:2] == ["活动", "排序依据"]


def test_campaign_files_hold_contacts_and_control_apart(campaigned):
    _, _, release = campaigned
    offers = pq.read_table(release.folder / "campaigns" / "tail" / "offers.parquet")
    control = pq.read_table(release.folder / "campaigns" / "tail" / "control.parquet")
    assert set(offers["group"].to_pylist()) == {"contact"}
    assert set(control["group"].to_pylist()) == {"control"}
    assert offers.num_rows + control.num_rows == 60
    seam = (
        "campaign_id customer_id use_case offer product_id channel time_band probability decile uplift expected_value"
    )
    home_and_group = "branch_id manager_id stratum group as_of valid_until expires_with model_version release_id"
    assert control.column_names == f"{seam} {home_and_group}".split()
    assert offers.column_names[: len(control.column_names)] == control.column_names
    first = offers.slice(0, 1).to_pylist()[0]
    assert (first["say_zh"], first["valid_until"]) == ("您好", date(2024, 7, 30))
    assert "(typical: " in first["reason_en"]
    assert "同类客户一般" in first["reason_zh"]
    power = release.manifest.campaigns["tail"].power
    assert (power.contact, power.control) == (offers.num_rows, control.num_rows)


def test_no_file_for_people_and_no_list_holds_a_control_customer(campaigned):
    _, _, release = campaigned
    control = set(pq.read_table(release.folder / "campaigns" / "tail" / "control.parquet")["customer_id"].to_pylist())
    names = [path.relative_to(release.folder).as_posix() for path in (release.folder / "offers").rglob("*.csv")]
    assert sorted(names) == ["offers/branches/B01.csv", "offers/head_office.csv", "offers/managers/S01.csv"]
    for path in [*(release.folder / "offers").rglob("*.csv"), *(release.folder / "lists").glob("*.csv")]:
        texts = path.read_text("utf-8-sig")
        assert not [number for number in control if f'"{number}"' in texts], path.name
    steps = {step.name: step.left for step in release.manifest.funnels["longtail"].steps}
    assert steps["control"] >= len(control)


def test_head_office_gets_the_funnel_and_branches_columns_to_fill_in(campaigned):
    import openpyxl

    _, _, release = campaigned
    book = openpyxl.load_workbook(release.folder / "offers" / "head_office.xlsx")
    assert book.sheetnames == ["筛选漏斗", "营销名单"]
    cells = [cell for row in book.worksheets[0].iter_rows(values_only=True) for cell in row if cell]
    assert {"长尾提级  (tail)", "准入条件", "超出触达能力", "不可测量：评估时将给不出数字。"} <= set(cells)
    assert {"渠道 电话", 60} <= set(cells)
    assert "倾向（校准后的转化概率）：长尾客户提级：已完成活动的客户数不足，尚不能按增益排序：现有0户" in cells
    head = [cell.value for cell in openpyxl.load_workbook(release.folder / "offers/branches/B01.xlsx").active[1]]
    assert head[:3] == ["序号", "客户号", "客户姓名"]
    assert {"触达日期", "客户答复", "备注"} <= set(head)


def test_all_offers_and_all_control_passed_their_suites(campaigned):
    _, _, release = campaigned
    validation = release.manifest.campaign_validation
    assert {name: result["success"] for name, result in validation.items()} == {"offers": True, "control": True}
    assert "customer_refused_since" in validation["offers"]["skipped"]


def test_release_that_would_contact_control_is_refused(campaigned, monkeypatch):
    bank, work, release = campaigned

    def spoilt(folder: Path, *rest: object) -> list:
        written = write_campaigns(folder, *rest)
        campaign_folder = folder / "campaigns" / "tail"
        control = pq.read_schema(campaign_folder / "control.parquet").names
        pq.write_table(
            pq.read_table(campaign_folder / "offers.parquet").slice(0, 2).select(control),
            campaign_folder / "control.parquet",
        )
        return written

    monkeypatch.setattr(sys.modules["goldmine.publishing.publish"], "write_campaigns", spoilt)
    with pytest.raises(ValidationError, match=r"offers\.customer_id: customer_in_control \(2 of \d+\)"):
        publish(bank, work, ["longtail"], AS_OF, language="zh")
    assert read_latest(work).manifest.release_id == release.manifest.release_id
    assert leftovers(work) == []


def test_changed_campaign_file_makes_a_release_incomplete(campaigned):
    bank, work, release = campaigned
    assert publish(bank, work, ["longtail"], AS_OF) == release
    path = release.folder / "offers" / "branches" / "B01.csv"
    path.chmod(0o644)
    path.write_text("other", "utf-8")
    with pytest.raises(ReleaseError, match=r"offers/branches/B01\.csv is not the one that was published"):
        read_latest(work)
    publish(bank, work, ["longtail"], AS_OF)
    assert read_latest(work).manifest.release_id == release.manifest.release_id


def test_another_salt_makes_another_release_as_it_draws_others(campaigned, monkeypatch):
    bank, work, _ = campaigned
    scored, ids = [read_scored(work, "longtail", AS_OF)], []
    for salt in ("one", "other", "one"):
        monkeypatch.setattr(holdout, "salt_of", lambda work, policy, salt=salt: salt)
        ids.append(release_id_of(bank, work, scored, AS_OF, "en"))
    assert ids[0] == ids[2] != ids[1]


def test_salt_changed_during_a_holdout_is_refused(campaigned):
    bank, work, release = campaigned
    (home() / "pipelines" / "offers.yaml").write_text(POLICY.replace("a-salt-of-our-own", "another-salt"), "utf-8")
    with pytest.raises(SettingsError, match="holdout: salt changed in the middle of the hold-out"):
        publish(bank, work, ["longtail"], AS_OF)
    (home() / "pipelines" / "offers.yaml").write_text(POLICY, "utf-8")
    assert read_latest(work).manifest.release_id == release.manifest.release_id
