"""Model cards: what a risk officer asks of a registered version, on one page."""

from goldmine.cards.card import Card, Section, Subject, model_card
from goldmine.cards.page import card_page

__all__ = ["Card", "Section", "Subject", "card_page", "model_card"]
