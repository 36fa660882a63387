"""Why something that a person wants to do with a row is refused."""

from goldmine.core.i18n import LocalizedText, _

REASONS = {
    "not_there": _("There is no such customer on this list."),
    "taken": _("A colleague is working this customer at the moment."),
    "contacted": _("A colleague contacted this customer today."),
    "key": _("Another result was sent under the same key."),
    "answer": _("This answer is not known."),
    "channel": _("This channel is not known."),
    "future": _("The day of the contact lies in the future."),
    "before": _("The day of the contact lies before the list."),
    "late": _("The day of the contact lies long after the offer ended."),
    "call_back_day": _("The day of the call-back has to follow the contact, within a year."),
    "amount": _("An amount is above zero, and goes with a purchase only."),
    "text": _("A text is too long, or holds characters that cannot be stored."),
    "hand_over_days": _("A hand-over begins today or later, ends on its first day or later, and lasts a year at most."),
    "hand_over_twice": _("These customers are handed over on some of these days already."),
}
"""By reason, what the person is told."""


class WorkError(Exception):
    """Something was refused; nothing was stored.

    Parameters
    ----------
    reason : str
        A key of `REASONS`. ``not_there`` stands for what is out of the user's scope too.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    @property
    def text(self) -> LocalizedText:
        """What the person is told."""
        return REASONS[self.reason]
