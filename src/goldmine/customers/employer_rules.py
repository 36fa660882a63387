"""The rules in ``pipelines/employers.yaml``: what a payroll looks like, and what an employer's people may lack."""

from typing import Literal

from pydantic import Field

from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.workspace import home

Product = Literal["payroll", "social_security_card", "mobile_bank", "utilities", "wallet", "credit_card", "credit_line"]


class ProductWorth(SettingsModel):
    """What one product is worth.

    Parameters
    ----------
    value : float, optional
        Yuan a year to the bank of one more customer who has it; that of wages paid here follows from the bank's own
        balances where none is set.
    rate : float, optional
        Share of those who are asked at their employer's and take it.
    """

    value: float | None = Field(default=None, ge=0)
    rate: float | None = Field(default=None, ge=0, le=1)


class EmployerRules(SettingsModel):
    """How payrolls are found and what is offered to an employer's people.

    Parameters
    ----------
    months : int
        Months of transactions that are looked at.
    min_payees : int
        Fewest people whom a payer pays on one day, in two of those months.
    min_repeat : float
        Least share of a month's payees whom the payer paid the month before too.
    max_change : float
        Most that the middle payee's amount changes from month to month, as a share.
    agency_words, public_words, account_words : list of str
        Words in names of labour agencies, of public offices that pay benefits, and of payroll accounts.
    middle_pay, senior_pay : float
        Pay from which people are of the middle and the senior level, in times of the employer's middle pay.
    example_worths : bool
        Whether the worths are those that come with Goldmine; every page with a value of a visit says so then.
    deposit_margin : float, optional
        Yuan a year that the bank earns by a yuan of deposits; without it no value follows from balances.
    products : dict of str to ProductWorth
        What may be offered, the first that a customer lacks is the next best. One without value or rate counts for
        nothing in the value of a visit.
    """

    months: int = Field(ge=2, le=24)
    min_payees: int = Field(ge=2)
    min_repeat: float = Field(ge=0, le=1)
    max_change: float = Field(gt=0)
    agency_words: list[str]
    public_words: list[str]
    account_words: list[str]
    middle_pay: float = Field(gt=1)
    senior_pay: float = Field(gt=1)
    example_worths: bool = False
    deposit_margin: float | None = Field(default=None, ge=0, le=1)
    products: dict[Product, ProductWorth] = Field(min_length=1)


def load_employer_rules() -> EmployerRules:
    """The rules of the work project.

    Raises
    ------
    SettingsError
        If a key is unknown, missing or of the wrong type.
    """
    file = home() / "pipelines" / "employers.yaml"
    return typed(EmployerRules, read_yaml(file), str(file))
