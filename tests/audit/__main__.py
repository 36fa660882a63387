"""`make audit`: the command line makes a bank and works on it; the auditor recomputes what it wrote, cell by cell."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from tests.audit.books import Books
from tests.audit.campaigns import Snapshot
from tests.audit.compare import Agreement, compare
from tests.audit.contacts import earlier_offers, first_rule, held_back, last_day_of_assessment, newest_release
from tests.audit.customers import recompute_customers
from tests.audit.facts import Facts
from tests.audit.features import recompute_features
from tests.audit.lists import lost, near_threshold, published_list
from tests.audit.offers import audit_campaigns
from tests.audit.outcomes import all_hold, eligible, use_case
from tests.audit.reasons import borne_out, units
from tests.audit.screening import long_tail, screening

CUSTOMERS, SEED, AS_OF = 8_000, 77, pd.Timestamp("2024-06-30")
SETTINGS = Path(__file__).parents[2] / "pipelines"


def main(folder: Path) -> int:
    """Print how many cells of each column agree; 1 where any differs."""
    bank, work = folder / "bank", folder / "work"
    if not bank.exists():
        goldmine("sample-bank", str(bank), "--customers", str(CUSTOMERS), "--months", "30", "--seed", str(SEED))
    for command in ("run", "near-threshold", "screening", "lost"):
        goldmine(command, "--bank", str(bank), "--work", str(work), "--as-of", str(AS_OF.date()))
    books, differing = Books(bank), 0
    for section in (features, customers, eligibility, on_request_lists, published_lists, campaigns):
        for title, columns in section(books, work):
            sys.stdout.write(f"\n{title}\n" + "".join(f"  {column}\n" for column in columns))
            differing += sum(not column.whole for column in columns)
    sys.stdout.write(f"\n{differing} columns differ\n")
    return int(differing > 0)


def goldmine(*arguments: str) -> None:
    """Run the command line, with a tracking store of the audit's own."""
    store = {"MLFLOW_TRACKING_URI": f"sqlite:///{Path(sys.argv[1]).resolve()}/mlflow.db"}
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    subprocess.run([Path(sys.executable).with_name("goldmine"), *arguments], check=True, env=os.environ | store)


def features(books: Books, work: Path) -> Iterator[tuple[str, list[Agreement]]]:
    """The feature tables of all month ends."""
    for path in sorted(work.glob("features/20*.parquet")):
        written = pd.read_parquet(path).drop(columns="cutoff").set_index("customer_id")
        recomputed = recompute_features(books, pd.Timestamp(path.stem))
        yield f"Features at {path.stem}", compare(written, recomputed)


def customers(books: Books, work: Path) -> Iterator[tuple[str, list[Agreement]]]:
    """The customers tables, each with the one before it."""
    before = None
    for path in sorted(work.glob("customers/20*.parquet")):
        written, day = pd.read_parquet(path).set_index("customer_id"), pd.Timestamp(path.stem)
        recomputed = recompute_customers(books, day, recompute_features(books, day), SETTINGS / "tags.yaml", before)
        yield f"Customers at {path.stem}", compare(written, recomputed)
        before = written


def eligibility(books: Books, work: Path) -> Iterator[tuple[str, list[Agreement]]]:
    """Who was scored: everyone eligible at the snapshot, and nobody else."""
    recomputed = recompute_features(books, AS_OF)
    for path in sorted(work.glob(f"scores/{AS_OF.date()}/*.parquet")):
        scored = pd.DataFrame({"eligible": True}, index=pd.read_parquet(path).customer_id)
        case = use_case(SETTINGS / "use_cases" / f"{path.stem}.yaml")
        asked = pd.DataFrame({"eligible": True}, index=eligible(case, recomputed))
        yield f"Scored for {path.stem}", compare(scored, asked)


def on_request_lists(books: Books, work: Path) -> Iterator[tuple[str, list[Agreement]]]:
    """Who is near a level or lost and may be called, with all that can be counted of them."""
    customers = pd.read_parquet(work / f"customers/{AS_OF.date()}.parquet").set_index("customer_id")
    kept = held_back(books, work, SETTINGS, AS_OF)
    expected = {
        "near_threshold": near_threshold(customers),
        "lost_deposit": lost(books, customers, AS_OF, "lost_deposit"),
        "lost_loan": lost(books, customers, AS_OF, "lost_loan"),
        "screening": screening(long_tail(customers, recompute_features(books, AS_OF), scores_of(work, "longtail"))),
    }
    for name, rows in expected.items():
        written = pd.read_parquet(work / f"on_request_lists/{AS_OF.date()}/{name}.parquet").set_index("customer_id")
        allowed = rows[first_rule(books, rows.index, AS_OF, kept, "on_request_list").isna()]
        yield f"List {name}", compare(written[[column for column in written if column in allowed]], allowed)


def published_lists(books: Books, work: Path) -> Iterator[tuple[str, list[Agreement]]]:
    """The funnels' rules of who may be contacted, who is listed and until when, and the figures in their reasons."""
    features, unit_of = recompute_features(books, AS_OF), units(SETTINGS.parent / "docs" / "features.md")
    release, kept = newest_release(work, AS_OF), held_back(books, work, SETTINGS, AS_OF)
    funnels = json.loads((release / "manifest.json").read_text("utf-8"))["funnels"]
    for path in sorted(release.glob("lists/*.parquet")):
        case = use_case(SETTINGS / "use_cases" / f"{path.stem}.yaml")
        purpose = "wealth_list" if case.get("wealth_product") else "marketing_list"
        scores = pd.read_parquet(work / f"scores/{AS_OF.date()}/{path.name}")
        rules = first_rule(books, pd.Index(scores.customer_id), AS_OF, kept, purpose)
        if "list_only" in case:
            named = features.index[all_hold(case["list_only"]["when"], features)]
            rules = rules.mask(rules.isna() & ~rules.index.isin(named), "list_only")
        counted = pd.Series({step["name"]: step["left"] for step in funnels[path.stem]["steps"]}, name="left")
        left = rules.value_counts().reindex([name for name in counted.index if name != "beyond_list"], fill_value=0)
        left["beyond_list"] = max(int(rules.isna().sum()) - case["list_size"], 0)
        yield f"Funnel of {path.stem}", compare(counted.to_frame(), left.rename("left").to_frame())
        listed = pd.read_parquet(path).set_index("customer_id")
        rows = published_list(scores, rules, case["list_size"])
        until = pd.Series(AS_OF + pd.Timedelta(days=case["valid_days"]), rows.index)
        assessed_until = last_day_of_assessment(books).reindex(rows.index)
        rows["valid_until"] = (
            until.where(until <= assessed_until, assessed_until) if purpose == "wealth_list" else until
        )
        yield f"List {path.stem}", compare(listed[["rank", "probability", "valid_until"]], rows)
        said = borne_out(listed[["reason_1", "reason_2", "reason_3"]], features, unit_of)
        yield f"Figures in reasons of {path.stem}", compare(said, said | True)


def scores_of(work: Path, name: str) -> Path:
    """The file of a use case's scores at the snapshot."""
    return work / "scores" / str(AS_OF.date()) / f"{name}.parquet"


def campaigns(books: Books, work: Path) -> Iterator[tuple[str, list[Agreement]]]:
    """Who is offered what, in which group, by whom, until when and with which words; places, funnels and totals."""
    features = recompute_features(books, AS_OF)
    facts = Facts(
        features, recompute_customers(books, AS_OF, features, SETTINGS / "tags.yaml", None), SETTINGS / "claims.yaml"
    )
    release = newest_release(work, AS_OF)
    manifest = json.loads((release / "manifest.json").read_text("utf-8"))
    earlier = earlier_offers(books, work, AS_OF, manifest["created_at"])
    snapshot = Snapshot(books, facts, work, SETTINGS, AS_OF, earlier)
    yield from audit_campaigns(snapshot, release, manifest["campaigns"])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
