"""The rules in ``pipelines/wealth_match.yaml``: products with their terms and rates, and how cash rhythm is read."""

from typing import Literal

from pydantic import Field, model_validator

from goldmine.core.i18n import LocalizedText
from goldmine.core.placeholders import BankSettings
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

Grade = Literal["R1", "R2", "R3", "R4", "R5"]


class TermProduct(SettingsModel):
    """A deposit or a wealth product with an end.

    Parameters
    ----------
    product_class : str
        ``time`` for a deposit, ``wealth`` for a product with a risk grade.
    product_id : str
        The wealth product, from the table of products, which has its risk grade.
    title : LocalizedText
        What staff read.
    months : int
        Its term.
    rate_bp : int
        Basis points a year: a deposit's rate, or what a wealth product is benchmarked at, which is no promise.
    min_yuan : int
        The least that can be put into it.
    max_age : int
        The oldest to whom it is offered, in full years.
    """

    product_class: Literal["time", "wealth"]
    product_id: str = ""
    title: LocalizedText
    months: int = Field(ge=1, le=120)
    rate_bp: int = Field(gt=0, le=2000)
    min_yuan: int = Field(ge=0)
    max_age: int = Field(default=120, ge=18)

    @property
    def rate(self) -> str:
        """The rate as people read it.

        Examples
        --------
        >>> TermProduct(product_class="time", title="Deposit", months=12, rate_bp=150, min_yuan=50).rate
        '1.50%'
        """
        return f"{self.rate_bp / 100:.2f}%"

    @model_validator(mode="after")
    def _graded(self) -> "TermProduct":
        if self.product_class == "wealth" and not self.product_id:
            raise ValueError("is a wealth product without product_id, so that its risk is not known")
        return self


class WealthRules(BankSettings):
    """All rules of matching.

    Parameters
    ----------
    due_days : int
        What ends within so many days after the snapshot is due.
    rhythm_months : int
        Months of books that the cash rhythm is read from.
    swing : float
        Money comes or is needed in a calendar month if it rose or fell by this share of its mean each year.
    min_yuan, step : int
        Least amount that is worth an offer; amounts are rounded down to whole steps.
    list_rows : int
        Rows of a list at most, of those who may be contacted.
    premium_bp : dict of str to int
        By risk grade, what a wealth product must be benchmarked at beyond the best deposit that fits.
    products : dict of str to TermProduct
        What may be offered, by code names; deposits among them.
    """

    due_days: int = Field(default=30, ge=1, le=366)
    rhythm_months: int = Field(default=24, ge=13, le=60)
    swing: float = Field(default=0.2, gt=0, le=1)
    min_yuan: int = Field(default=10_000, ge=1)
    step: int = Field(default=1_000, ge=1)
    list_rows: int = Field(default=20_000, ge=1, le=1_000_000)
    premium_bp: dict[Grade, int]
    products: dict[str, TermProduct] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_deposits(self) -> "WealthRules":
        if not any(product.product_class == "time" for product in self.products.values()):
            raise ValueError("products: there is no deposit among them to compare with")
        return self


def load_wealth_rules() -> WealthRules:
    """The rules of the work project.

    Raises
    ------
    SettingsError
        If a key is unknown, missing or of the wrong type: a product without a rate among them.
    """
    file = home() / "pipelines" / "wealth_match.yaml"
    return typed(WealthRules, read_yaml(file), str(file))
