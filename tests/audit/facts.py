"""What conditions look at, and the claims that hold (pipelines/claims.yaml), customer by customer."""

import ast
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from tests.audit.customers import holds


class Facts:
    """Features as they are stored, ladder and tags.

    Parameters
    ----------
    features : pandas.DataFrame
        From `recompute_features`.
    customers : pandas.DataFrame
        From `recompute_customers`.
    claims : Path
        The file of claims.
    """

    def __init__(self, features: pd.DataFrame, customers: pd.DataFrame, claims: Path) -> None:
        numbers = features.select_dtypes("number").columns
        self.features = features.astype(dict.fromkeys(numbers, np.float32))
        self.claims = {claim["name"]: claim for claim in yaml.safe_load(claims.read_text("utf-8"))["claims"]}
        self.customers = customers

    @cached_property
    def rows(self) -> dict[str, dict[str, Any]]:
        """By customer, what is known; a flag is 0 or 1."""
        together = self.features.join(self.customers).astype(object)
        known = together.where(together.notna(), None)
        return {
            number: {name: int(value) if isinstance(value, bool | np.bool_) else value for name, value in row.items()}
            for number, row in known.to_dict("index").items()
        }

    def met(self, number: str, condition: str) -> bool:
        """Whether a condition holds for a customer; an empty one does, what is unknown does not."""
        tree = ast.parse(condition.strip(), mode="eval").body if condition else ast.Constant(True)
        return holds(tree, self.rows[number]) is True

    def true_claims(self, number: str, names: Iterable[str]) -> bool:
        """Whether all of some claims are true of a customer."""
        return all(self.met(number, self.claims[name]["when"]) for name in names)

    def all_true(self, numbers: pd.Index, claims: list[str], when: str) -> pd.Series:
        """By customer, whether all of some claims and a condition hold."""
        true = [self.met(number, when) and self.true_claims(number, claims) for number in numbers]
        return pd.Series(true, numbers, dtype=bool)

    def sentences(self, number: str, offer: Mapping[str, Any], quoted: Iterable[str]) -> list[Mapping[str, Any]]:
        """The sentences that may be said of an offer, best first, down to one that no reason can have displaced.

        Parameters
        ----------
        quoted : iterable of str
            Patterns of the features that the use case allows reasons to quote. The auditor does not know which of them
            a row's reasons do quote, so a sentence that one of them would contradict may be passed over.
        """
        of_tags = {name for name, claim in self.claims.items() if claim.get("tags") and self.met(number, claim["tags"])}
        patterns, may_be_said = list(quoted), []
        for sentence in sorted(offer["sentences"], key=_last_resort_last):
            claims = sentence.get("claims", [])
            against = self._against(claims)
            true = self.met(number, sentence.get("when", "")) and self.true_claims(number, claims)
            if true and not against & of_tags:
                may_be_said.append(sentence)
                if not self._may_be_quoted(number, against, patterns):
                    return may_be_said
        raise ValueError(f"{offer['offer']}: no sentence is left")

    def _against(self, claims: Iterable[str]) -> set[str]:
        """The claims that contradict some claims, whichever of the two says so."""
        own = set(claims)
        listed = {other for name in own for other in self.claims[name].get("contradicts", [])}
        return listed | {name for name, claim in self.claims.items() if own & set(claim.get("contradicts", []))}

    def _may_be_quoted(self, number: str, claims: set[str], quoted: list[str]) -> bool:
        """Whether a feature that makes one of some claims may be quoted as a reason."""
        row = self.rows[number]
        for name in claims:
            for sign, patterns in self.claims[name].get("reasons", {}).items():
                for feature in self.features.columns:
                    makes = any(fnmatchcase(feature, pattern) for pattern in patterns)
                    allowed = any(fnmatchcase(feature, pattern) for pattern in quoted)
                    if makes and allowed and sign in _signs(row[feature]):
                        return True
        return False


def _last_resort_last(sentence: Mapping[str, Any]) -> tuple[bool, float]:
    return not (sentence.get("when") or sentence.get("claims")), -sentence.get("value", 0)


def _signs(value: Any) -> set[str]:
    """The signs that a value may be read with: what is less than half of its unit may be read as nothing."""
    if value is None:
        return {"unknown"}
    if isinstance(value, str):
        return {"positive"}
    sign = "zero" if value == 0 else ("positive" if value > 0 else "negative")
    return {sign, "zero"} if abs(value) < 0.5 else {sign}
