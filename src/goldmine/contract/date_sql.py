"""SQL that reads times from texts: by pattern and range, never by an engine's lenient casts."""

from goldmine.contract.value_forms import EXCEL_SERIAL, date_pattern
from goldmine.core.sql import literal

MAX_YEAR = 2100
PLACEHOLDERS = ("0001-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "2099-12-31", "2999-12-31", "9999-12-31")
"""Days that systems write where they know none."""
NO_DAY = r"0{1,4}([-/.]?0{1,2}){2}([ T][0:.]*)?|0"
"""Pattern of zeros in place of a day."""
_TIME = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?"
_UNDECLARED = rf"\d{{4}}(-\d{{1,2}}-|/\d{{1,2}}/)\d{{1,2}}([ T]{_TIME})?"


def date_of_forms(given: str, forms: tuple[str, ...]) -> str:
    """SQL of a text's time by the declared forms, else by year, month and day; an offset becomes time in China."""
    if not forms:
        return matching(given, _UNDECLARED, f"TRY_CAST({given} AS TIMESTAMP)")
    parsed = []
    for form in forms:
        value = f"try_strptime({given}, {literal(form)})"
        if form == EXCEL_SERIAL:
            value = f"TIMESTAMP '1899-12-30' + to_seconds(round(TRY_CAST({given} AS DOUBLE) * 86400))"
        if "%z" in form:
            instant = f"try_strptime(regexp_replace({given}, 'Z$', '+00:00'), {literal(form)})"
            value = f"make_timestamp(epoch_us({instant})) + INTERVAL 8 HOUR"
        parsed.append(matching(given, date_pattern(form), value))
    return f"coalesce({', '.join(parsed)})" if len(parsed) > 1 else parsed[0]


def date_text(text: str) -> str:
    """SQL of the time of a text by year, month and day; NULL for any other text."""
    return date_of_forms(text, ())


def date_of_form(text: str, form: str) -> str:
    """SQL of a text's time by one form; NULL unless the whole text has that form."""
    return date_of_forms(text, (form,))


def matching(given: str, pattern: str, value: str) -> str:
    """SQL of a value where the whole text has a pattern; NULL elsewhere."""
    return f"CASE WHEN regexp_full_match({given}, {literal(pattern)}) THEN {value} END"


def is_placeholder(read: str) -> str:
    """SQL condition of a time on a day that stands for none."""
    days = ", ".join(f"DATE '{day}'" for day in PLACEHOLDERS)
    return f"coalesce(CAST({read} AS DATE) IN ({days}), false)"
