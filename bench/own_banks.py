"""How long a bank's own tables take from a folder to valid: four made banks of different make, and the keys by hand.

Run by hand: ``python -m bench.own_banks --customers 3000``.
"""

import argparse
import tempfile
import time
from pathlib import Path

from goldmine.contract.intake import open_bank
from goldmine.contract.proposal.bank_yaml import bank_yaml
from goldmine.contract.proposal.propose import propose
from goldmine.core.workspace import Workspace
from goldmine.validation.run import validate_bank
from tests.contract.dirty_banks import MAKERS, sample


def main() -> None:
    """Make the banks, propose a mapping for each, take it in and validate it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=3000)
    customers = parser.parse_args().customers
    with tempfile.TemporaryDirectory() as scratch:
        tables = sample(Path(scratch) / "sample", customers)
        print("bank     map s  valid s  transactions  guessed  to tell  broken rules")
        for name, make in MAKERS.items():
            folder = Path(scratch) / name
            make(tables, folder)
            start = time.perf_counter()
            proposal = propose(folder)
            (folder / "bank.yaml").write_text(bank_yaml(proposal), "utf-8")
            proposed = time.perf_counter()
            work = Workspace(Path(scratch) / f"{name} work")
            bank = open_bank(folder, work)
            broken = [result.suite for result in validate_bank(bank, work) if not result.success]
            done = time.perf_counter()
            found = [finding.certainty for table in proposal.tables for finding in table.values.findings]
            print(
                f"{name:<8}{proposed - start:6.1f}{done - proposed:9.1f}{bank.tables['transactions'].rows:14,}"
                f"{found.count('guessed'):9}{found.count('tell'):9}  {', '.join(broken) or 'none'}",
                flush=True,
            )


if __name__ == "__main__":
    main()
