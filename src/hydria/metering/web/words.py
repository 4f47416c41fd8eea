"""Findings, statuses and thresholds in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from hydria.metering.domain.validation import FindingCode
from hydria.metering.operations import RecordedStatus
from hydria.platform.web.formats import get_formats

FINDING_LABELS = {
    FindingCode.READING_BACKWARD: gettext_lazy("Dial ran backward"),
    FindingCode.SUSPECTED_EXCHANGE: gettext_lazy("Suspected exchange"),
    FindingCode.FINAL_READING_MISSING: gettext_lazy("Final reading missing"),
    FindingCode.ESTIMATE_EXCEEDS_READING: gettext_lazy("Estimates too high"),
    FindingCode.ROLLED_OVER: gettext_lazy("Dial came round"),
    FindingCode.TYPING_SLIP: gettext_lazy("Typing slip"),
    FindingCode.CONSUMPTION_HIGH: gettext_lazy("High"),
    FindingCode.CONSUMPTION_ABOVE_PEERS: gettext_lazy("Far above its peers"),
    FindingCode.CONSUMPTION_BELOW_PEERS: gettext_lazy("Far below its peers"),
    FindingCode.CONSUMPTION_LOW: gettext_lazy("Low"),
    FindingCode.CONSUMPTION_ZERO: gettext_lazy("Zero"),
    FindingCode.METER_STOPPED: gettext_lazy("Meter stopped"),
    FindingCode.READING_MISSING: gettext_lazy("Not read"),
    FindingCode.ESTIMATED_TOO_OFTEN: gettext_lazy("Estimated too often"),
    FindingCode.HISTORY_MISSING: gettext_lazy("No history"),
    FindingCode.READING_IGNORED: gettext_lazy("Does not count"),
    FindingCode.REREAD_DUE: gettext_lazy("Read again"),
    FindingCode.WORK_DUE: gettext_lazy("Work order due"),
}


def label_of_finding(code: str) -> str:
    """Return the short name of a finding; a code of a later version names itself."""
    return str(FINDING_LABELS[FindingCode(code)]) if code in set(FindingCode) else code


def explain_finding(code: str, data: Mapping[str, object], *, unit: str) -> str:
    """Return the sentence that says what is odd, with its figures."""
    formats = get_formats()
    words = {}
    for name in ("opening", "closing", "quantity", "usual", "likely"):
        milli = data.get(f"{name}_milli")
        # What is usual is a median of days; its thousandths would only pretend to be exact.
        spelled = round(milli / 1000) * 1000 if name == "usual" and isinstance(milli, int) else milli
        words[name] = formats.quantity(spelled, unit) if isinstance(spelled, int) else "–"
    sentences = {
        FindingCode.READING_BACKWARD: _("The dial shows %(closing)s, less than the %(opening)s it showed before."),
        FindingCode.SUSPECTED_EXCHANGE: _(
            "The dial fell from %(opening)s to %(closing)s though it was nowhere near its end: probably another meter."
        ),
        FindingCode.FINAL_READING_MISSING: _("A meter was removed and nobody wrote down what it showed."),
        FindingCode.ESTIMATE_EXCEEDS_READING: _(
            "Earlier estimates came to more than was used; the rest is taken off the next periods."
        ),
        FindingCode.ROLLED_OVER: _("The dial came round: it went from %(opening)s over its end to %(closing)s."),
        FindingCode.TYPING_SLIP: _(
            "%(closing)s was typed; without one of its digits it would be %(likely)s, which fits. Usual: %(usual)s."
        ),
        FindingCode.CONSUMPTION_HIGH: _("%(quantity)s is far more than the usual %(usual)s."),
        FindingCode.CONSUMPTION_ABOVE_PEERS: _(
            "%(quantity)s is far more than the %(usual)s that points like this one use; it has no history yet."
        ),
        FindingCode.CONSUMPTION_BELOW_PEERS: _(
            "%(quantity)s is far less than the %(usual)s that points like this one use; it has no history yet."
        ),
        FindingCode.CONSUMPTION_LOW: _("%(quantity)s is far less than the usual %(usual)s."),
        FindingCode.CONSUMPTION_ZERO: _("Nothing was used; usual is %(usual)s."),
        FindingCode.METER_STOPPED: _(
            "Nothing was used for several periods; usual is %(usual)s. The meter may stand still."
        ),
        FindingCode.READING_MISSING: _("Nobody could read the dial; %(quantity)s is an estimate."),
        FindingCode.ESTIMATED_TOO_OFTEN: _("The dial has not been read for several periods; arrange an appointment."),
        FindingCode.HISTORY_MISSING: _("Nobody could read the dial, and there is nothing to estimate from."),
        FindingCode.READING_IGNORED: _("The reader noted that what the dial shows does not count."),
        FindingCode.REREAD_DUE: _("The reader asks for another reading."),
        FindingCode.WORK_DUE: _("The reader asks for somebody to work on the meter."),
    }
    return sentences[FindingCode(code)] % words if code in set(FindingCode) else code


def label_of_status(status: RecordedStatus) -> str:
    """Return what became of a typed reading."""
    return {
        RecordedStatus.ACCEPTED: pgettext("reading", "Recorded"),
        RecordedStatus.REPEATED: _("Recorded before"),
        RecordedStatus.CONFLICT: _("Another value is recorded for this day; correct that one as an incident"),
        RecordedStatus.UNKNOWN_REGISTER: _("There is no such meter"),
        RecordedStatus.NOT_INSTALLED: _("The meter was not installed here on that day"),
        RecordedStatus.DATE_IN_FUTURE: _("The day lies in the future"),
        RecordedStatus.BEYOND_DIAL: _("The dial cannot show this value"),
        RecordedStatus.WITHOUT_VALUE: _("Say why there is no value"),
        RecordedStatus.UNKNOWN_OBSERVATION: _("This observation is not on the list"),
    }[status]
