"""Forgetting a customer: found in all that the workbench derived, taken out, and kept from coming back."""

from goldmine.pipeline.forget.forget import Forgetting, Place, find_person, forget_person, person_of

__all__ = ["Forgetting", "Place", "find_person", "forget_person", "person_of"]
