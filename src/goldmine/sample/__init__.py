"""A made-up county bank, calibrated to the field's figures."""

from goldmine.sample.bank import write_bank

__all__ = ["write_bank"]
