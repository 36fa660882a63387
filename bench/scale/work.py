"""What `bench.scale.measure` runs in a process of its own: ``ours``, ``floor`` or ``peer``, a stage and a place."""

import sys
from pathlib import Path

from bench.scale import floors, peers, stages


def main() -> None:
    """Run one piece of work."""
    side, stage, place, *more = sys.argv[1:]
    room = {"ours": stages, "floor": floors, "peer": peers}[side]
    getattr(room, stage)(Path(place), *more)


if __name__ == "__main__":
    main()
