"""Deposits and wealth products matched by risk, term and cash rhythm, and what ends soon."""
