"""The report of a run: what each step did, rows and yuan to the last one, and one line that says what is current."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from goldmine.core.errors import ModelError
from goldmine.core.i18n import in_language
from goldmine.core.workspace import Workspace
from goldmine.labels.refusal import Refusal
from goldmine.pipeline.run_flow import customer_flows
from goldmine.pipeline.run_record import RunRecord
from goldmine.pipeline.run_report import CurrentRelease, current_release, read_reports, report_html, write_report
from goldmine.pipeline.snapshot import Snapshot
from goldmine.publishing.manifest import Manifest
from goldmine.publishing.release_store import release_once
from tests.tiny import balance, make_bank, transaction

AS_OF = date(2024, 6, 30)
STARTED = datetime(2024, 7, 2, 6, tzinfo=UTC)


def fail(error):
    raise error


class TestRecord:
    def test_a_step_that_ends_well_is_done(self):
        record = RunRecord()
        with record.step("tables", ""):
            record.note("reused")
        assert ([(s.name, s.outcome) for s in record.steps], record.done) == ([("tables", "reused")], ["tables"])

    def test_our_error_is_kept_and_the_text_of_another_is_not(self):
        record = RunRecord()
        for error in (ModelError("longtail: no model.", "Train one."), KeyError("Zhang San 139")):
            with pytest.raises(type(error), match=r"longtail|Zhang"), record.step("scores", "longtail"):
                fail(error)
        first, second = record.steps
        assert (first.name, first.outcome, first.why) == ("longtail/scores", "failed", "longtail: no model.")
        assert second.why == "KeyError; its text is withheld, since it may hold a customer's values"

    def test_a_step_that_passed_at_its_second_attempt_has_not_failed(self):
        record = RunRecord()
        with pytest.raises(TimeoutError, match="slow"), record.step("tables", ""):
            fail(TimeoutError("slow"))
        assert record.failed.name == "tables"
        with record.step("tables", ""):
            pass
        assert record.failed is None


@pytest.fixture
def bank(tmp_path):
    """Five numbers, of which one was merged into another, one has closed, and one opens in July."""
    people = [
        {"customer_id": "a"},
        {"customer_id": "b", "merged_into": "a", "merged_on": "2024-02-01"},
        {"customer_id": "c", "closed_on": "2024-05-31"},
        {"customer_id": "d", "opened_on": "2024-07-01"},
        {"customer_id": "e"},
    ]
    rows = [balance("a", "2024-06-30", "time", "100.10"), balance("b", "2024-06-30", "demand", "0.05")]
    rows += [balance("c", "2024-06-30", "demand", "7.00"), balance("e", "2024-06-30", "loan", "900.00")]
    return make_bank(
        tmp_path / "bank", {"customers": people, "transactions": [transaction(1, "a", "2024-06-15")], "balances": rows}
    )


@pytest.fixture
def work(tmp_path):
    return Workspace(tmp_path / "work")


def keep(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


def test_customers_and_yuan_are_reconciled_from_the_books_to_the_customers_table(bank, work):
    keep(work.features(AS_OF), customer_id=["a", "e"])
    keep(work.root / "customers" / f"{AS_OF}.parquet", customer_id=["a", "e"], aum_avg=[100.15, 0.0])
    features, customers, assets = customer_flows(bank, work, AS_OF, None)
    exits = {str(leaving.who): leaving.count for leaving in features.exits}
    assert exits == {"numbers merged into another": 1, "not yet opened": 1, "closed": 1}
    assert (features.entered, features.came_out, features.unexplained) == (5, 2, 0)
    assert (customers.entered, customers.came_out, customers.unexplained) == (2, 2, 0)
    assert (assets.entered, assets.came_out) == (Decimal("107.15"), Decimal("100.15"))
    assert (assets.exits[0].count, assets.unexplained) == (Decimal("7.00"), 0)


def test_a_lost_customer_and_a_lost_fen_are_unexplained(bank, work):
    keep(work.features(AS_OF), customer_id=["a"])
    keep(work.root / "customers" / f"{AS_OF}.parquet", customer_id=["a"], aum_avg=[100.14])
    features, customers, assets = customer_flows(bank, work, AS_OF, None)
    assert (features.unexplained, customers.unexplained, assets.unexplained) == (1, 0, Decimal("0.01"))


def publish(work, release_id, as_of=AS_OF):
    def fill(folder):
        return Manifest(
            as_of=as_of, release_id=release_id, created_at=STARTED, bank="tiny", language="en", funnels={}, files=()
        )

    with work.lock():
        release_once(work, as_of, release_id, fill)


class TestMorningLine:
    @pytest.fixture
    def run(self, tmp_path, bank, work):
        (tmp_path / "bank" / "bank.yaml").write_text("name: tiny\ndata_until: 2024-06-30\n")
        return Snapshot(tmp_path / "bank", work, AS_OF)

    def report(self, run, before=None):
        return write_report(run, run_id="0123456789", who="night", started=STARTED, before=before)

    def test_a_new_release_is_current_as_the_run_published_it(self, run, work):
        with run.record.step("release", ""):
            publish(work, "r1")
        report = self.report(run)
        assert report.line == "Current: release r1 of 2024-06-30, made 2024-07-02 06:00 UTC: this run published it."
        assert (report.state, read_reports(work)) == ("published", [report])
        assert (work.releases / "2024-06-30" / "r1.html").read_text("utf-8") == report_html(report, "en")

    def test_the_release_before_stays_where_a_step_failed_and_the_line_says_which(self, run, work):
        publish(work, "r1")
        with pytest.raises(ModelError, match="no model"), run.record.step("scores", "longtail"):
            fail(ModelError("longtail: no model.", "Train one."))
        report = self.report(run, before=current_release(work))
        assert (report.state, str(report.line).partition("UTC: ")[2]) == (
            "failed",
            "longtail/scores failed: longtail: no model.",
        )
        assert report.missing == ("longtail/scores: longtail: no model.",)
        assert not (work.releases / "2024-06-30" / "r1.html").exists()

    def test_line_names_the_step_that_was_refused_and_not_the_release_that_lacks_it(self, run):
        error = ModelError("longtail: no model.", "Train one.")
        run.record.refused.append(Refusal.of("longtail", "scores", error))
        with pytest.raises(ModelError, match="no model"), run.record.step("release", ""):
            fail(error)
        assert self.report(run).line == "No release is current: longtail/scores failed: longtail: no model."

    def test_an_earlier_month_leaves_the_newer_release_current(self, run, work):
        publish(work, "r2", date(2024, 7, 31))
        before = current_release(work)
        with run.record.step("release", ""):
            publish(work, "r1")
        report = self.report(run, before)
        assert (report.state, report.current.release_id) == ("unchanged", "r2")
        assert report.line.endswith("this run was of the earlier month 2024-06-30.")

    def test_without_any_release_it_says_so(self, run):
        with pytest.raises(ModelError, match="no model"), run.record.step("scores", "longtail"):
            fail(ModelError("longtail: no model.", "Train one."))
        line = self.report(run).line
        assert line == "No release is current: longtail/scores failed: longtail: no model."
        assert in_language(line, "zh") == "目前没有发布：longtail/scores 失败：longtail: no model。"

    def test_the_page_escapes_what_it_shows(self, run):
        with run.record.step("model", "<script>"):
            run.record.note("off", "<b>none</b>")
        page = report_html(self.report(run), "zh")
        assert "<script>" not in page
        assert "&lt;b&gt;none&lt;/b&gt;" in page

    def test_a_current_release_that_is_as_before_has_not_changed(self, run, work):
        publish(work, "r1")
        with run.record.step("release", ""):
            run.record.note("reused")
        assert self.report(run, CurrentRelease(release_id="r1", as_of=AS_OF, created_at=STARTED)).state == "unchanged"
