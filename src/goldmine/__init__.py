"""Goldmine: a data-science workbench for rural commercial banks."""
