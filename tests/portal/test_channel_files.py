"""Files for the systems that call or send messages."""

from datetime import date
from uuid import uuid4

import pytest
from django.utils import timezone

from goldmine.portal.models import Download, ListRow, OptOut
from goldmine.portal.work import Contact, record_result


@pytest.fixture
def take(browser, release):
    """Post the download form for a channel's system: ``take("s1", channel="call")``."""
    return lambda name, **values: browser(name).post("/lists/download", {"format": "channel", **values})


def lines(answer, encoding="utf-8-sig"):
    return b"".join(answer.streaming_content).decode(encoding).split("\r\n")


def test_the_file_has_the_form_of_the_mapping_and_the_rows_of_the_scope(take):
    answer = take("s1", channel="call")
    headings = ["客户号", "活动代码", "优惠", "话术", "外呼时段", "有效期至", "网点"]
    assert lines(answer)[0].split(",") == headings
    rows = [line.split(",")[0] for line in lines(take("branch1", channel="call"))[1:-1]]
    assert rows == ["C1", "C2", "C3"]
    assert answer["Content-Disposition"].endswith('.call.csv"')


def test_only_valid_open_contacts_of_campaigns_who_did_not_refuse_are_in_it(take, users, release):
    ListRow.objects.filter(customer_id="C1").update(status="done")
    ListRow.objects.filter(customer_id="C2").update(valid_until=date(2020, 1, 1))
    OptOut.objects.create(customer_id="C3", at=timezone.now(), user=users["s1"])
    assert [line.split(",")[0] for line in lines(take("head", channel="call"))[1:-1]] == ["C4"]


def test_who_was_promised_a_call_on_a_day_is_left_to_whoever_promised_it(take, users):
    contact = Contact("C1", "longtail_2024", "later", date(2024, 7, 5), call_back_on=date(2024, 7, 20))
    record_result(users["s1"], contact, uuid4())
    assert [line.split(",")[0] for line in lines(take("s1", channel="call"))[1:-1]] == ["C2"]


def test_text_messages_come_in_the_gateway_s_encoding(take):
    ListRow.objects.filter(customer_id="C1").update(channel="sms")
    found = lines(take("s1", channel="sms"), "gb18030")
    assert [line.split(",")[0] for line in found[1:-1]] == ["C1"]


def test_it_counts_in_the_allowance_with_its_checksum(take, users):
    take("s1", channel="call")
    download = Download.objects.get(user=users["s1"])
    assert (download.format, download.rows, len(download.sha256)) == ("channel", 2, 64)


@pytest.mark.parametrize("values", [{}, {"channel": "visit"}])
def test_a_channel_without_a_mapping_is_refused_in_words(take, values):
    answer = take("s1", **values)
    assert (answer.status_code, "There is no file for a system of this channel." in answer.content.decode()) == (
        422,
        True,
    )
    assert not Download.objects.exists()


def test_no_full_name_or_number_stands_in_it(take):
    content = "\n".join(lines(take("head", channel="call")))
    assert "138" not in content
    assert "**" not in content


@pytest.mark.parametrize("name", ["counter1", "operator", "auditor", "system1"])
def test_other_roles_take_none(take, name):
    assert take(name, channel="call").status_code == 404


def test_the_page_offers_the_file_where_the_filter_names_such_a_channel(browser, release):
    client = browser("s1")
    offered = ['value="channel"' in client.get("/lists", query).content.decode() for query in ({}, {"channel": "call"})]
    assert offered == [False, True]
