"""Values that came with Goldmine and that a bank has not set yet: a settings file names them, commands say so."""

from typing import Any, Self

from pydantic import model_validator

from goldmine.core.i18n import LocalizedText, _
from goldmine.core.settings import SettingsModel


class BankSettings(SettingsModel):
    """Settings of which some are placeholders until the bank sets its own.

    Parameters
    ----------
    placeholders : list of str
        Keys whose values are not the bank's yet, such as ``products.nut_credit.cap``; a key stands for all below it.
        Whoever sets a value takes its key off.
    """

    placeholders: list[str] = []

    @model_validator(mode="after")
    def _placeholders_are_keys(self) -> Self:
        settings = self.model_dump(exclude={"placeholders"})
        if unknown := [key for key in self.placeholders if not _is_key(settings, key)]:
            raise ValueError(_("placeholders: {name} is no key of this file", name=unknown[0]))
        return self


def _is_key(settings: Any, key: str) -> bool:
    for part in key.split("."):
        if not isinstance(settings, dict) or part not in settings:
            return False
        settings = settings[part]
    return True


def placeholders_note(rules: BankSettings, file: str) -> LocalizedText | None:
    """What a command says of values that the bank has not set; None where all are the bank's.

    Examples
    --------
    >>> str(placeholders_note(BankSettings(), "credit.yaml"))
    'None'
    """
    if not rules.placeholders:
        return None
    return _(
        "pipelines/{file}: Goldmine's placeholders, not this bank's values: {names}. Set yours, then take the keys off "
        "its list `placeholders`.",
        file=file,
        names=", ".join(rules.placeholders),
    )
