"""What is said to a customer: the sentence with the highest value that their own data bear out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from string import Formatter

import pandas as pd

from goldmine.campaigns.claims import Claims
from goldmine.campaigns.conditions import check_columns, condition_columns, conditions_met
from goldmine.campaigns.spec import Campaign, Offer, Sentence
from goldmine.contactability import ContactTables
from goldmine.core.errors import SettingsError
from goldmine.core.expression import read_condition
from goldmine.core.i18n import LANGUAGES, LocalizedText, _, in_language
from goldmine.core.workspace import Workspace
from goldmine.features.definition import FeatureSign
from goldmine.models.reason_phrases import MONTHS

PLACEHOLDERS = ("offer", "valid_until")
"""What a sentence may name in braces: the offer's title, and the last day on which it is valid."""


@dataclass(frozen=True)
class Contacts:
    """Contacts of one campaign.

    Parameters
    ----------
    rows : pandas.DataFrame
        `customer_id`, `offer`, `channel`, `valid_until`.
    reasons : mapping of str to sequence
        By customer number, the reasons on the row: each a feature and the sign of its value.
    """

    rows: pd.DataFrame
    reasons: Mapping[str, Sequence[tuple[str, FeatureSign]]]


def sentences(
    tables: ContactTables, work: Workspace, campaign: Campaign, claims: Claims, contacts: Contacts
) -> list[LocalizedText]:
    """The sentence of every contact, in the order of the rows.

    Of the offer's sentences the one with the highest value is said whose condition holds, whose claims are all true of
    the customer, and none of whose claims contradicts what the customer's tags or the row's reasons claim. The last
    resort claims nothing, so there always is one.
    """
    rows = contacts.rows
    conditions = {f"claim {claim.name}": claim.condition for claim in claims.claims}
    conditions |= {f"tags {claim.name}": read_condition(claim.tags) for claim in claims.claims if claim.tags}
    conditions |= {f"when {text}": read_condition(text) for text in _conditions(campaign)}
    met = conditions_met(tables.connection, work, tables.as_of, list(rows["customer_id"]), conditions)
    flags = [{name for name, holds in row.items() if holds} for row in met.to_dict("records")]
    by_name = {offer.offer: offer for offer in campaign.offers}
    said = []
    for row, true in zip(rows.itertuples(), flags, strict=True):
        offer = by_name[row.offer]
        made = [claim.name for claim in claims.claims if f"tags {claim.name}" in true]
        made += claims.made_by_reasons(contacts.reasons.get(row.customer_id, ()))
        sentence = next(entry for entry in _best_first(offer) if _may_be_said(entry, true, made, claims))
        said.append(_filled(sentence.by_channel.get(row.channel, sentence.say), offer, row.valid_until))
    return said


def _conditions(campaign: Campaign) -> list[str]:
    return [sentence.when for offer in campaign.offers for sentence in offer.sentences if sentence.when]


def _best_first(offer: Offer) -> list[Sentence]:
    """The offer's sentences by value, the last resort last; of equal ones the first."""
    return sorted(offer.sentences, key=lambda sentence: (sentence.is_last_resort, -sentence.value))


def _may_be_said(sentence: Sentence, true: set[str], made: Sequence[str], claims: Claims) -> bool:
    holds = not sentence.when or f"when {sentence.when}" in true
    proven = all(f"claim {name}" in true for name in sentence.claims)
    return holds and proven and not claims.contradict(sentence.claims, made)


def _filled(text: LocalizedText, offer: Offer, valid_until: date) -> LocalizedText:
    day = _("{day} {month}", day=valid_until.day, month=MONTHS[valid_until.month - 1])
    filled: dict[str, str] = {
        language: in_language(text, language).format(
            offer=in_language(offer.title, language), valid_until=in_language(day, language)
        )
        for language in LANGUAGES
    }
    return LocalizedText(filled["en"], translations=filled)


def check_sentences(campaign: Campaign, claims: Claims, where: str) -> None:
    """Check every sentence of a campaign, and the conditions of its offers.

    Raises
    ------
    SettingsError
        If a condition cannot be read or looks at something that is no column, a placeholder is unknown, a claim does
        not exist, or a text has the words of a claim that it does not declare.
    """
    has_conditions = any(text for offer in campaign.offers for text in (offer.when, *(s.when for s in offer.sentences)))
    columns = condition_columns() if has_conditions else set[str]()
    for offer in campaign.offers:
        place = f"{where}: offers.{offer.offer}"
        _check_condition(offer.when, columns, f"{place}.when")
        _check_claims(offer.title, offer.claims, claims, f"{place}.title")
        for number, sentence in enumerate(offer.sentences, 1):
            _check_condition(sentence.when, columns, f"{place}: sentence {number}: when")
            for text in (sentence.say, *sentence.by_channel.values()):
                _check_placeholders(text, f"{place}: sentence {number}")
                _check_claims(text, sentence.claims, claims, f"{place}: sentence {number}")


def _check_condition(text: str, columns: Collection[str], where: str) -> None:
    if not text:
        return
    try:
        check_columns(read_condition(text).names, columns, where)
    except SettingsError as error:
        raise SettingsError(
            _("{where}: {what}", where=where, what=error.what.removeprefix(f"{where}: ")), error.do
        ) from error


def _check_placeholders(text: LocalizedText, where: str) -> None:
    for language in LANGUAGES:
        try:
            found = [name for _text, name, *_rest in Formatter().parse(in_language(text, language)) if name is not None]
        except ValueError as error:
            raise SettingsError(
                _("{where}: {error} ({language}).", where=where, error=error, language=language),
                _("Close the brace, or take it out."),
            ) from error
        unknown = [name for name in found if name not in PLACEHOLDERS]
        if unknown:
            raise SettingsError(
                _("{where}: nothing fills the placeholder {{{unknown}}}.", where=where, unknown=unknown[0]),
                _("Allowed: {names}.", names=", ".join(f"{{{name}}}" for name in PLACEHOLDERS)),
            )


def _check_claims(text: LocalizedText, declared: Sequence[str], claims: Claims, where: str) -> None:
    unknown = [name for name in declared if name not in claims.by_name]
    if unknown:
        raise SettingsError(
            _("{where}: there is no claim {unknown}.", where=where, unknown=repr(unknown[0])),
            _("pipelines/claims.yaml has {names}.", names=", ".join(claims.by_name)),
        )
    hidden = [name for name in claims.made_by_words(text) if name not in declared]
    if hidden:
        raise SettingsError(
            _("{where}: its words claim {hidden}, which it does not declare.", where=where, hidden=repr(hidden[0])),
            _("Add {hidden} to its claims, or change the words.", hidden=hidden[0]),
        )
