"""Roles of the portal's users, and what each may do."""

from typing import Literal, get_args

from goldmine.core import code_words
from goldmine.core.i18n import LocalizedText

Role = Literal["head_office", "branch", "manager", "counter", "operator", "auditor", "system"]
Action = Literal[
    "lists",
    "my_day",
    "customer",
    "credit",
    "counter",
    "head_office",
    "approve",
    "notebooks",
    "operator",
    "users",
    "journal",
    "download",
    "upload",
    "call",
    "hand_over",
    "api",
]

ROLES: dict[Role, LocalizedText] = {role: code_words.PORTAL_ROLES[role] for role in get_args(Role)}

ALLOWED: dict[Role, frozenset[Action]] = {
    "head_office": frozenset(
        {"lists", "customer", "credit", "head_office", "notebooks", "approve", "download", "upload", "api"}
    ),
    "branch": frozenset({"lists", "customer", "credit", "download", "upload", "hand_over", "approve", "api"}),
    "manager": frozenset({"my_day", "lists", "customer", "credit", "download", "upload", "call", "hand_over", "api"}),
    "counter": frozenset({"counter"}),
    "operator": frozenset({"operator", "notebooks", "users"}),
    "auditor": frozenset({"journal", "head_office", "notebooks"}),
    "system": frozenset({"api"}),
}
"""What each role may do; whose rows it does it with is `goldmine.portal.scope`'s matter."""


def may(role: str, action: Action) -> bool:
    """Whether a role may do something.

    Examples
    --------
    >>> may("manager", "call"), may("counter", "lists")
    (True, False)
    """
    return action in ALLOWED.get(role, frozenset())  # type: ignore[call-overload]
