"""The API: tokens, lists and rows, offers, results, errors."""

import csv
import io
import json
from datetime import timedelta
from uuid import UUID

import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from goldmine.portal import downloads
from goldmine.portal.models import ApiToken, Download, Exposure, ListRow, OptOut, Result
from goldmine.portal.policy import Downloads, PortalPolicy, portal_policy
from goldmine.portal.tokens import make_token
from goldmine.portal.users import set_locked

KEY = "0b6f6b0e-6d0c-4f0e-9a56-0d8b8d6b7c11"


@pytest.fixture
def call(client, users, release):
    """Call the API as a user: ``call("head", "/rows", status="open")`` gives the answer."""

    def ask(name, address, /, body=None, scopes=("lists", "customers", "results", "releases"), headers=None, **query):
        token = make_token(name, list(scopes), 1)
        headers = {"Authorization": f"Bearer {token}"} | (headers or {})
        if body is None:
            return client.get(f"/api/v1{address}", query, headers=headers)
        return client.post(f"/api/v1{address}", body, content_type="application/json", headers=headers)

    return ask


def customers(answer):
    return [row["customer_id"] for row in answer.json()["rows"]]


def error(answer):
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize(
    ("name", "seen"), [("head", "C1 C2 C3 C4"), ("branch2", "C4"), ("s1", "C1 C2"), ("system1", "C1 C2 C3")]
)
def test_a_token_gives_the_rows_of_its_user_and_no_others(call, name, seen):
    assert customers(call(name, "/rows")) == seen.split()
    assert sum(entry["rows"] for entry in call(name, "/lists").json()) == len(seen.split())


def test_a_row_is_what_the_list_says_with_masked_name_and_telephone(call):
    row = call("system1", "/rows", limit=1).json()["rows"][0]
    assert {key: row[key] for key in ("customer_id", "list_name", "rank", "offer", "name", "phone", "valid_until")} == {
        "customer_id": "C1",
        "list_name": "longtail_2024",
        "rank": 1,
        "offer": "step_up_deposit",
        "name": "\u5f20**",
        "phone": "138****0001",
        "valid_until": "2099-12-31",
    }


def test_pages_follow_each_other_by_cursor(call):
    first = call("head", "/rows", limit=3)
    second = call("head", "/rows", limit=3, cursor=first.json()["next_cursor"])
    assert (customers(first), customers(second)) == (["C1", "C2", "C3"], ["C4"])
    assert second.json()["next_cursor"] == ""


def test_lists_say_their_title_rows_and_release(call):
    assert call("branch2", "/lists").json() == [
        {
            "kind": "campaign",
            "list_name": "longtail_2024",
            "title_en": "Long tail",
            "title_zh": "\u957f\u5c3e\u63d0\u7ea7",
            "rows": 1,
            "valid_until": "2099-12-31",
            "release_id": "r1",
        }
    ]


def test_releases_say_which_one_is_shown(call):
    entry = call("system1", "/releases").json()[0]
    assert (entry["release_id"], entry["as_of"], entry["current"]) == ("r1", "2024-06-30", True)


def content(answer):
    return b"".join(answer.streaming_content)


def test_rows_come_as_csv_json_lines_and_parquet_with_the_same_rows(call):
    ListRow.objects.filter(customer_id="C1").update(offer_en="=HYPERLINK(1)")
    read = {
        "csv": lambda raw: list(csv.DictReader(io.StringIO(raw.decode()))),
        "jsonl": lambda raw: [json.loads(line) for line in raw.decode().splitlines()],
        "parquet": lambda raw: pq.read_table(io.BytesIO(raw)).to_pylist(),
    }
    for kind, rows_of in read.items():
        answer = call("branch1", "/rows", format=kind)
        rows = rows_of(content(answer))
        assert [row["customer_id"] for row in rows] == ["C1", "C2", "C3"]
        assert [int(row["rank"]) for row in rows] == [1, 2, 3]
        assert rows[0]["offer_en"].removeprefix("'") == "=HYPERLINK(1)"
        assert answer["X-Rows"] == "3"
    assert "'=HYPERLINK(1)" in content(call("branch1", "/rows", format="csv")).decode()


@pytest.mark.parametrize("query", [{}, {"format": "csv"}, {"format": "parquet"}])
def test_an_etag_saves_rows_that_have_not_changed_and_ends_with_a_change(call, users, query):
    tag = call("s1", "/rows", **query)["ETag"]
    again = call("s1", "/rows", headers={"If-None-Match": f'W/{tag}, "x"'}, **query)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    ListRow.objects.filter(customer_id="C1").update(status="done")
    ListRow.objects.filter(customer_id="C2").update(status="call_back")
    changed = call("s1", "/rows", headers={"If-None-Match": tag}, **query)
    assert changed.status_code == 200
    OptOut.objects.create(customer_id="C2", at=timezone.now(), user=users["s1"])
    assert call("s1", "/rows", headers={"If-None-Match": changed["ETag"]}, **query).status_code == 200


def test_an_etag_of_one_user_is_not_another_s(call):
    tags = {call(name, "/rows", format="csv")["ETag"] for name in ("s1", "s2", "branch1", "head")}
    assert len(tags) == 4


def test_offers_of_a_customer_are_given_and_recorded(call):
    answer = call("system1", "/customers/C1/offers").json()
    assert (answer["customer_id"], [offer["offer"] for offer in answer["offers"]]) == ("C1", ["step_up_deposit"])
    assert Exposure.objects.values_list("customer_id", "offer", "place").get() == ("C1", "step_up_deposit", "api")


def test_a_customer_of_another_branch_is_as_one_who_does_not_exist(call):
    foreign, nobody = (call("system1", f"/customers/{number}/offers") for number in ("C4", "C9"))
    assert (foreign.status_code, foreign.content) == (404, nobody.content)
    assert not Exposure.objects.exists()


def result(**values):
    filled = {"key": KEY, "customer_id": "C1", "list_name": "longtail_2024", "answer": "yes"}
    return {"results": [filled | values]}


def test_a_result_is_stored_once_however_often_it_is_sent(call):
    first, again = (call("system1", "/results", result()).json() for _ in range(2))
    assert (first["stored"], again["repeated"]) == (1, 1)
    assert Result.objects.values_list("key", "customer_id", "answer", "source").get() == (
        UUID(KEY),
        "C1",
        "yes",
        "api",
    )


def test_a_refusal_takes_the_customer_off_at_once(call):
    call("system1", "/results", result(answer="opt_out"))
    assert customers(call("system1", "/rows")) == ["C2", "C3"]


def test_a_result_of_another_branch_s_customer_is_refused_as_of_nobody(call):
    answers = [call("system1", "/results", result(customer_id=number)).json()["results"][0] for number in ("C4", "C9")]
    assert answers[0] == answers[1]
    assert (answers[0]["state"], answers[0]["reason"]) == ("refused", "not_there")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"answer": "maybe"}, "body.body.results.0.answer"),
        ({"key": "1"}, "body.body.results.0.key"),
        ({"contacted_on": "2024-02-31"}, "body.body.results.0.contacted_on"),
        ({"amount": "NaN"}, "body.body.results.0.amount"),
        ({"extra": 1}, "body.body.results.0.extra"),
    ],
)
def test_a_result_that_cannot_be_is_refused_with_its_field(call, change, field):
    answer = call("system1", "/results", result(**change))
    assert error(answer) == (422, "fields")
    assert [fault["field"] for fault in answer.json()["error"]["fields"]] == [field]
    assert not Result.objects.exists()


@pytest.mark.parametrize(
    ("headers", "code"),
    [({}, "token"), ({"Authorization": "Bearer gm_x"}, "token"), ({"Authorization": "Basic eDp5"}, "token")],
)
def test_without_a_right_token_there_is_nothing(client, release, headers, code):
    answer = client.get("/api/v1/rows", headers=headers)
    assert error(answer) == (401, code)
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_token_that_is_over_revoked_or_of_a_locked_user_is_wrong(client, users, release):
    tokens = [make_token(name, ["lists"], 1) for name in ("system1", "system1", "head")]
    ApiToken.objects.filter(id=1).update(expires_at=timezone.now() - timedelta(seconds=1))
    ids = list(ApiToken.objects.order_by("id").values_list("id", flat=True))
    ApiToken.objects.filter(id=ids[0]).update(expires_at=timezone.now() - timedelta(seconds=1))
    ApiToken.objects.filter(id=ids[1]).update(revoked_at=timezone.now())
    set_locked("head", locked=True)
    answers = [client.get("/api/v1/lists", headers={"Authorization": f"Bearer {token}"}) for token in tokens]
    assert {answer.content for answer in answers} == {client.get("/api/v1/lists").content}


@pytest.mark.parametrize(
    ("scope", "address"), [("lists", "/releases"), ("releases", "/lists"), ("lists", "/customers/C1/offers")]
)
def test_a_token_without_the_scope_is_refused(call, scope, address):
    assert error(call("head", address, scopes=[scope])) == (403, "scope")


def test_wrong_tokens_of_one_address_are_slowed_down_and_right_ones_are_not(client, call):
    for _ in range(portal_policy().failed_sign_ins):
        assert error(client.get("/api/v1/lists", headers={"Authorization": "Bearer gm_x"})) == (401, "token")
    assert error(client.get("/api/v1/lists", headers={"Authorization": "Bearer gm_x"})) == (429, "wait")
    assert call("s1", "/lists").status_code == 200


def test_more_than_may_be_sent_is_refused_in_words(client, call):
    body = json.dumps(result(note="x" * 10_000_000))
    answer = call("system1", "/results", body, headers={"Accept-Language": "en"})
    assert error(answer) == (413, "too_large")
    assert answer.json()["error"]["message"] == "More than 5 megabytes were sent."


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"colour": "red"}, 400),
        ({"decile": "11"}, 400),
        ({"ends_by": "2024-02-31"}, 400),
        ({"cursor": "x"}, 400),
        ({"limit": "0"}, 422),
        ({"limit": "1001"}, 422),
        ({"format": "pdf"}, 422),
    ],
)
def test_an_unknown_filter_a_wrong_value_or_a_changed_cursor_is_refused(call, query, status):
    assert call("head", "/rows", **query).status_code == status


@pytest.mark.parametrize("address", ["/nothing", "/customers//offers"])
def test_an_address_that_is_none_is_answered_as_json(db, client, address):
    assert error(client.get(f"/api/v1{address}")) == (404, "not_found")


def test_a_method_that_an_address_does_not_answer_is_refused_as_json(db, client):
    answer = client.delete("/api/v1/rows", headers={"Accept-Language": "en"})
    assert (error(answer), answer["Allow"]) == ((405, "method"), "GET")
    assert answer.json()["error"]["message"] == "This address does not answer DELETE."


def test_errors_come_in_the_language_asked_for(client, release):
    answers = [client.get("/api/v1/rows", headers={"Accept-Language": language}) for language in ("en", "zh-CN")]
    assert [answer.json()["error"]["message"] for answer in answers] == [
        "The token is missing, wrong or over.",
        "\u4ee4\u724c\u7f3a\u5931\u3001\u9519\u8bef\u6216\u5df2\u5931\u6548\u3002",
    ]


def test_what_goes_wrong_inside_is_not_told(call, monkeypatch):
    def break_down(*_):
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr("goldmine.portal.api.lists.page_of", break_down)
    answer = call("head", "/rows")
    assert error(answer) == (500, "internal")
    assert b"secret" not in answer.content


def test_the_document_is_for_signed_in_users_of_the_api_and_loads_nothing_from_elsewhere(browser, client, users):
    assert client.get("/api/v1/openapi.json").status_code == 302
    page = browser("head").get("/api/v1/docs").content.decode()
    assert "//" not in page.replace("<!DOCTYPE html>", "").replace("://", "")
    document = client.get("/api/v1/openapi.json").json()
    assert sorted(document["paths"]) == [
        "/api/v1/customers/{customer_id}/offers",
        "/api/v1/lists",
        "/api/v1/releases",
        "/api/v1/results",
        "/api/v1/rows",
    ]


@pytest.mark.parametrize("query", [{}, {"format": "csv"}])
def test_rows_that_a_person_s_token_pulls_count_in_the_allowance(call, monkeypatch, query):
    monkeypatch.setattr(downloads, "portal_policy", lambda: PortalPolicy(downloads=Downloads(rows_a_day=3)))
    first = call("s1", "/rows", **query)
    second = call("s1", "/rows", **query)
    assert (first.status_code, error(second)) == (200, (403, "allowance"))
    assert call("s1", "/rows", headers={"If-None-Match": first["ETag"]}, **query).status_code == 304
    assert [call("system1", "/rows", **query).status_code for _ in range(3)] == [200, 200, 200]
    assert list(Download.objects.values_list("user__username", "rows")) == [("s1", 2)]


def test_a_page_with_another_after_it_keeps_its_etag_though_cursors_carry_the_time(call, monkeypatch):
    seconds = iter(range(1_700_000_000, 1_800_000_000, 60))
    monkeypatch.setattr("django.core.signing.time.time", lambda: next(seconds))
    tag = call("head", "/rows", limit=1)["ETag"]
    assert call("head", "/rows", limit=1, headers={"If-None-Match": tag}).status_code == 304
