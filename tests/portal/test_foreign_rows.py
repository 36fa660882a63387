"""Nobody sees another's rows: every page and endpoint is asked by every role, and compared with an oracle.

The oracle knows the small bank of ``conftest`` and nothing of the row scope. An address that is added has to be named
here, with the requests that could give a row away or with the reason why none can.
"""

import re
from uuid import uuid4

import pytest
from axes.utils import reset
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver

from goldmine.portal.models import Customer, ListRow
from goldmine.portal.roles import may
from goldmine.portal.tokens import make_token
from tests.portal.conftest import BRANCHES, CUSTOMERS

NUMBERS = {"C1": "900010011", "C2": "900010022", "C3": "900010033", "C4": "900010044", "C5": "900010055"}
"""Customer numbers that stand on no page by chance."""
ABSENT = "900010099"
HIDDEN_TEXT = "zzforeignzz"
"""Stands in every text of every row."""
USERS = ("head", "branch1", "branch2", "s1", "s2", "s3", "counter1", "operator", "auditor", "system1")
SCOPES = ["lists", "customers", "results", "releases"]
FILTERS = (
    *("", "status=open", "sort=customer", "sort=manager", "channel=call", "decile=10", "search=zs", "search=0004"),
    *("branch_id=B2", "manager_id=S3", "list_name=longtail_2024", "grid_id=G9", "valid_until=2099-12-31", "nothing=1"),
)

SEEN_BY_ASKING: dict[str, list[str]] = {
    "home": ["/"],
    "sign_in": ["/sign-in"],
    "change_password": ["/password"],
    "lists": [f"/lists?{query}" for query in FILTERS],
    "downloads": ["/downloads"],
    "upload": ["/results"],
    "approvals": ["/approvals"],
    "counter": ["/counter"],
    "my_day": ["/day"],
    "day_session": ["/day/session"],
    "day_worker": ["/day-worker.js"],
    "hand_over": ["/hand-over"],
    "head_office": ["/head-office", "/head-office?list_name=longtail_2024"],
    "operator": ["/operator"],
    "api:openapi-json": ["/api/v1/openapi.json"],
    "api:rows": [f"/api/v1/rows?{query}" for query in (*FILTERS, "format=csv", "format=jsonl")],
    "api:lists": ["/api/v1/lists"],
    "api:releases": ["/api/v1/releases"],
}
"""By the name of an address, what to open."""
SEEN_BY_SENDING: dict[str, tuple[str, dict]] = {
    "download": ("/lists/download", {"format": "csv"}),
    "download_ask": ("/lists/download/ask", {"format": "csv", "why": "x"}),
}
BY_NUMBER = (
    ("lists", "GET", "/lists?search={number}", None),
    ("download", "POST", "/lists/download", {"search": "{number}", "format": "csv"}),
    ("customer", "GET", "/customers/{number}", None),
    ("counter", "POST", "/counter", {"number": "{number}"}),
    ("day_call", "POST", "/day/call", {"customer_id": "{number}", "list_name": "longtail_2024"}),
    ("day_give_back", "POST", "/day/give-back", {"customer_id": "{number}"}),
    ("day_result", "POST", "/day/result", {"customer_id": "{number}", "list_name": "longtail_2024", "answer": "yes"}),
    ("day_result", "POST", "/day/result", {"customer_id": "{number}", "list_name": "", "answer": "opt_out"}),
    (
        "upload",
        "POST",
        "/results",
        "campaign_id,customer_id,contacted_on,answer\nlongtail_2024,{number},2024-07-05,no\n",
    ),
    ("api:rows", "GET", "/api/v1/rows?search={number}", None),
    ("api:offers", "GET", "/api/v1/customers/{number}/offers", None),
    (
        "api:results",
        "POST",
        "/api/v1/results",
        {"customer_id": "{number}", "list_name": "longtail_2024", "answer": "no"},
    ),
)
"""Requests that name a customer: the answers to a foreign one and to one who is not there are the same."""
NO_ROWS = {
    "sign_out": "ends a session",
    "language": "changes a language",
    "hand_over_end": "names a hand-over by its number, see test_hand_overs",
    "filter_save": "keeps a filter without what was searched for, see test_lists",
    "filter_drop": "names a filter of one's own, see test_lists",
    "download_take": "names a download by its number, see test_downloads",
    "upload_rejected": "names a file of one's own, see test_uploads",
    "approval_decide": "names a request by its number, see test_downloads",
    "api:nothing_here": "answers what is no address",
    "api:api-root": "has no rows",
    "api:openapi-view": "shows the document",
    "users": "names users, see test_users",
    "journal": "names customers to auditors alone, whose task it is; see test_journal and test_access",
    "is_operator": "answers the proxy with a status alone",
    "notebook": "an executed notebook, for operators, head office and auditors; notebooks hold no customer's values",
    "tool": "MLflow's and Dagster's pages, for operators",
    "second_factor": "a user's own code",
}


def visible_to(name):
    """The oracle: whom a user may see on lists."""
    all_listed = {"C1", "C2", "C3", "C4"}
    if name == "head":
        return all_listed
    if name in ("branch1", "branch2", "system1"):
        branch = "B2" if name == "branch2" else "B1"
        return {number for number in all_listed if BRANCHES[CUSTOMERS[number]] == branch}
    return {number for number in all_listed if CUSTOMERS[number] == name.upper()}


@pytest.fixture
def marked(release, monkeypatch):
    """The release with unmistakable numbers and texts."""
    for short, number in NUMBERS.items():
        Customer.objects.filter(customer_id=short).update(customer_id=number)
        texts = {
            f"{name}_{language}": f"{HIDDEN_TEXT}{short}"
            for name in ("say", "reasons", "offer")
            for language in ("zh", "en")
        }
        ListRow.objects.filter(customer_id=short).update(customer_id=number, **texts)
    return release


@pytest.fixture
def ask(client, users, marked):
    """Ask as a user, by session or, for the API, by token: ``ask("s1", "GET", "/lists")``."""

    def asked(name, method, address, data=None):
        headers = {}
        reset()  # wrong tokens lock the address that they come from
        if address.startswith("/api/"):
            token = make_token(name, SCOPES, 1) if may(users[name].role, "api") else "none-for-this-role"
            headers = {"Authorization": f"Bearer {token}"}
            if data is not None:
                data = {"results": [{"key": str(uuid4()), **data}]}
                return client.post(address, data, content_type="application/json", headers=headers)
        client.force_login(users[name], backend="django.contrib.auth.backends.ModelBackend")
        if method == "GET":
            return client.get(address, headers=headers)
        if isinstance(data, str):
            data = {"file": SimpleUploadedFile("results.csv", data.encode())}
        elif address == "/day/result":
            data = {"key": str(uuid4()), **data}
        return client.post(address, data)

    return asked


def body(answer):
    """What an answer says."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode("utf-8", "replace")


def foreign(name, answer):
    """The foreign customers whom an answer names, by number or by a text of their row."""
    said = body(answer)
    others = set(NUMBERS) - visible_to(name)
    return {short for short in others if NUMBERS[short] in said or f"{HIDDEN_TEXT}{short}" in said}


def masked(answer, short):
    """An answer without what differs by chance: the number that was asked, tokens, keys and times."""
    said = body(answer).replace(NUMBERS[short], "NUMBER").replace(ABSENT, "NUMBER")
    said = re.sub(r'(csrfmiddlewaretoken" value=")[^"]+', r"\1", said)
    said = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "KEY", said)
    said = re.sub(r"\b[0-9a-f]{16,64}\b", "HASH", said)
    said = re.sub(r"\d{4}-?\d{2}-?\d{2}[T_ -]?\d{2}:?\d{2}(:?\d{2})?", "TIME", said)
    headers = {
        key: re.sub(r"[0-9a-f]{16,}|\d{6,}|[\d-]{8,}", "", value)
        for key, value in answer.headers.items()
        if key != "Expires"
    }
    return answer.status_code, said, headers


@pytest.mark.parametrize("name", USERS)
def test_no_answer_names_a_foreign_customer(ask, name):
    found = {}
    for address in (address for addresses in SEEN_BY_ASKING.values() for address in addresses):
        if named := foreign(name, ask(name, "GET", address)):
            found[address] = named
    for address, data in SEEN_BY_SENDING.values():
        if named := foreign(name, ask(name, "POST", address, data)):
            found[address] = named
    assert found == {}


@pytest.mark.parametrize("name", USERS)
def test_the_api_counts_the_users_own_rows(ask, name):
    answer = ask(name, "GET", "/api/v1/rows")
    rows = {row["customer_id"] for row in answer.json()["rows"]} if answer.status_code == 200 else set()
    lists = ask(name, "GET", "/api/v1/lists")
    counted = sum(entry["rows"] for entry in lists.json()) if lists.status_code == 200 else 0
    wanted = (
        {NUMBERS[short] for short in visible_to(name)}
        if name in ("head", "branch1", "branch2", "s1", "s2", "s3", "system1")
        else set()
    )
    assert (rows, counted) == (wanted, len(wanted))


@pytest.mark.parametrize("request_of", BY_NUMBER, ids=lambda entry: entry[0])
@pytest.mark.parametrize("name", USERS)
def test_not_yours_is_answered_as_not_there(ask, name, request_of):
    kind, method, address, data = request_of
    own = visible_to(name) | {"C5" for seen in (name == "head", name == "branch2", name == "s3") if seen}
    if (kind, name) == ("counter", "counter1"):
        own = set(NUMBERS)  # whoever comes in is looked up
    for short in sorted(set(NUMBERS) - own):
        theirs = masked(ask(name, method, address.format(number=NUMBERS[short]), filled(data, NUMBERS[short])), short)
        nobody = masked(ask(name, method, address.format(number=ABSENT), filled(data, ABSENT)), short)
        assert theirs == nobody


def filled(data, number):
    """The content of a request that names a customer."""
    if isinstance(data, dict):
        return {key: value.format(number=number) for key, value in data.items()}
    return data.format(number=number) if data else None


def test_every_address_is_asked_or_has_a_reason_not_to_be():
    resolver = get_resolver()
    names = set()
    for pattern in resolver.url_patterns:
        space = getattr(pattern, "namespace", None)
        if space == "admin":
            continue  # users only, see test_users
        if hasattr(pattern, "url_patterns"):
            names |= {f"{space}:{inner.name}" for inner in pattern.url_patterns}
        else:
            names.add(pattern.name)
    asked = {*SEEN_BY_ASKING, *SEEN_BY_SENDING, *NO_ROWS, *(entry[0] for entry in BY_NUMBER)}
    assert (names - asked, asked - names) == (set(), set())
