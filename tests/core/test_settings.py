"""Settings files: what is refused is said in both languages, with the key and what to do."""

from typing import Literal

import pytest
from pydantic import Field, model_validator

from goldmine.core.errors import SettingsError
from goldmine.core.i18n import LANGUAGES, _, in_language
from goldmine.core.settings import SettingsModel, read_yaml, typed
from goldmine.core.settings_refusals import _REFUSALS


class Inner(SettingsModel):
    unit: Literal["yuan", "fen"] = "yuan"


class Settings(SettingsModel):
    size: int = Field(default=5, ge=1, le=9)
    share: float = Field(default=0.5, gt=0, lt=1)
    names: list[str] = Field(default=["a"], min_length=1)
    code: str = Field(default="ab", pattern="[a-z]+")
    inner: Inner = Inner()
    on: bool = True

    @model_validator(mode="after")
    def _fits(self) -> "Settings":
        if self.size == 7:
            raise ValueError(_("two offers have one name"))
        return self


@pytest.mark.parametrize(
    ("raw", "english", "chinese"),
    [
        ({"size": "x"}, "s.yaml: size: Input should be a valid integer.", "s.yaml: size：应为整数。"),
        (
            {"size": 0},
            "s.yaml: size: Input should be greater than or equal to 1.",
            "s.yaml: size：不得小于1。",
        ),
        ({"share": 1.5}, "s.yaml: share: Input should be less than 1.", "s.yaml: share：应小于1。"),
        (
            {"inner": {"unit": "cent"}},
            "s.yaml: inner.unit: Input should be 'yuan' or 'fen'.",
            "s.yaml: inner.unit：只能是：'yuan'、'fen'。",
        ),
        (
            {"names": []},
            "s.yaml: names: List should have at least 1 item after validation, not 0.",
            "s.yaml: names：至少要有1项，现有0项。",
        ),
        (
            {"names": "a"},
            "s.yaml: names: Input should be a valid list.",
            "s.yaml: names：应为列表，写成[...]或每项一行。",
        ),
        ({"on": "yes"}, "s.yaml: on: Input should be a valid boolean.", "s.yaml: on：应为true或false。"),
        ({"size": 7}, "s.yaml: two offers have one name.", "s.yaml：两个产品方案同名。"),
    ],
)
def test_a_refused_value_is_said_in_both_languages(raw, english, chinese):
    with pytest.raises(SettingsError) as caught:
        typed(Settings, raw, "s.yaml")
    assert [in_language(caught.value.what, language) for language in ("en", "zh")] == [english, chinese]
    assert in_language(caught.value.do, "zh") == "请改正这个值。"


def test_every_kind_of_refusal_is_translated():
    for text in _REFUSALS.values():
        assert all(in_language(text, language) != str(text) for language in LANGUAGES if language != "en"), text


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("a: 1\na: 2\n", "键'a'写了两次"),
        ("a: 2024-02-30\n", "该值像日期但不是有效日期"),
    ],
)
def test_what_yaml_cannot_hold_is_said_in_chinese(tmp_path, text, chinese):
    file = tmp_path / "s.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as caught:
        read_yaml(file)
    assert chinese in in_language(caught.value.what, "zh")
