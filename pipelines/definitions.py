"""The job from a bank's tables to published lists: what each step reads and what it makes, from top to bottom.

Every step runs one notebook, for one month end. `goldmine run` executes these definitions in process; `make schedule`
shows them in Dagster's pages and runs them on time.
"""

from goldmine.contract.tables import TABLES
from goldmine.pipeline import inputs, portal_step, refusals
from goldmine.pipeline.dagster_assets import Schedule, define
from goldmine.pipeline.step import Step

QUARTER, REPORT = ("retrain",), ("report",)
BANK, MODELS, LISTS, ON_REQUEST, REPORTS = "1_bank", "2_models", "3_lists", "4_on_request", "5_reports"

STEPS = (
    Step(
        "tables",
        "The bank's tables as the contract has them, validated.",
        group=BANK,
        notebook="1_validate",
        reads=(inputs.source, inputs.returned, inputs.mergers),
        makes=inputs.canonical_files,
        parameters=lambda run: {"bank": str(run.source)},
        suites=tuple(TABLES),
    ),
    Step(
        "features",
        "Activity by month, then feature tables: a row a customer, at the snapshot and at each cutoff of training.",
        group=BANK,
        notebook="2_features",
        after=("tables",),
        reads=(inputs.tables, inputs.cutoffs),
        makes=inputs.feature_files,
        parameters=lambda run: {"use_cases": run.selected, **run.engine_parameters},
        suites=("features",),
    ),
    Step(
        "customers",
        "The customers table: layer, level and tags of everyone on the books.",
        group=BANK,
        notebook="3_customers",
        after=("tables", "features"),
        reads=(inputs.customers_features, inputs.balances, inputs.tag_rules),
        makes=inputs.customers_files,
    ),
    Step(
        "model",
        "A version in the registry; champion if it passes every gate.",
        group=MODELS,
        notebook="4_train",
        for_each="use_case",
        after=("tables", "features"),
        reads=(inputs.tables, inputs.training_features, inputs.use_case, inputs.limits),
        off=inputs.not_served,
        jobs=QUARTER,
    ),
    Step(
        "scores",
        "Probability, decile and rank of everyone eligible, by the champion.",
        group=MODELS,
        notebook="5_score",
        for_each="use_case",
        after=("features", "model"),
        reads=(inputs.features, inputs.champion, inputs.use_case),
        makes=inputs.score_files,
        parameters=lambda run: run.engine_parameters,
        suites=("scores",),
        off=inputs.not_scored,
    ),
    Step(
        "release",
        "The published lists with reasons and manifest; complete and immutable, or not there.",
        group=LISTS,
        notebook="6_publish",
        after=("tables", "customers", "scores"),
        reads=(inputs.tables, inputs.scores, inputs.use_cases, inputs.campaigns, inputs.customers),
        makes=inputs.release_files,
        parameters=lambda run: {"use_cases": inputs.listed(run)},
        suites=("lists",),
    ),
    Step(
        "all_lists",
        "Nothing was refused; fails with what was, when all else is published.",
        group=LISTS,
        after=("model", "scores", "release"),
        call=refusals.require_all,
    ),
    Step(
        "portal",
        "The release in the portal's database, where one was opened: branches see it from then on.",
        group=LISTS,
        after=("release", "reports"),
        call=portal_step.load_release,
        off=portal_step.no_portal,
        jobs=("retrain", "score", "report"),
    ),
    Step(
        "measured",
        "What each campaign changed that is complete and was not measured yet.",
        group=LISTS,
        notebook="7_measure",
        for_each="campaign",
        after=("tables", "features"),
        reads=(inputs.tables, inputs.campaign, inputs.campaign_settings),
    ),
    Step(
        "near_threshold",
        "Who is near the next level of assets or slides off their own, with the probability of moving.",
        group=ON_REQUEST,
        notebook="8_near_threshold",
        after=("tables", "features", "customers"),
        reads=(inputs.tables, inputs.features, inputs.customers_and_scores),
        makes=inputs.list_files("near_threshold"),
        off=inputs.no_balances,
        on_request=True,
        jobs=QUARTER,
    ),
    Step(
        "segments",
        "Segments of customers found from their behaviour.",
        group=ON_REQUEST,
        notebook="9_segments",
        after=("tables", "features"),
        reads=(inputs.tables, inputs.features, inputs.customers_and_scores),
        makes=inputs.segment_files,
        off=inputs.no_balances,
        on_request=True,
        jobs=QUARTER,
    ),
    Step(
        "screening",
        "The long tail in workable groups, and what became of those who were worked.",
        group=ON_REQUEST,
        notebook="10_screening",
        after=("tables", "features", "customers", "longtail/scores"),
        reads=(inputs.tables, inputs.features, inputs.customers_and_scores),
        makes=inputs.list_files("screening"),
        off=inputs.no_balances,
        on_request=True,
        jobs=QUARTER,
    ),
    Step(
        "lost",
        "Lost deposit and loan customers: what they held, when and where it went, what may come back.",
        group=ON_REQUEST,
        notebook="11_lost",
        after=("tables", "features", "customers", "winback/scores"),
        reads=(inputs.tables, inputs.features, inputs.customers_and_scores),
        makes=inputs.list_files("lost"),
        off=inputs.no_balances,
        on_request=True,
        jobs=QUARTER,
    ),
    Step(
        "employers",
        "Employers found from payrolls, their people and what these lack, firms without a payroll here.",
        group=ON_REQUEST,
        notebook="15_employers",
        after=("tables",),
        reads=(inputs.tables, inputs.employer_rules),
        makes=inputs.list_files("employers"),
        off=inputs.no_payers,
        on_request=True,
        jobs=QUARTER,
    ),
    Step(
        "reports",
        "Owners of customers, and pages for the head office, each branch and each person, in the staff's language.",
        group=REPORTS,
        after=("tables", "features", "release"),
        call=inputs.write_staff_reports,
        jobs=REPORT,
    ),
)

JOBS = {
    "retrain": "Everything: each quarter, and by hand.",
    "score": "Everything but training: each month, with the champions.",
    "report": "Pages for the head office, each branch and each person: each month, after the lists.",
}

SCHEDULES = (
    Schedule(
        "retrain_each_quarter",
        job="retrain",
        cron="0 2 2 1,4,7,10 *",
        description="At two on the second day of a quarter, for the month that has ended.",
        quarterly=True,
    ),
    Schedule(
        "score_each_month",
        job="score",
        cron="0 6 2 * *",
        description="At six on the second day of a month, after any retraining; what that made is taken as it is.",
        quarterly=True,
    ),
    Schedule(
        "report_each_month",
        job="report",
        cron="0 8 2 * *",
        description="At eight on the second day of a month, from the lists that the morning's scoring published.",
    ),
)

defs = define(STEPS, JOBS, SCHEDULES)
