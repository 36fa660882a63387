"""Names and telephones with their middle hidden, as people who need not know them see them."""

import pyarrow as pa
import pyarrow.compute as pc

_MOBILE_DIGITS = 11


def masked_names(names: pa.Array) -> pa.Array:
    """Names with only their first character shown; empty where there is none.

    Examples
    --------
    >>> masked_names(pa.array(["Ouyang Nana", None])).to_pylist()
    ['O***', '']
    """
    names = pc.fill_null(names, "")
    hidden = pc.max_element_wise(1, pc.min_element_wise(3, pc.subtract(pc.utf8_length(names), 1)))
    shown = pc.binary_join_element_wise(pc.utf8_slice_codeunits(names, 0, 1), pc.binary_repeat("*", hidden), "")
    return pc.if_else(pc.equal(names, ""), "", shown)


def masked_phones(phones: pa.Array) -> pa.Array:
    """Telephone numbers without their middle; empty where there is none.

    Examples
    --------
    >>> masked_phones(pa.array(["12043057256", None])).to_pylist()
    ['120****7256', '']
    """
    phones = pc.fill_null(phones, "")
    ends = pc.utf8_slice_codeunits(phones, 0, 3), pc.utf8_slice_codeunits(phones, -4)
    long_enough = pc.greater_equal(pc.utf8_length(phones), _MOBILE_DIGITS)
    shown = pc.if_else(long_enough, pc.binary_join_element_wise(*ends, "****"), "****")
    return pc.if_else(pc.equal(phones, ""), "", shown)
