"""What the audit log records: a closed list of actions, with their words for people."""

from typing import Literal, get_args

from goldmine.core.errors import AuditError
from goldmine.core.i18n import LocalizedText, _, pgettext

Action = Literal[
    "promotion",
    "model_refused",
    "rollback",
    "champion_found",
    "run_started",
    "tool_change",
    "sign_in",
    "sign_in_failed",
    "sign_out",
    "access_refused",
    "look_up",
    "view_customer",
    "unmask",
    "view_list",
    "claim",
    "result",
    "opt_out",
    "same_person",
    "credit_decision",
    "hand_over",
    "download",
    "upload",
    "channel_file",
    "approval_asked",
    "approval",
    "approval_refused",
    "release_loaded",
    "release_refused",
    "contacts_erased",
    "forgotten",
    "user_change",
    "token_made",
    "token_revoked",
    "log_archived",
]
ACTIONS: tuple[Action, ...] = get_args(Action)

TITLES: dict[Action, LocalizedText] = {
    "promotion": pgettext("audit action", "promotion"),
    "model_refused": pgettext("audit action", "model refused"),
    "rollback": pgettext("audit action", "rollback"),
    "champion_found": pgettext("audit action", "champion set by hand"),
    "run_started": pgettext("audit action", "run started"),
    "tool_change": pgettext("audit action", "change in MLflow or Dagster"),
    "sign_in": pgettext("audit action", "sign-in"),
    "sign_in_failed": pgettext("audit action", "sign-in failed"),
    "sign_out": pgettext("audit action", "sign-out"),
    "access_refused": pgettext("audit action", "access refused"),
    "look_up": pgettext("audit action", "look-up"),
    "view_customer": pgettext("audit action", "customer viewed"),
    "unmask": pgettext("audit action", "number unmasked"),
    "view_list": pgettext("audit action", "list viewed"),
    "claim": pgettext("audit action", "customer claimed"),
    "result": pgettext("audit action", "result entered"),
    "opt_out": pgettext("audit action", "opt-out"),
    "same_person": pgettext("audit action", "one person or two decided"),
    "credit_decision": pgettext("audit action", "credit decided on"),
    "hand_over": pgettext("audit action", "hand-over"),
    "download": pgettext("audit action", "download"),
    "upload": pgettext("audit action", "upload"),
    "channel_file": pgettext("audit action", "channel file"),
    "approval_asked": pgettext("audit action", "approval asked for"),
    "approval": pgettext("audit action", "approval"),
    "approval_refused": pgettext("audit action", "approval refused"),
    "release_loaded": pgettext("audit action", "release loaded"),
    "release_refused": pgettext("audit action", "release refused"),
    "contacts_erased": pgettext("audit action", "contact numbers erased"),
    "forgotten": pgettext("audit action", "customer forgotten"),
    "user_change": pgettext("audit action", "user changed"),
    "token_made": pgettext("audit action", "token made"),
    "token_revoked": pgettext("audit action", "token revoked"),
    "log_archived": pgettext("audit action", "log archived"),
}
"""Each action as pages and the command show it."""


def require_action(name: str) -> Action:
    """The action of a name.

    Raises
    ------
    AuditError
        If there is none.
    """
    for action in ACTIONS:
        if action == name:
            return action
    raise AuditError(
        _("audit log: {name} is no action.", name=repr(name)), _("Allowed: {names}.", names=", ".join(ACTIONS))
    )
