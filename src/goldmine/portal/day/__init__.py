"""One person's day: whom to contact today, in which order, and what comes later."""

from goldmine.portal.day.cards import Card
from goldmine.portal.day.plan import DayPlan, plan_day

__all__ = ["Card", "DayPlan", "plan_day"]
