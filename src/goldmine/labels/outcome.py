"""What every outcome kind has, and the kinds that there are: one file each in the folder ``outcomes``."""

from abc import abstractmethod
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, ClassVar, get_args

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import LocalizedText, _
from goldmine.core.settings import SettingsModel
from goldmine.labels import outcomes as package

if TYPE_CHECKING:
    import ibis

    from goldmine.labels.outcome_window import OutcomeWindow


class Outcome(SettingsModel):
    """What a use case predicts; its fields are the keys under ``outcome`` in the use case's file.

    A kind narrows ``kind`` to a literal of its file's name, and defines `customers`, `description` and, where the
    defaults do not fit, the class variables below. Its query works on what the window holds; it imports the window for
    type checking only, since the window's module imports the use cases.

    Parameters
    ----------
    kind : str
        The kind's name.

    Attributes
    ----------
    needs : tuple of str
        Canonical tables without which the outcome cannot be counted; a kind that is told its table defines `tables`.
    reads_features : bool
        Whether `customers` reads the feature table of the last month end within the horizon, which must be made then.
    dates : tuple of (str, str)
        Tables whose dated rows are the outcome, each with the column that dates them; a kind that is told its table
        defines `dated_by`.
    prevents : bool
        Whether the outcome happened to those whom `customers` does not return, and a contact is to prevent it.
    """

    kind: str

    needs: ClassVar[tuple[str, ...]] = ()
    dates: ClassVar[tuple[tuple[str, str], ...]] = ()
    reads_features: ClassVar[bool] = False
    prevents: ClassVar[bool] = False

    @property
    def tables(self) -> tuple[str, ...]:
        """Canonical tables without which this outcome cannot be counted."""
        return self.needs

    @property
    def dated_by(self) -> tuple[tuple[str, str], ...]:
        """Tables whose dated rows are this outcome, each with the column that dates them."""
        return self.dates

    @abstractmethod
    def customers(self, window: "OutcomeWindow") -> "ibis.Table":
        """Customers to whom it happened in the window; with `prevents`, the others.

        Returns
        -------
        ibis.Table
            customer_id, once each.
        """

    @abstractmethod
    def description(self) -> LocalizedText:
        """What it means, as the end of "customers: who ...?" on a model card."""


def outcome_kinds() -> tuple[type[Outcome], ...]:
    """The outcome kinds, by name; a file dropped into the folder ``outcomes`` is one more.

    Raises
    ------
    SettingsError
        If a file defines no `Outcome` whose ``kind`` is the file's name.
    """
    names = sorted(module.name for module in iter_modules(package.__path__))
    return tuple(_kind(name) for name in names)


def _kind(name: str) -> type[Outcome]:
    module = import_module(f"{package.__name__}.{name}")
    for value in vars(module).values():
        is_outcome = isinstance(value, type) and issubclass(value, Outcome)
        if is_outcome and get_args(value.model_fields["kind"].annotation) == (name,):
            return value
    raise SettingsError(
        _("labels/outcomes/{name}.py: defines no outcome of the kind {name!r}.", name=name),
        _('Define a subclass of Outcome with `kind: Literal["{name}"]`.', name=name),
    )
