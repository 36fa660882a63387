"""Benchmarks, run by hand: what the workbench takes, beside the plainest script and beside others' tools."""
