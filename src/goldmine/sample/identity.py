"""Names, telephone numbers and refusals of made-up customers, drawn from streams of their own."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from goldmine.contract.tables import SUPPRESSION_REASONS
from goldmine.sample.columns import codes, day_number, days, ids
from goldmine.sample.config import NO_PHONE_SHARE, SUPPRESSED_SHARE, SampleConfig
from goldmine.sample.people import People

_STREAM = 20_240_705
_SURNAMES = tuple(
    "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
)
_GIVEN = tuple(
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀英霞平刚桂兰玉梅建国志华春海燕红小云文斌浩宇欣怡子涵梓轩雨桐思远佳琪"
)
_ONE_LETTER = 0.25
_REASON_SHARES = (0.03, 0.05, 0.2, 0.12, 0.08, 0.12, 0.38, 0.02)


def stream(config: SampleConfig, block: range) -> np.random.Generator:
    """A stream of random numbers that takes nothing from the block's other draws."""
    return np.random.default_rng(np.random.SeedSequence(config.seed, spawn_key=(_STREAM, block.start)))


def with_identity(customers: pa.Table, kind: np.ndarray, random: np.random.Generator) -> pa.Table:
    """The customers with a name and a telephone number that nobody has.

    No Chinese mobile number begins with 120, so that none of these can be dialled.

    Parameters
    ----------
    customers : pyarrow.Table
        The contract's other columns.
    kind : array (customers,)
        2 for a firm, whose name says so.
    random : Generator
        From `stream`.
    """
    size = customers.num_rows
    letters = [codes(_SURNAMES, random.integers(0, len(_SURNAMES), size))]
    letters += [codes(_GIVEN, random.integers(0, len(_GIVEN), size)) for _ in range(2)]
    short = pa.array(random.random(size) < _ONE_LETTER)
    last = pc.if_else(short, "", letters[2])
    shop = pc.if_else(pa.array(kind == 2), "商行", "")
    names = pc.binary_join_element_wise(letters[0], letters[1], last, shop, "")
    phones = ids("120", random.integers(0, 10**8, size), 8, random.random(size) < NO_PHONE_SHARE)
    return customers.append_column("name", names).append_column("phone", phones)


def suppressions_table(config: SampleConfig, people: People, random: np.random.Generator) -> pa.Table:
    """The ledger: who may not be contacted, from when to when; some of it is over, some holds for calls only."""
    number = people["number"]
    who = np.flatnonzero(random.random(len(number)) < SUPPRESSED_SHARE)
    size, end = len(who), day_number(config.end)
    reason = random.choice(len(SUPPRESSION_REASONS), size=size, p=_REASON_SHARES)
    first = end - random.integers(0, 700, size)
    last = first + random.integers(30, 400, size)
    calls = SUPPRESSION_REASONS[-2]
    return pa.table(
        {
            "customer_id": ids("C", number[who], 8),
            "reason": codes(SUPPRESSION_REASONS, reason),
            "from_on": days(first),
            "to_on": days(last, random.random(size) < 0.6),
            "channel": codes(("call",), np.zeros(size), reason != SUPPRESSION_REASONS.index(calls)),
        }
    )
