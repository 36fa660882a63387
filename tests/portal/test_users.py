"""Users and tokens as an operator makes them."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from goldmine.core.errors import PortalError
from goldmine.portal.models import ApiToken, User
from goldmine.portal.tokens import make_token, revoke_token, token_of
from goldmine.portal.users import Place, add_user, first_users, reset_password, set_locked
from tests.portal.conftest import PASSWORD


def test_a_new_user_signs_in_with_the_one_time_password_and_has_to_replace_it(client, db):
    made = add_user("wang", Place("manager", "B1", "S1"))
    answer = client.post("/sign-in", {"username": "wang", "password": made.password}, follow=True)
    assert answer.redirect_chain[-1] == ("/password", 302)


def test_a_password_is_four_groups_without_letters_that_look_alike(db):
    password = add_user("li", Place("auditor")).password
    assert [len(group) for group in password.split("-")] == [4, 4, 4, 4]
    assert not set(password) & set("01ilo")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x", Place("boss")), "role: boss is none"),
        (("x", Place("branch")), "needs a branch"),
        (("x", Place("counter")), "needs a branch"),
        (("x", Place("manager", "B1")), "needs a staff number"),
        (("<x>", Place("auditor")), "cannot have this name"),
        (("", Place("auditor")), "cannot have this name"),
    ],
)
def test_a_user_without_what_the_role_needs_is_refused(db, arguments, message):
    with pytest.raises(PortalError, match=message):
        add_user(*arguments)
    assert not User.objects.exists()


def test_a_name_that_is_taken_is_refused(users):
    with pytest.raises(PortalError, match="there is such a user already"):
        add_user("S1", Place("auditor"))


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


def test_an_external_user_has_no_password_and_none_to_replace(db):
    made = add_user("zhao", Place("auditor"), external=True)
    user = User.objects.get(username="zhao")
    assert (made.password, user.has_usable_password(), user.must_change_password) == ("", False, False)


def test_an_old_password_is_replaced_only_by_who_knows_it(browser, client, users):
    users["auditor"].set_password(PASSWORD)
    users["auditor"].save()
    client = browser("auditor")
    fields = {"new_password1": "Another-Horse-8", "new_password2": "Another-Horse-8"}
    assert client.post("/password", {"old_password": "wrong", **fields}).status_code == 422
    assert client.post("/password", {"old_password": PASSWORD, **fields}).status_code == 302
    users["auditor"].refresh_from_db()
    assert users["auditor"].check_password("Another-Horse-8")


def test_an_operator_makes_a_user_and_sees_the_password_once(browser, users):
    client = browser("operator")
    fields = {"action": "add", "name": "wang", "full_name": "Wang", "role": "manager", "branch": "B1", "staff": "S7"}
    page = client.post("/users", fields).content.decode()
    password = re.search(r"<code>([\w-]{19})</code>", page).group(1)
    user = User.objects.get(username="wang")
    assert user.check_password(password)
    assert (user.role, user.branch_id, user.staff_id, user.last_name) == ("manager", "B1", "S7", "Wang")
    assert password not in client.get("/users").content.decode()


def test_what_an_operator_may_not_enter_is_refused_in_words_and_kept_in_the_form(browser, users):
    answer = browser("operator").post("/users", {"action": "add", "name": "wang", "role": "branch"})
    assert answer.status_code == 422
    assert "wang: this role needs a branch." in answer.content.decode()
    assert 'value="wang"' in answer.content.decode()


@pytest.mark.parametrize(
    ("action", "change"),
    [
        ("lock", {"is_active": False}),
        ("move", {"role": "branch", "branch_id": "B2", "staff_id": ""}),
        ("reset", {"must_change_password": True}),
    ],
)
def test_an_operator_changes_a_user(browser, users, action, change):
    fields = {"name": "s1", "action": action, "role": "branch", "branch": "B2"}
    assert browser("operator").post("/users", fields).status_code == 200
    users["s1"].refresh_from_db()
    assert {name: getattr(users["s1"], name) for name in change} == change


def test_an_operator_forgets_a_lost_app_and_unlocks(browser, users):
    TOTPDevice.objects.create(user=users["head"], name="app", confirmed=True)
    set_locked("head", locked=True)
    client = browser("operator")
    for action in ("forget", "unlock"):
        assert client.post("/users", {"name": "head", "action": action}).status_code == 200
    users["head"].refresh_from_db()
    assert (TOTPDevice.objects.exists(), users["head"].is_active) == (False, True)


@pytest.mark.parametrize("action", ["lock", "move"])
def test_an_operator_does_not_lock_or_move_themselves(browser, users, action):
    answer = browser("operator").post("/users", {"name": "operator", "action": action, "role": "head_office"})
    users["operator"].refresh_from_db()
    assert (answer.status_code, users["operator"].is_active, users["operator"].role) == (422, True, "operator")


def test_users_are_found_by_name_branch_or_staff_number(browser, users):
    client = browser("operator")
    assert [name for name in users if f"<td>{name}" in client.get("/users", {"q": "S3"}).content.decode()] == ["s3"]
    assert "Nobody of this name" in client.get("/users", {"q": "<b>nobody"}).content.decode()


@pytest.mark.parametrize("name", ["head", "branch1", "s1", "counter1", "auditor", "system1"])
def test_users_are_an_operator_s_matter(browser, users, name):
    client = browser(name)
    assert client.get("/users").status_code == 404
    assert client.post("/users", {"name": "s1", "action": "lock"}).status_code == 404
