"""Promotion: a version becomes champion only if every gate passes; decisions are serialised and journalled."""

from collections.abc import Mapping

from goldmine.core.errors import ModelError
from goldmine.core.i18n import _
from goldmine.governance.compare import Comparison
from goldmine.governance.journal import Entry, Event, Journal
from goldmine.governance.journal_check import history
from goldmine.governance.promotion_gate import promotion_gate
from goldmine.models.evaluation import Evaluation
from goldmine.models.registry import (
    AS_OF,
    CODE,
    COMMIT,
    EVALUATED,
    FINGERPRINT,
    MODEL,
    Registration,
    champion_version,
    register,
    set_champion,
    set_journal_seal,
    stored_model,
    version_tags,
)
from goldmine.models.tracking import registered_name, store_of, unreachable


def propose(bank_name: str, use_case: str, run_id: str, evaluation: Evaluation, comparison: Comparison) -> Registration:
    """Register a run's model and promote it if every gate passes; the journal records either decision.

    The model must beat no skill and the one-line baseline (`promotion_gate`), pass the comparison (`compare`), be
    trained at no earlier snapshot than the champion, and not be a version that was rolled back. It is refused if
    another version became champion since the comparison: of two concurrent promotions one wins, and the journal
    records both.

    Parameters
    ----------
    run_id : str
        The run, with its model logged by `log_training`.
    evaluation : Evaluation
        The model's out-of-time evaluation.
    comparison : Comparison
        The comparison with the champion.

    Raises
    ------
    ModelError
        If the run has no model, the registered model is not the evaluated one, or the journal was changed.
    """
    name = registered_name(bank_name, use_case)
    if unreachable():
        why = _(
            "the registry {registry} cannot be reached, so nothing is registered and the champion stays",
            registry=unreachable(),
        )
        return Registration(name, "", champion=False, refusals=(why,), run=run_id)
    history(bank_name, use_case)  # nothing is registered beside a journal that is damaged or of another store
    version = register(bank_name, use_case, run_id)
    journal = Journal(bank_name, use_case)
    with journal.locked():
        holder = _as_registered(journal)
        _require_evaluated(journal, version, holder, evaluation)
        if holder == version:
            return Registration(name, version, champion=True, refusals=(), run=run_id)
        tags = {of: version_tags(name, of) for of in (version, holder) if of}
        refusals = promotion_gate(evaluation) + comparison.refusals + _out_of_turn(journal, version, holder, comparison)
        refusals += _earlier(tags[version], tags.get(holder, {}))
        figures = {**evaluation.metrics(), **comparison.metrics()}
        fingerprints = {"run": run_id, "rows": comparison.rows, **_fingerprints(tags[version])}
        if refusals:
            _write(journal, Event("refused", version, holder, refusals, figures, fingerprints))
        else:
            event = Event("promoted", version, version, _grounds(comparison), figures, fingerprints)
            _change(journal, holder, event)
    return Registration(name, version, champion=not refusals, refusals=refusals, run=run_id)


def rollback(bank_name: str, use_case: str, why: str, to: str = "") -> Entry:
    """Restore the previous champion, or another former champion.

    The version that is rolled back cannot be promoted again; a new training gives a new version, which can.

    Parameters
    ----------
    why : str
        The reason, stored in the journal.
    to : str
        A former champion version; empty for the previous one.

    Returns
    -------
    Entry
        The journal's line.

    Raises
    ------
    ModelError
        If there is no former champion, the version's model is no longer stored, or the registry cannot be reached.
    """
    name = registered_name(bank_name, use_case)
    if unreachable():
        raise ModelError(
            _("{name}: the registry {unreachable} cannot be reached.", name=name, unreachable=unreachable()),
            _("Roll back when the tracking server is back."),
        )
    journal = Journal(bank_name, use_case)
    with journal.locked():
        holder = _as_registered(journal)
        if not holder:
            raise ModelError(_("{name}: no model is champion.", name=name), _("Run `goldmine train` for it first."))
        back = _way_back(journal, holder, to)
        fingerprints = _fingerprints(version_tags(name, back))
        return _change(journal, holder, Event("rolled_back", holder, back, (why,), {}, fingerprints))


def _require_evaluated(journal: Journal, version: str, holder: str, evaluation: Evaluation) -> None:
    """Raise, and journal a refusal, unless a version's stored model is the one that was evaluated, or its refit."""
    stored, tags = stored_model(journal.name, version), version_tags(journal.name, version)
    evaluated = tags.get(EVALUATED, stored.fingerprint)
    if evaluated == evaluation.model_fingerprint:
        return
    why = _("the stored model of version {version} is not the evaluated one", version=version)
    _write(journal, Event("refused", version, holder, (why,), {}, _fingerprints(tags)))
    raise ModelError(
        _(
            "{journal} version {version}: its model is not the one that was evaluated (fingerprint {evaluated}, "
            "evaluated {evaluation}).",
            journal=journal.name,
            version=version,
            evaluated=evaluated[:12],
            evaluation=evaluation.model_fingerprint[:12],
        ),
        _("Nothing was promoted; train the use case again."),
    )


def _as_registered(journal: Journal) -> str:
    """The champion version; if the registry names another than the journal, the journal records that first."""
    holder = champion_version(journal.bank_name, journal.use_case)
    entries = history(journal.bank_name, journal.use_case)
    if holder != (entries[-1].event.champion if entries else ""):
        _write(journal, Event("found", holder, holder, (_("the registry named it; the journal did not"),), {}, {}))
    return holder


def _change(journal: Journal, holder: str, event: Event) -> Entry:
    """Set the champion and append to the journal; undo both if the journal cannot be written."""
    try:
        set_champion(journal.bank_name, journal.use_case, event.champion)
        return _write(journal, event)
    except BaseException:
        set_champion(journal.bank_name, journal.use_case, holder)
        raise


def _write(journal: Journal, event: Event) -> Entry:
    entry = journal.append(event, store_of(journal.bank_name))
    set_journal_seal(journal.name, entry.seal)
    return entry


def _out_of_turn(journal: Journal, version: str, holder: str, comparison: Comparison) -> tuple[str, ...]:
    """Refusals for an outdated comparison and for a version that was rolled back."""
    refusals: list[str] = []
    if comparison.champion != holder:
        compared_with = _("version {version}", version=comparison.champion) if comparison.champion else _("no champion")
        refusals.append(
            _(
                "it was compared with {compared_with}, but version {holder} has become champion since; train it again",
                compared_with=compared_with,
                holder=holder,
            )
        )
    rolled_back = [entry for entry in journal.entries() if entry.event.action == "rolled_back"]
    if version in {entry.event.version for entry in rolled_back}:
        refusals.append(_("version {version} was rolled back before; train anew", version=version))
    return tuple(refusals)


def _earlier(challenger: Mapping[str, str], champion: Mapping[str, str]) -> tuple[str, ...]:
    own, other = challenger.get(AS_OF, ""), champion.get(AS_OF, "")
    if other > own:
        return (_("the champion was trained at {other}, later than this model's {mine}", other=other, mine=own),)
    return ()


def _grounds(comparison: Comparison) -> tuple[str, ...]:
    """Reasons for a promotion."""
    if comparison.not_compared:
        return (_("beats no skill and the baseline; {not_compared}", not_compared=comparison.not_compared),)
    lift = comparison.figures["difference"]["lift_list"]
    return (
        _(
            "lift at list size {lift:+.2f} beside version {champion}, 95% interval {low:+.2f} to {high:+.2f}; "
            "calibrated; no protected group left behind",
            lift=lift.value,
            champion=comparison.champion,
            low=lift.low,
            high=lift.high,
        ),
    )


def _way_back(journal: Journal, holder: str, to: str) -> str:
    """The version to restore: champions form a stack, and a rollback pops those above its target."""
    stack: list[str] = []
    for entry in journal.entries():
        version = entry.event.champion
        if entry.event.action == "rolled_back" and version in stack:
            stack = stack[: stack.index(version) + 1]
        elif version and entry.event.action in ("promoted", "found"):
            stack.append(version)
    former = {entry.event.champion for entry in journal.entries()} - {"", holder}
    back = to or next((version for version in reversed(stack) if version != holder), "")
    if back in former:
        return back
    what = _("{name}: there is no earlier champion.", name=journal.name)
    if to:
        what = _("{name}: version {version} was never the champion.", name=journal.name, version=to)
    if to and to == holder:
        what = _("{name}: version {version} is the champion.", name=journal.name, version=to)
    names = ", ".join(sorted(former, key=int)) or "-"
    raise ModelError(what, _("Former champions: {names}. See `goldmine models history`.", names=names))


def _fingerprints(tags: Mapping[str, str]) -> dict[str, str]:
    """Fingerprints of a version: its training (data, use case, seed and code), its model, and the code alone."""
    names = {"training": FINGERPRINT, "model": MODEL, "code": CODE, "commit": COMMIT, "as_of": AS_OF}
    return {name: tags[tag] for name, tag in names.items() if tag in tags}
