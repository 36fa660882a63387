"""Reasons why each customer is on a list, in words; computed only for the customers on the list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.duckdb import Backend

from goldmine.campaigns.claims import Claim, ReasonsOfClaim, load_claims
from goldmine.campaigns.conditions import conditions_met, known_columns
from goldmine.core.engine import connect
from goldmine.core.i18n import in_language
from goldmine.core.layouts import REASONS
from goldmine.core.parquet import parquet_schema
from goldmine.core.workspace import Workspace
from goldmine.features import Feature, feature_dictionary
from goldmine.features.definition import FeatureSign
from goldmine.labels.eligibility import eligible, feature_rows
from goldmine.labels.use_case import UseCase
from goldmine.models.explain import Reason, explain, quoted_features, typical_values
from goldmine.models.model import Model
from goldmine.models.reason_phrases import (
    NO_REASON,
    has_own_direction,
    is_plain_fact,
    reads_low,
    reason_phrase,
    relation_phrase,
    says_something,
    sign_of,
)

_TYPICAL_ROWS = 50_000
"""The typical value is the median of the eligible; of more than this, of an evenly spaced part."""


@dataclass(frozen=True)
class ReasonsInWords:
    """The reasons of some customers, in their order.

    Parameters
    ----------
    phrases : mapping of str to list of list of str
        By language, for each customer one to three reasons, strongest first; where there are none, one phrase of facts.
    quoted : list of list of tuple
        For each customer, the features that the reasons or facts quote and the signs of their values.
    """

    phrases: Mapping[str, list[list[str]]]
    quoted: list[list[tuple[str, FeatureSign]]]


def reasons_in_words(
    model: Model | None,
    work: Workspace,
    use_case: UseCase,
    customers: list[str],
    *,
    as_of: date,
    languages: Sequence[str],
) -> ReasonsInWords:
    """The strongest reasons of each customer, in words, compared with typical values of everyone scored.

    A reason is a behaviour that raised the customer's own probability and reads that way: the use case says which
    features may be quoted, above or below the typical value. What a reason claims is true of the customer, as
    ``pipelines/claims.yaml`` says when. A customer without reasons is described by the use case's facts. SHAP values
    are computed for these rows only.

    Parameters
    ----------
    model : Model, optional
        The model that scored them; without one there are facts and no reasons.
    work : Workspace
        Work folder of the features.
    use_case : UseCase
        The use case; it decides who is eligible.
    customers : list of str
        Customer numbers of those on the list.
    as_of : date
        Snapshot date.
    languages : sequence of str
        Languages of the phrases; the SHAP values are computed once for all of them.
    """
    if not customers:
        return ReasonsInWords({language: [] for language in languages}, [])
    connection = connect()
    columns = parquet_schema(work.features(as_of)).names
    features = {feature.name: feature for feature in feature_dictionary(work)}
    known = model.encoding.features if model else ()
    names = quoted_features([name for name in known if name in columns], features.values())
    names = list(dict.fromkeys(name for name in [*names, *_fact_names(use_case, features)] if name in columns))
    everyone = _evenly(eligible(connection, work, use_case, as_of).order_by("customer_id").to_pyarrow())
    listed, others = _features_of(connection, work.features(as_of), names, customers, everyone)
    typical = typical_values(others, names)
    untrue = _untrue_claims(connection, work, customers, as_of)

    def quotable(feature: str, value: float | str | None, row: int) -> bool:
        quoted, directions = features.get(feature), use_case.reasons
        if quoted and not says_something(quoted, value):
            return False
        sign = sign_of(quoted, value)
        # Nobody has a value, such as of a year ago where balances begin later: no reason that tells one from others.
        if sign == "unknown" and quoted and quoted.kind == "number" and feature not in typical:
            return False
        if any(claim.reasons.made_by(feature, sign) for claim in untrue[row]):
            return False
        if directions is None:
            return True
        if quoted is None:
            return directions.allows(feature, value, typical.get(feature))
        reading = {"has_direction": has_own_direction(quoted), "reads_low": reads_low(quoted, value)}
        return directions.allows(feature, value, typical.get(feature), unit=quoted.unit, **reading)

    reasons: list[list[Reason]] = [[] for _row in customers]
    if model is not None:
        reasons = explain(model, listed, tuple(features.values()), len(REASONS), quotable)
    if use_case.reasons is not None:
        reasons = [[row[n] for n in use_case.reasons.in_order([reason.feature for reason in row])] for row in reasons]
    facts = [[] if reasons[row] else _facts(use_case, features, listed, row) for row in range(listed.num_rows)]

    def in_words(row: int, language: str) -> list[str]:
        if facts[row]:
            return [relation_phrase(facts[row], features, language, as_of)]
        told = [reason_phrase(reason, features, typical, language, as_of) for reason in reasons[row]]
        return told or [in_language(NO_REASON, language)]

    phrases = {language: [in_words(row, language) for row in range(listed.num_rows)] for language in languages}
    quoted = [
        [(reason.feature, sign_of(features.get(reason.feature), reason.value)) for reason in [*row, *plain]]
        for row, plain in zip(reasons, facts, strict=True)
    ]
    return ReasonsInWords(phrases, quoted)


def _features_of(
    connection: Backend, features: Path, names: list[str], customers: list[str], everyone: pa.Table
) -> tuple[pa.Table, pa.Table]:
    """Features of the customers, in their order, and of everyone, in no order; the wide table is read once for both."""
    listed = pa.table({"customer_id": customers, "position": range(len(customers))})
    asked = listed.join(
        everyone.append_column("eligible", pa.repeat(True, everyone.num_rows)), "customer_id", join_type="full outer"
    )
    rows = feature_rows(connection, features, asked, names).to_arrow_table()
    mine = rows.filter(pc.is_valid(rows["position"])).sort_by("position")
    return mine, rows.filter(pc.is_valid(rows["eligible"]))


def _untrue_claims(connection: Backend, work: Workspace, customers: Sequence[str], as_of: date) -> list[list[Claim]]:
    """For each customer the claims that reasons may make and that do not hold; none whose columns the bank lacks."""
    known = known_columns(work, as_of)
    claims = [claim for claim in load_claims().claims if set(claim.condition.names) <= known]
    made = {claim.name: claim for claim in claims if claim.reasons != ReasonsOfClaim()}
    if not made:
        return [[] for _customer in customers]
    conditions = {name: claim.condition for name, claim in made.items()}
    held = conditions_met(connection, work, as_of, customers, conditions).to_dict("list")
    return [[claim for name, claim in made.items() if not held[name][row]] for row in range(len(customers))]


def _fact_names(use_case: UseCase, features: Mapping[str, Feature]) -> list[str]:
    """The use case's facts among the features of the bank."""
    return [name for name in use_case.reasons.facts if name in features] if use_case.reasons else []


def _facts(use_case: UseCase, features: Mapping[str, Feature], listed: pa.Table, row: int) -> list[Reason]:
    """Up to as many plain facts of one customer as a row may have reasons."""
    names = [name for name in _fact_names(use_case, features) if name in listed.column_names]
    values = {name: listed[name][row].as_py() for name in names}
    least = use_case.reasons.min_yuan if use_case.reasons else 0
    told = [name for name in names if is_plain_fact(features[name], values[name], least)]
    return [Reason(features[name].behaviour, name, values[name], 0.0) for name in told[: len(REASONS)]]


def _evenly(customers: pa.Table) -> pa.Table:
    """All customers, or an evenly spaced part of many."""
    step = -(-customers.num_rows // _TYPICAL_ROWS)
    return customers.take(pa.array(range(0, customers.num_rows, step))) if step > 1 else customers
