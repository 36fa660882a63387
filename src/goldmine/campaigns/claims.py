"""What a row may claim of a customer, ``pipelines/claims.yaml``: when a claim is true, and what it contradicts."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from goldmine.core.errors import SettingsError
from goldmine.core.expression import Condition, read_condition
from goldmine.core.i18n import LANGUAGES, LocalizedText, _, in_language
from goldmine.core.name_patterns import matches
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home
from goldmine.features.definition import FeatureSign

_NO_WORDS: dict[Literal["en", "zh"], list[str]] = {"en": [], "zh": []}


class ReasonsOfClaim(SettingsModel):
    """Reasons that make a claim: name patterns of features (``*`` stands for anything), by the sign of the value."""

    positive: list[str] = []
    negative: list[str] = []
    zero: list[str] = []
    unknown: list[str] = []

    def made_by(self, feature: str, sign: FeatureSign) -> bool:
        """Whether a reason that quotes a value of this sign makes the claim."""
        return matches(feature, getattr(self, sign))


class Claim(SettingsModel):
    """One claim.

    Parameters
    ----------
    name : str
        Its code name.
    title : LocalizedText
        What it claims.
    when : str
        The condition under which it is true, on features, the ladder and tags.
    words : dict of str to list of str
        By language, words that make the claim wherever they stand in a sentence or an offer's title.
    tags : str
        The condition on tags under which a customer's tags make the claim; empty if none does.
    reasons : ReasonsOfClaim
        The reasons that make it.
    contradicts : list of str
        Claims that no row makes together with this one.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: LocalizedText
    when: str
    words: dict[Literal["en", "zh"], list[str]] = _NO_WORDS
    tags: str = ""
    reasons: ReasonsOfClaim = ReasonsOfClaim()
    contradicts: list[str] = []

    @property
    def condition(self) -> Condition:
        """Its parsed condition."""
        return read_condition(self.when)


class Claims(SettingsModel):
    """All claims."""

    claims: list[Claim] = []

    @model_validator(mode="after")
    def _names(self) -> Self:
        names = [claim.name for claim in self.claims]
        if len(set(names)) < len(names):
            raise ValueError(_("two claims have one name"))
        unknown = sorted({other for claim in self.claims for other in claim.contradicts} - set(names))
        if unknown:
            raise ValueError(_("contradicts: there is no claim {name}", name=repr(unknown[0])))
        return self

    @property
    def by_name(self) -> dict[str, Claim]:
        """The claims by their names."""
        return {claim.name: claim for claim in self.claims}

    def contradict(self, some: Collection[str], others: Collection[str]) -> bool:
        """Whether one of some claims contradicts one of the others."""
        by_name = self.by_name
        return any(
            other in by_name[one].contradicts or one in by_name[other].contradicts for one in some for other in others
        )

    def made_by_words(self, text: LocalizedText) -> list[str]:
        """The claims whose words stand in a text, in any language."""
        return [claim.name for claim in self.claims if any(_holds_words(claim, text, name) for name in LANGUAGES)]

    def made_by_reasons(self, reasons: Iterable[tuple[str, FeatureSign]]) -> list[str]:
        """The claims that some reasons make: each a feature and the sign of its value."""
        quoted = list(reasons)
        return [claim.name for claim in self.claims if any(claim.reasons.made_by(*reason) for reason in quoted)]


def _holds_words(claim: Claim, text: LocalizedText, language: Literal["en", "zh"]) -> bool:
    said = in_language(text, language).lower()
    return any(word.lower() in said for word in claim.words.get(language, []))


def claims_path() -> Path:
    """Path of the claims."""
    return home() / "pipelines" / "claims.yaml"


def load_claims() -> Claims:
    """Read the claims; none if there is no file.

    Raises
    ------
    SettingsError
        If a claim has an unknown key or a wrong value, or its condition cannot be read.
    """
    path = claims_path()
    claims = typed(Claims, read_yaml(path), path.name)
    for claim in claims.claims:
        for key, condition in (("when", claim.when), ("tags", claim.tags)):
            try:
                if condition or key == "when":
                    read_condition(condition)
            except SettingsError as error:
                raise SettingsError(
                    _("{where}: {what}", where=f"{path.name}: {claim.name}.{key}", what=error.what),
                    error.do,
                ) from error
    return claims
