"""Users and tokens as an operator makes them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from goldmine.core.errors import PortalError
from goldmine.portal.models import ApiToken, User
from goldmine.portal.tokens import make_token, revoke_token, token_of
from goldmine.portal.users import add_user, first_users, reset_password, set_locked
from tests.portal.conftest import PASSWORD


def test_a_new_user_signs_in_with_the_one_time_password_and_has_to_replace_it(client, db):
    made = add_user("wang", "manager", "B1", "S1")
    answer = client.post("/sign-in", {"username": "wang", "password": made.password}, follow=True)
    assert answer.redirect_chain[-1] == ("/password", 302)


def test_a_password_is_four_groups_without_letters_that_look_alike(db):
    password = add_user("li", "auditor").password
    assert [len(group) for group in password.split("-")] == [4, 4, 4, 4]
    assert not set(password) & set("01ilo")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x", "boss"), "role: 'boss' is none"),
        (("x", "branch"), "needs a branch"),
        (("x", "counter"), "needs a branch"),
        (("x", "manager", "B1"), "needs a staff number"),
    ],
)
def test_a_user_without_what_the_role_needs_is_refused(db, arguments, message):
    with pytest.raises(PortalError, match=message):
        add_user(*arguments)
    assert not User.objects.exists()


def test_a_name_that_is_taken_is_refused(users):
    with pytest.raises(PortalError, match="there is such a user already"):
        add_user("s1", "auditor")


def test_a_reset_ends_the_session_and_gives_a_new_password(client, users):
    client.force_login(users["auditor"], backend="django.contrib.auth.backends.ModelBackend")
    made = reset_password("auditor")
    assert client.get("/password").status_code == 302
    users["auditor"].refresh_from_db()
    assert users["auditor"].check_password(made.password)
    assert users["auditor"].must_change_password


def test_a_locked_user_is_out_at_once_and_back_when_unlocked(client, users):
    users["auditor"].set_password(PASSWORD)
    users["auditor"].save()
    client.force_login(users["auditor"], backend="django.contrib.auth.backends.ModelBackend")
    set_locked("auditor", locked=True)
    assert client.get("/password").status_code == 302
    refused = client.post("/sign-in", {"username": "auditor", "password": PASSWORD})
    set_locked("auditor", locked=False)
    taken = client.post("/sign-in", {"username": "auditor", "password": PASSWORD})
    assert (refused.status_code, taken.status_code) == (200, 302)


def test_first_users_are_one_a_role_with_the_busiest_manager(release):
    made = first_users()
    manager = User.objects.get(username="manager")
    assert [user.name for user in made] == [
        "head-office",
        "branch",
        "manager",
        "counter",
        "operator",
        "auditor",
        "system",
    ]
    assert (manager.branch_id, manager.staff_id) == ("B1", "S1")
    assert [user.name for user in made if not user.password] == ["system"]
    assert first_users() == []


def test_a_token_is_stored_as_its_digest_and_found_by_its_text(users):
    token = make_token("system1", ["lists", "results"], 30)
    stored = ApiToken.objects.get()
    assert token not in (stored.digest, stored.name)
    assert token_of(token) == stored
    assert stored.scopes == ["lists", "results"]
    assert token_of(token + "x") is None


def test_a_token_that_is_over_or_revoked_or_of_a_locked_user_is_no_token(users):
    over, revoked, locked = (make_token(name, ["lists"], 1) for name in ("system1", "system1", "head"))
    ApiToken.objects.filter(id=token_of(over).id).update(expires_at=timezone.now() - timedelta(seconds=1))
    revoke_token(token_of(revoked).id)
    set_locked("head", locked=True)
    assert [token_of(text) for text in (over, revoked, locked)] == [None, None, None]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("counter1", ["lists"], 30), "may not use the API"),
        (("system1", ["all"], 30), "scope: all"),
        (("system1", [], 30), "scope: none given"),
        (("system1", ["lists"], 0), "days: 0"),
        (("nobody", ["lists"], 30), "no such user"),
    ],
)
def test_a_token_that_cannot_be_is_refused(users, arguments, message):
    with pytest.raises(PortalError, match=message):
        make_token(*arguments)
