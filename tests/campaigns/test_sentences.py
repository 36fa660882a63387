"""What is said is borne out by the customer's own data, and nothing on a row contradicts anything else there."""

import re
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goldmine.campaigns.claims import Claims, load_claims
from goldmine.campaigns.load import load_campaigns, read_campaign
from goldmine.campaigns.sentences import Contacts, sentences
from goldmine.core.engine import connect
from goldmine.core.errors import SettingsError
from goldmine.core.i18n import in_language
from goldmine.core.workspace import Workspace
from goldmine.customers.table import customers_path
from goldmine.labels.eligibility import segments_of
from goldmine.labels.use_case import load_use_case
from goldmine.publishing.moves import biggest_moves
from tests.campaigns.made import AS_OF, PRODUCTS, campaign, left, offer, person, plan_of, rows_of, tables_of
from tests.campaigns.test_settings import GOOD
from tests.campaigns.told import all_claims, faults, holds, names_in
from tests.credit.conftest import loan
from tests.credit.conftest import tables as credit_tables

CLAIMS = Claims.model_validate(
    {
        "claims": [
            {
                "name": "grew",
                "title": {"en": "Grew", "zh": "增加"},
                "when": "aum_change_90d > 0",
                "words": {"en": ["more"], "zh": ["多了"]},
                "contradicts": ["fell"],
            },
            {
                "name": "fell",
                "title": {"en": "Fell", "zh": "减少"},
                "when": "aum_change_365d < 0",
                "tags": "tag_lost_deposit == 1",
                "reasons": {"negative": ["aum_change_*"]},
            },
        ]
    }
)
GREW = {"say": {"en": "You keep more", "zh": "资金多了"}, "claims": ["grew"], "value": 2.0}
ADULT = {"say": {"en": "As an adult", "zh": "成年"}, "when": "age_years >= 18", "value": 1.0}
PLAIN = {
    "say": {"en": "{offer} until {valid_until}", "zh": "{valid_until}前{offer}"},
    "by_channel": {"sms": {"en": "{offer}. Ask at our branches.", "zh": "{offer}，详询网点。"}},
}


def write_rows(work: Workspace, features: list[dict], tags: list[dict] | None = None) -> None:
    """Feature rows and tags of some customers, numbered from 0."""
    for path, rows in ((work.features(AS_OF), features), (customers_path(work, AS_OF), tags)):
        if rows is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            numbered = [{"customer_id": f"{number}"} | row for number, row in enumerate(rows)]
            pq.write_table(pa.Table.from_pylist(numbered), path)


def said(folder: Path, features, tags=None, reasons=(), channel="call") -> list[str]:
    """The English sentences of some customers."""
    work = Workspace(folder / "work")
    write_rows(work, features, tags)
    numbers = [f"{number}" for number in range(len(features))]
    rows = pa.table({"customer_id": numbers, "offer": ["deposit"] * len(numbers)}).to_pandas().assign(channel=channel)
    contacts = Contacts(rows.assign(valid_until=date(2024, 8, 9)), {number: list(reasons) for number in numbers})
    tables = tables_of(folder, {"customers": [person("0")]})
    mine = campaign(offers=[offer(sentences=[GREW, ADULT, PLAIN])])
    return [str(text) for text in sentences(tables, work, mine, CLAIMS, contacts)]


def test_sentence_with_the_highest_value_that_is_true_is_said(tmp_path):
    rows = [
        {"aum_change_90d": 5.0, "age_years": 30.0},
        {"aum_change_90d": -5.0, "age_years": 30.0},
        {"aum_change_90d": -5.0, "age_years": None},
        {"aum_change_90d": None, "age_years": 17.0},
    ]
    plain = "E until 9 August"
    assert said(tmp_path, rows) == ["You keep more", "As an adult", plain, plain]


def test_last_resort_is_said_where_the_bank_lacks_a_column(tmp_path):
    assert said(tmp_path, [{"gender": "F"}]) == ["E until 9 August"]


def test_message_has_its_own_form(tmp_path):
    assert said(tmp_path, [{"gender": "F"}], channel="sms") == ["E. Ask at our branches."]


def test_placeholders_are_filled_in_either_language(tmp_path):
    work = Workspace(tmp_path / "work")
    rows = pa.table({"customer_id": ["0"], "offer": ["deposit"], "channel": ["call"]}).to_pandas()
    rows = rows.assign(valid_until=date(2024, 8, 29))
    tables = tables_of(tmp_path, {"customers": [person("0")]})
    (text,) = sentences(tables, work, campaign(offers=[offer(sentences=[PLAIN])]), CLAIMS, Contacts(rows, {}))
    assert (in_language(text, "en"), in_language(text, "zh")) == ("E until 29 August", "8月29日前Z")


def test_sentence_that_contradicts_a_tag_or_a_reason_is_not_said(tmp_path):
    row = [{"aum_change_90d": 5.0, "age_years": 30.0}]
    assert said(tmp_path, row, reasons=[("aum_change_365d", "positive")]) == ["You keep more"]
    assert said(tmp_path, row, reasons=[("aum_change_365d", "negative")]) == ["As an adult"]
    assert said(tmp_path, row, [{"tag_lost_deposit": False}]) == ["You keep more"]
    assert said(tmp_path, row, [{"tag_lost_deposit": True}]) == ["As an adult"]


@pytest.mark.parametrize(
    ("sentence", "message"),
    [
        (
            "{say: {en: Hello, zh: 您好}, claims: [rich]}",
            r"mine\.yaml: offers\.a: sentence 1: there is no claim 'rich'",
        ),
        (
            "{say: {en: Hello, zh: 您的资金比以前多}, when: aum_avg > 1}",
            "sentence 1: its words claim 'money_grew', which it does not",
        ),
        (
            "{say: {en: Hello, zh: '{name}您好'}, when: aum_avg > 1}",
            r"sentence 1: nothing fills the placeholder \{name\}",
        ),
        ("{say: {en: Hello, zh: 您好}, when: aum_avg >}", "sentence 1: when: condition 'aum_avg >': cannot be read"),
        ("{say: {en: Hello, zh: 您好}, when: aum_averag > 1}", "when: looks at 'aum_averag', which is no column"),
        ("{say: {en: Hello, zh: 您好}}", r"offers\.0: needs one sentence without `when` and `claims`.*and has 2"),
    ],
)
def test_sentence_that_cannot_be_checked_is_refused(tmp_path, sentence, message):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD.replace("sentences: [", f"sentences: [{sentence}, "), "utf-8")
    with pytest.raises(SettingsError, match=message):
        read_campaign(path, 2024)


def test_messages_of_the_campaigns_read_as_written():
    spoken = re.compile("我给您|跟您|当面|打扰|方便吗|may I|shall we|let us", re.IGNORECASE)
    texts = [
        in_language(sentence.by_channel.get(channel, sentence.say), language)
        for campaign in load_campaigns(AS_OF)
        for channel in {"sms", "app", "wechat"} & set(campaign.channels)
        for offer in campaign.offers
        for sentence in offer.sentences
        for language in ("en", "zh")
    ]
    assert len(texts) > 10
    assert [text for text in texts if spoken.search(text)] == []


def test_offer_is_made_to_those_it_is_meant_for(tmp_path):
    work = Workspace(tmp_path / "work")
    write_rows(work, [{"aum_peak_365d": 9_000.0}, {"aum_peak_365d": 30_000.0}, {"aum_peak_365d": None}])
    meant = [offer("grow", when="aum_peak_365d < 10000"), offer("back", segment="winback", value=90.0)]
    tables = {"customers": [person(f"{number}") for number in range(3)]}
    plan = plan_of(tmp_path, tables, dict.fromkeys("012", 0.5), campaign(offers=meant))
    rows = rows_of(plan)
    assert dict(zip(rows["customer_id"], rows["offer"], strict=True)) == {"0": "grow", "1": "back"}
    assert left(plan) == {"not_meant": 1}
    counts = plan.planned[0].record.offers
    assert [(count.offer, count.segment, count.contact) for count in counts] == [
        ("grow", "", 1),
        ("back", "winback", 1),
    ]


def test_product_that_is_held_is_not_offered(tmp_path):
    event = {"happened_on": "2024-05-01", "product_class": "wealth", "product_id": "P1"}
    tables = {
        "customers": [person("holds"), person("redeemed"), person("later"), person("none")],
        "products": PRODUCTS,
        "product_events": [
            event | {"event_id": "1", "customer_id": "holds", "event": "bought"},
            event | {"event_id": "2", "customer_id": "redeemed", "event": "bought"},
            event | {"event_id": "3", "customer_id": "redeemed", "event": "redeemed"},
            event | {"event_id": "4", "customer_id": "later", "event": "bought", "happened_on": "2024-07-02"},
        ],
    }
    names = ["holds", "redeemed", "later", "none"]
    plan = plan_of(tmp_path, tables, dict.fromkeys(names, 0.5), campaign(offers=[offer(product_id="P1")]))
    assert sorted(rows_of(plan)["customer_id"]) == ["later", "none", "redeemed"]
    assert left(plan) == {"held": 1}


def test_credit_is_not_offered_to_whom_the_credit_rules_refuse(tmp_path):
    names = ["asked", "late", "new", "firm"]
    more = {"new": {"opened_on": date(2024, 3, 1)}, "firm": {"kind": "firm"}}
    people = [person(name, opened_on=date(2015, 1, 1), kind="person") | more.get(name, {}) for name in names]
    one = loan("L1", "late", 10_000, 8_000, late={"2024-06-30": 3})
    given = credit_tables(people, [], loans=[one["loan"]], loan_months=one["months"])
    given |= {"products": [{"product_id": "L-SMALL", "product_class": "loan", "risk_grade": None}]}
    offers = [offer("credit", product_id="L-SMALL"), offer("deposit", value=50.0)]
    plan = plan_of(tmp_path, given, dict.fromkeys(names, 0.5), campaign(offers=offers))
    made = rows_of(plan).set_index("customer_id")["offer"].to_dict()
    assert made == {"asked": "credit", "late": "deposit", "new": "deposit", "firm": "deposit"}
    assert set(plan.planned[0].refusals["rule"]) == {"credit_refused"}


def test_nobody_is_offered_credit_where_arrears_cannot_be_checked(tmp_path):
    given = credit_tables([person("A", opened_on=date(2015, 1, 1), kind="person")], [])
    given = {name: rows for name, rows in given.items() if name != "loan_months"}
    given |= {"products": [{"product_id": "L-SMALL", "product_class": "loan", "risk_grade": None}]}
    plan = plan_of(tmp_path, given, {"A": 0.5}, campaign(offers=[offer(product_id="L-SMALL")]))
    assert left(plan) == {"credit_refused": 1}


COLUMNS = sorted(
    {name for claim in all_claims().values() for name in names_in(claim["when"]) | names_in(claim.get("tags") or "1")}
)
NUMBER = st.one_of(
    st.none(),
    st.sampled_from(
        [-20_000.0, -1.0, 0.0, 0.5, 1.0, 3.0, 59.0, 60.0, 100.0, 366.0, 8_000.0, 9_999.0, 10_000.0, 50_000.0]
    ),
)
WORDS = {"tag_trend": ["rising_fast", "falling_fast"], "tag_make_up": ["wealth_led", "demand_led"]}
ROW = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from([None, *WORDS[name]])
        if name in WORDS
        else st.sampled_from([None, 0.0, 1.0])
        if name.startswith("tag_")
        else NUMBER
        for name in COLUMNS
    },
)
CAMPAIGNS = load_campaigns(AS_OF)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, min_size=1, max_size=20), picks=st.randoms(use_true_random=False))
def test_nothing_said_to_made_customers_is_untrue_or_contradicts_a_tag_or_reason(tmp_path, rows, picks):
    work = Workspace(tmp_path / "work")
    kinds = pa.schema([(name, pa.string() if name in WORDS else pa.float32()) for name in COLUMNS])
    work.features(AS_OF).parent.mkdir(parents=True, exist_ok=True)
    numbers = pa.array([f"{number}" for number in range(len(rows))])
    pq.write_table(pa.Table.from_pylist(rows, kinds).append_column("customer_id", numbers), work.features(AS_OF))
    quoted = [true_reasons(row, picks) for row in rows]
    tables = tables_of(tmp_path, {"customers": [person("0")]})
    reasons = {f"{number}": cited for number, cited in enumerate(quoted)}
    for mine in CAMPAIGNS:
        offered = [mine.offers[number % len(mine.offers)].offer for number in range(len(rows))]
        frame = pa.table({"customer_id": numbers, "offer": offered}).to_pandas()
        frame = frame.assign(channel=picks.choice(list(mine.channels)), valid_until=date(2024, 8, 29))
        texts = sentences(tables, work, mine, load_claims(), Contacts(frame, reasons))
        for row, text, cited in zip(rows, texts, quoted, strict=True):
            # Drawn tags and reasons may contradict each other here; what is said must not be part of it.
            both = [in_language(text, "en"), in_language(text, "zh")]
            assert faults(both, cited, row) <= faults([], cited, row), (text, row, cited)
            assert "{" not in "".join(both)


def true_reasons(row, picks) -> list[tuple[str, str]]:
    """Up to three reasons that quote a row's own values."""
    some = picks.sample([name for name in COLUMNS if not name.startswith("tag_")], 3)
    return [(name, sign(row.get(name))) for name in some]


def sign(value: float | None) -> str:
    if value is None:
        return "unknown"
    return "zero" if abs(value) < 0.5 else "positive" if value > 0 else "negative"


def test_every_claim_can_be_true():
    for name, claim in all_claims().items():
        assert isinstance(holds(claim["when"], {}), bool), name


def test_biggest_recent_move_keeps_its_sign(tmp_path):
    work = Workspace(tmp_path / "work")
    changes = [(500.0, -63_522.28, -60_000.0), (900.0, -900.0, 10.0), (None, None, None), (0.01, -0.27, 0.0)]
    names = ("aum_change_30d", "aum_change_90d", "aum_change_180d")
    write_rows(work, [dict(zip(names, some, strict=True)) for some in changes])
    moves = biggest_moves(connect(), work, AS_OF, ["1", "0", "2", "3", "elsewhere"]).to_pylist()
    assert [(move["biggest_move"], move["biggest_move_months"]) for move in moves] == [
        (900.0, 1),
        (-63_522.0, 3),
        (None, None),
        (None, None),
        (None, None),
    ]


def test_customers_are_in_the_first_segment_whose_conditions_hold(tmp_path):
    work = Workspace(tmp_path / "work")
    write_rows(work, [{"aum_peak_365d": 10_000.0}, {"aum_peak_365d": 9_999.0}, {"aum_peak_365d": None}])
    longtail = load_use_case("longtail")
    assert segments_of(connect(), work, longtail, AS_OF, ["2", "0", "1"]) == ["growth", "winback", "growth"]
    assert segments_of(connect(), work, load_use_case("dormancy"), AS_OF, ["2"]) == [""]
