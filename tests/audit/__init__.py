"""The auditor: recomputes a bank's figures from its raw tables in pandas, from the documents alone.

Nothing here imports the project's code; `test_audit` holds that. What the command line wrote is read and compared.
"""
