"""Head office's page: progress, campaigns, measured effects and origins."""

import json
import re
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.cache import cache

from goldmine.core.files import write_json
from goldmine.core.workspace import Workspace
from goldmine.measurement.kept_figures import KeptFigures, keep_figures
from goldmine.portal.models import CurrentRelease, ListRow, Release
from goldmine.portal.progress import progress
from goldmine.portal.work import Contact, record_result
from tests.portal.conftest import list_row, make_release

RECORD = {
    "title": {"en": "Long tail", "zh": "长尾提级"},
    "start_date": "2024-01-01",
    "end_date": "2024-12-31",
    "valid_until": "2024-11-29",
    "models": {"longtail": "3"},
    "ranking": {"by": "propensity", "why": {"en": "too few", "zh": "不足"}},
    "funnel": {
        "scored": 100,
        "steps": [
            {"name": "closed", "who": {"en": "left", "zh": "销户"}, "left": 4, "remain": 96, "stage": "eligible"},
            {"name": "minor", "who": {"en": "minor", "zh": "未成年"}, "left": 6, "remain": 90, "stage": "eligible"},
            {"name": "no", "who": {"en": "no consent", "zh": "未同意"}, "left": 10, "remain": 80, "stage": "consent"},
        ],
        "skipped": [],
    },
    "limits": [
        {"campaign_id": "c", "kind": "channel", "key": "call", "min": 0, "max": 60, "used": 60, "worth": 12.5},
        {"campaign_id": "", "kind": "branch", "key": "B1", "min": 0, "max": None, "used": 20, "worth": 0.0},
    ],
    "power": {
        "contact": 68,
        "control": 12,
        "held_out": 2,
        "base_rate": 0.1,
        "smallest_effect": 0.2,
        "min_effect_of_interest": 0.06,
        "more_contacts": 238,
        "control_share": 0.15,
    },
    "expected_value": 4059.36,
    "settings": "bced48e5222be9e6",
}

_ELSEWHERE = "those of earlier releases were measured there"


@pytest.fixture
def page(browser, release, settings, tmp_path):
    """Ask for the page: status and text."""
    cache.clear()
    settings.GOLDMINE_WORK = tmp_path

    def ask(name, **query):
        answer = browser(name).get("/head-office", query)
        return answer.status_code, answer.content.decode()

    return ask


def _work(users, customer_id, answer, day=date(2024, 7, 5), name="s1"):
    record_result(users[name], Contact(customer_id, "longtail_2024", answer, day), uuid4())


def _line(text, title):
    """Cells of the row of a table that begins with a title, as read: without links and the bars beside shares."""
    row = next(row for row in text.split("<tr") if re.search(rf"<td>(<a [^>]*>)?{title}", row))
    cells = re.findall(r"<td[^>]*>(.*?)</td>", re.sub(r"<svg.*?</svg>|</?a\b[^>]*>", "", row, flags=re.S), re.S)
    return [re.sub(r"\s+", " ", cell).strip() for cell in cells]


def test_progress_counts_customers_by_branch_and_answer(page, users, release):
    list_row(release, "C5", rank=5)
    _work(users, "C1", "bought")
    _work(users, "C1", "yes", date(2024, 7, 6))
    _work(users, "C2", "not_reached")
    _work(users, "C4", "opt_out", name="s3")
    text = page("head")[1]
    assert _line(text, "All branches") == ["All branches", "5", "3", "60.0%", "2", "1", "1"]
    assert _line(text, "B1") == ["B1", "3", "2", "66.7%", "1", "1", "0"]
    assert _line(text, "B2") == ["B2", "2", "1", "50.0%", "1", "0", "1"]
    assert re.findall(r'<rect width="([0-9.]+)"', text) == ["60.0", "66.7", "50.0"]
    figures = re.findall(r"<dt>([^<]+)</dt><dd>([0-9,]+)(?: <small[^>]*>([^<]+)</small>)?</dd>", text)
    assert figures == [
        ("On lists", "5", ""),
        ("Contacted", "3", "60.0%"),
        ("Answered", "2", "66.7%"),
        ("Bought", "1", "33.3%"),
        ("Opted out", "1", "33.3%"),
    ]


def test_a_mistake_that_another_result_put_right_is_not_counted(page, users, settings):
    settings.GOLDMINE_DAY = date(2024, 7, 8)
    _work(users, "C1", "bought")
    _work(users, "C1", "no")
    _work(users, "C2", "not_reached")
    _work(users, "C2", "not_reached")
    _work(users, "C2", "yes")
    text = page("head")[1]
    assert _line(text, "All branches") == ["All branches", "4", "2", "50.0%", "2", "0", "0"]
    assert _line(text.replace('<td class="day">', "<td>"), "2024-07-05") == ["2024-07-05", "2", "no 1 · yes 1"]


def test_a_possible_refusal_that_was_none_is_not_counted(page, users, settings):
    settings.GOLDMINE_DAY = date(2024, 7, 8)
    contact = Contact("C1", "longtail_2024", "yes", date(2024, 7, 5), note="电话不方便")
    record_result(users["s1"], contact, uuid4())
    assert _line(page("head")[1], "All branches")[4:] == ["1", "0", "1"]
    record_result(users["s1"], contact, uuid4(), corrects_refusal=True)
    text = page("head")[1]
    assert _line(text, "All branches")[4:] == ["1", "0", "0"]
    assert _line(text.replace('<td class="day">', "<td>"), "2024-07-05") == ["2024-07-05", "1", "yes 1"]


def test_a_refusal_counts_whatever_else_was_said_in_its_contact(page, users, settings):
    settings.GOLDMINE_DAY = date(2024, 7, 8)
    _work(users, "C1", "opt_out")
    _work(users, "C1", "bought")
    text = page("head")[1]
    assert _line(text, "All branches")[2:] == ["1", "25.0%", "1", "0", "1"]
    assert _line(text.replace('<td class="day">', "<td>"), "2024-07-05")[1] == "1"


def test_who_is_contacted_beside_the_lists_is_counted_apart(page, users, release):
    earlier = make_release("r0", date(2024, 5, 31))
    list_row(earlier, "C5", rank=5)
    _work(users, "C5", "bought", name="s3")
    record_result(users["s2"], Contact("C3", "", "opt_out", date(2024, 7, 5)), uuid4())
    _work(users, "C4", "yes", name="s3")
    text = page("head")[1]
    assert _line(text, "All branches") == ["All branches", "4", "1", "25.0%", "1", "0", "0"]
    assert _line(text, "B2") == ["B2", "1", "1", "100.0%", "1", "0", "0"]
    assert "Contacted since the snapshot, but not from these lists: 2." in text
    assert "not from these lists" not in page("head", list_name="longtail")[1]


def test_a_contact_counts_for_the_branch_whose_row_it_was(page, users, release):
    _work(users, "C1", "yes")
    ListRow.objects.filter(release=release, customer_id="C1").update(branch_id="B2")
    text = page("head")[1]
    assert (_line(text, "B1")[1:3], _line(text, "B2")[1:3]) == (["2", "0"], ["2", "1"])


def test_progress_is_narrowed_to_one_list(page, users, release):
    list_row(release, "C2", kind="list", list_name="longtail", rank=1)
    _work(users, "C1", "yes")
    assert _line(page("head", list_name="longtail")[1], "All branches")[1:3] == ["1", "0"]
    assert _line(page("head", list_name="longtail_2024")[1], "All branches")[1:3] == ["4", "1"]


def test_services_that_are_added_later_are_on_the_lists_at_once(page, release):
    assert _line(page("head")[1], "All branches")[1] == "4"
    list_row(release, "C1", kind="service", list_name="overdue")
    list_row(release, "C5", kind="service", list_name="overdue", rank=2)
    assert _line(page("head")[1], "All branches")[1] == "6"


def test_contacts_are_shown_by_day(page, users, settings):
    settings.GOLDMINE_DAY = date(2024, 7, 8)
    _work(users, "C1", "yes")
    _work(users, "C2", "no")
    assert _line(page("head")[1].replace('<td class="day">', "<td>"), "2024-07-05")[:2] == ["2024-07-05", "2"]


def test_a_campaign_shows_its_funnel_capacity_and_origin(page, release):
    record = Release.objects.get(pk=release.pk)
    record.manifest = {
        "campaigns": {"c": RECORD},
        "files": [_file("lists/longtail.parquet"), _file("lists/longtail.csv")],
    }
    record.save()
    text = page("head")[1]
    assert _line(text, "Eligible") == ["Eligible", "10", "90"]
    assert _line(text, "Consent and suppression") == ["Consent and suppression", "10", "80"]
    assert _line(text, "channel phone call") == ["channel phone call", "60", "60", "12.50"]
    assert _line(text, "branch B1")[1:] == ["20", "–", "0.00"]
    assert "NOT MEASURABLE" in text
    assert "drawn by earlier releases" not in text
    assert "4,059" in text
    assert text.count("bank.longtail 3") == 1
    assert "31 rules, 0 fatal ones broken" in text


def test_a_campaign_says_how_many_earlier_releases_drew(page, release):
    power = RECORD["power"] | {"newly_drawn": {"contact": 30, "control": 5, "held_out": 1}}
    Release.objects.update(manifest={"campaigns": {"c": RECORD | {"power": power}}, "files": []})
    assert "drawn by earlier releases and measured there</dt><dd>45</dd>" in page("head")[1]


def _file(path):
    return {
        "path": path,
        "sha256": "ab" * 32,
        "rows": 500,
        "columns": [],
        "use_case": "longtail",
        "model_name": "bank.longtail",
        "model_version": "3",
        "mlflow_run": "b8022349a273",
        "validation": {"rules": 31, "fatal": 0},
        "model_as_of": "2024-03-31",
    }


def test_each_row_of_the_origins_leads_to_its_executed_notebooks(page, release, tmp_path):
    for path in ("2024-03-31/4_train_longtail.html", "2024-06-30/1_validate.html"):
        (tmp_path / "notebooks" / path).parent.mkdir(parents=True)
        (tmp_path / "notebooks" / path).write_text("made")
    Release.objects.update(manifest={"files": [_file("lists/longtail.parquet")]})
    text = page("head")[1]
    assert '<a href="/operator/notebooks/2024-03-31/4_train_longtail">bank.longtail 3</a>' in text
    assert '<a href="/operator/notebooks/2024-06-30/1_validate">31 rules, 0 fatal ones broken</a>' in text
    assert '<td class="number">500</td>' in text


def test_measured_effects_come_with_their_interval(page, tmp_path):
    figures = {"contact": 900.0, "control": 100.0, "effect": 0.035, "effect_low": 0.011, "effect_high": 0.059}
    keep_figures(Workspace(tmp_path), KeptFigures("longtail_2024", "2024-03-31", "2024-06-30", figures))
    keep_figures(
        Workspace(tmp_path),
        KeptFigures("small", "2024-03-31", "2024-05-31", {"contact": 9.0, "control": 1.0}, {"en": "9 rows < 10"}),
    )
    text = page("head")[1]
    assert "+3.5%" in text
    assert "+1.1% … +5.9%" in text
    assert 'cannot be measured<br><span class="soft">9 rows &lt; 10</span>' in text
    assert _ELSEWHERE not in text
    keep_figures(
        Workspace(tmp_path), KeptFigures("small", "2024-06-30", "2024-08-31", figures | {"drawn_before": 40.0})
    )
    assert _ELSEWHERE in page("head")[1]


def test_a_campaign_of_an_earlier_year_keeps_its_title(page, tmp_path):
    figures = {"contact": 900.0, "control": 100.0}
    keep_figures(Workspace(tmp_path), KeptFigures("longtail_2023", "2023-09-30", "2023-12-31", figures))
    folder = tmp_path / "releases" / "2023-09-30" / "r0"
    folder.mkdir(parents=True)
    titles = {"title": {"en": "Long-tail conversion 2023", "zh": "2023年长尾客户提级"}}
    write_json(folder / "manifest.json", {"created_at": "2023-10-01", "campaigns": {"longtail_2023": titles}})
    assert "<td>Long-tail conversion 2023 <span" in page("head")[1]


def test_an_auditor_sees_the_figures_and_no_customer(page, users):
    _work(users, "C1", "yes")
    status, text = page("auditor")
    assert (status, _line(text, "All branches")[1:3]) == (200, ["4", "1"])
    assert not re.search(r"C[1-5]\b", text.partition("<main")[2])


@pytest.mark.parametrize("name", ["branch1", "s1", "counter1", "operator", "system1"])
def test_other_roles_are_told_that_there_is_no_such_page(page, name):
    assert page(name)[0] == 404


def test_counts_are_for_head_office_alone(release, users):
    assert progress(users["branch1"], release).branches == {}


def test_a_measurement_is_kept_once_a_campaign(tmp_path):
    work = Workspace(tmp_path)
    for effect in (0.01, 0.02):
        path = keep_figures(work, KeptFigures("c", "2024-03-31", "2024-06-30", {"effect": effect}))
    assert [file.name for file in Path(tmp_path).rglob("*.json")] == ["c-2024-03-31.json"]
    assert json.loads(path.read_text())["figures"] == {"effect": 0.02}


def test_a_branch_leads_to_its_rows_for_those_who_may_see_rows(page):
    text = page("head", list_name="longtail_2024")[1]
    assert 'href="/lists?list_name=longtail_2024&amp;branch_id=B1"' in text
    assert 'href="/lists?list_name=longtail_2024"' in text
    assert 'href="/lists' not in page("auditor")[1].partition("<main")[2]


def test_the_contacts_of_a_week_stand_beside_those_of_the_week_before(page, users, monkeypatch):
    monkeypatch.setattr("goldmine.portal.pages.head_office.today", lambda: date(2024, 7, 20))
    monkeypatch.setattr("goldmine.portal.progress.today", lambda: date(2024, 7, 20))
    for customer_id, day in (("C1", 19), ("C2", 14), ("C3", 13)):
        told = Contact(customer_id, "longtail_2024", "yes", date(2024, 7, day))
        record_result(users["s1" if customer_id != "C3" else "s2"], told, uuid4())
    text = " ".join(re.sub(r"<[^>]+>", " ", page("head")[1]).split())
    assert "Contacts within seven days 2 1 in the seven days before (+100%)" in text


def test_a_new_release_takes_no_contacts_from_the_days_before_its_snapshot(page, users, settings):
    settings.GOLDMINE_DAY = date(2024, 7, 8)
    earlier = make_release("r0", date(2024, 5, 31))
    for customer_id, day in (("C1", date(2024, 6, 26)), ("C2", date(2024, 6, 27)), ("C1", date(2024, 7, 5))):
        _work(users, customer_id, "yes", day)
    for shown in (earlier, Release.objects.get(release_id="r1")):
        CurrentRelease.objects.update(release=shown)
        text = " ".join(re.sub(r"<[^>]+>", " ", page("head")[1]).split())
        assert "Contacts within seven days 1 2 in the seven days before (-50%)" in text
        assert "2024-06-27 1 yes 1" in text
