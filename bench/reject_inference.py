"""Reject inference and acceptance against the truth of a sample bank.

    python bench/reject_inference.py BANK WORK [AS_OF]

BANK is a folder that `goldmine sample-bank` wrote, with its ``truth``; WORK is a work folder that has imported it. The
truth is read here and in tests only: no model sees it.
"""

import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from goldmine.contactability.tables import ContactTables
from goldmine.contract.intake import load_bank
from goldmine.core.workspace import Workspace
from goldmine.credit.acceptance import fit_acceptance
from goldmine.credit.applications import past_applications
from goldmine.credit.risk import first_judged
from goldmine.credit.risk_model import fit_risk
from goldmine.credit.rules import load_credit_rules


def main() -> None:
    """Print the mean chance to fail of all, granted and refused applicants by reject factor and by the truth."""
    folder, work = Path(sys.argv[1]), Workspace(Path(sys.argv[2]).absolute())
    bank, rules = load_bank(work), load_credit_rules()
    as_of = date.fromisoformat(sys.argv[3]) if len(sys.argv) > 3 else bank.data_until
    if rules.risk is None:
        raise SystemExit("pipelines/credit.yaml has no risk")
    past = past_applications(ContactTables.open(bank, work, as_of), rules.risk.outcome)
    truth = pd.read_parquet(folder / "truth" / "credit_applications.parquet").set_index("application_id")
    truth = truth.loc[past.known["application_id"]]
    refused = past.known["decision"] == "refused"
    true = truth["default_probability"].to_numpy()
    groups = {"all": np.ones(len(true), bool), "granted": ~refused.to_numpy(), "refused": refused.to_numpy()}
    print("  ".join([f"{'truth':<12}", *(f"{name} {true[rows].mean():.1%}" for name, rows in groups.items())]))
    for factor in (0, 1, 2, 3, 5):
        model = fit_risk(past.features, past.known["bad"], refused, factor)
        chance = model.probability(past.features)
        errors = [f"{name} {chance[rows].mean():.1%}" for name, rows in groups.items()]
        title = "granted only" if not factor else f"factor {factor}"
        print("  ".join([f"{title:<12}", *errors, f"mean error {np.abs(chance - true).mean():.1%}"]))
    later = (past.known["applied_on"] >= pd.Timestamp(first_judged(past))).to_numpy()
    learnt = fit_acceptance(past, later)
    if learnt is None:
        print("acceptance: past offers do not tell")
        return
    offered = past.known["rate_bp"].notna().to_numpy()
    chance = learnt[0].probability(past.features[offered], past.known["rate_bp"].to_numpy()[offered])
    demand = truth["demand_probability"].to_numpy()[offered]
    error, weight = np.abs(chance - demand).mean(), learnt[0].per_percent
    print(f"acceptance: predicted {chance.mean():.1%}, truth {demand.mean():.1%}, mean error {error:.1%}")
    print(f"log odds of a percentage point: {weight:.2f}, truth -0.50")


if __name__ == "__main__":
    main()
