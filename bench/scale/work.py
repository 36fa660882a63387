"""Entry point that `bench.scale.measure` runs: ``ours``, ``floor`` or ``peer``, a stage and a folder."""

import sys
from pathlib import Path

from bench.scale import floors, peers, stages


def main() -> None:
    """Run one stage."""
    side, stage, folder, *more = sys.argv[1:]
    room = {"ours": stages, "floor": floors, "peer": peers}[side]
    getattr(room, stage)(Path(folder), *more)


if __name__ == "__main__":
    main()
