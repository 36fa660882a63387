"""Files for the systems that send messages."""

from datetime import date

import pyarrow as pa
import pytest

from goldmine.campaigns.gateways import Gateway, load_gateways, release_gateways, split_off, write_gateway
from goldmine.core.errors import SettingsError
from goldmine.core.settings import typed

ROWS = pa.table(
    {
        "customer_id": ["0012", "=1+1"],
        "say": ["您好，请到网点", "满1万元, 可享利率"],
        "time_band": ["上午 09:00-12:00", None],
        "valid_until": [date(2024, 8, 29), date(2024, 8, 30)],
    }
)


def test_file_has_the_headings_order_and_encoding_of_the_mapping(tmp_path):
    columns = {"内容": "say", "客户号": "customer_id", "截止": "valid_until"}
    gateway = Gateway.model_validate({"encoding": "gb18030", "separator": "|", "columns": columns})
    write_gateway(tmp_path / "sms.csv", ROWS, gateway)
    assert (tmp_path / "sms.csv").read_bytes().decode("gb18030").split("\r\n") == [
        "内容|客户号|截止",
        "您好，请到网点|0012|2024-08-29",
        "满1万元, 可享利率|'=1+1|2024-08-30",
        "",
    ]


def test_text_messages_go_to_the_gateway():
    assert list(release_gateways()) == ["sms"]
    assert list(load_gateways()) == ["sms", "call", "wechat"]
    assert set(load_gateways()["sms"].columns.values()) >= {"customer_id", "say"}


def test_contacts_of_a_gateway_are_no_rows_for_staff():
    offers = pa.table({"customer_id": ["A", "B", "C"], "channel": ["call", "sms", "app"]})
    gateway = Gateway(columns={"id": "customer_id"})
    staff, sent = split_off(offers, {"sms": gateway, "wechat": gateway})
    assert staff["customer_id"].to_pylist() == ["A", "C"]
    assert {channel: rows["customer_id"].to_pylist() for channel, rows in sent.items()} == {"sms": ["B"]}


def test_unknown_column_is_refused():
    with pytest.raises(SettingsError, match=r"gateways\.yaml: sms: columns"):
        typed(Gateway, {"columns": {"手机号": "phone"}}, "gateways.yaml: sms")
