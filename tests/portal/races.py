"""Two people want the same customer at the same moment, many times over; writes what came of it as JSON."""

import json
import sys
import threading

import django


def race(times):
    """Who got each customer: by customer, the names of those who were told that they hold the customer."""
    django.setup()
    from django.db import connections

    from goldmine.portal.models import Claim, User
    from goldmine.portal.work import WorkError, claim

    start = threading.Barrier(2)
    won = {f"K{number:04}": [] for number in range(times)}
    odd = []

    def run(name):
        user = User.objects.get(username=name)
        for customer_id, winners in won.items():
            start.wait(timeout=60)
            try:
                claim(user, customer_id, "longtail_2024")
                winners.append(name)
            except WorkError as error:
                if error.reason != "taken":
                    odd.append(error.reason)
        connections.close_all()

    people = [threading.Thread(target=run, args=(name,)) for name in ("s1", "branch1")]
    for person in people:
        person.start()
    for person in people:
        person.join()
    stored = {held.customer_id: held.user.username for held in Claim.objects.select_related("user")}
    return {"won": won, "stored": stored, "odd": odd}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(race(int(sys.argv[1]))))
