"""Every event of this service's audit trail.

A new one is added here; `./samrad audit events` then writes it down.
"""

from shared.audit import AuditEvent
from shared.problems import Words

_PURPOSE = {"purpose": "the code of the purpose", "caseReference": "the asker's case"}
_DECISION = {"decision": "id and version of the decision that it rests on"}
_ATTEMPT = {"attempt": "1 for a look-up, 2 and on for its completions"}
_PROTECTED = {
    "protectedIdentity": "true when the person has protected identity",
    "underScope": "the scope under which content left all the same",
}
_BRAKED = {
    **_PURPOSE,
    "countedBy": "handler or case",
    "limit": "how many persons the limit allows",
    "windowSeconds": "the window that it counts in",
    "alert": "true for the first refusal of a window",
}
_GROUNDS = {"decision": "id, version and grounds of the decision that it rests on"}
_BOTH = "the organisation that asked and the one that answers, if it acted"
_STATE = {"state": "the state that it led to"}


def _change(name: str, sv: str, en: str, who: str, seen_by: str = _BOTH) -> AuditEvent:
    when = f"{who}, in the statement that makes the change"
    return AuditEvent(name, Words(sv, en), when, {**_PURPOSE, **_DECISION, **_STATE}, seen_by=seen_by)


EVENTS = (
    AuditEvent(
        "lookup.asked",
        Words(
            "En fråga ställdes till andra myndigheters register", "A question was put to other authorities' registers"
        ),
        "a look-up, or a completion of one, is about to leave for the sources; committed before it does",
        {
            **_PURPOSE,
            **_GROUNDS,
            **_ATTEMPT,
            "sources": "the sources asked",
            "board": "the board that asked, when one was named",
        },
    ),
    AuditEvent(
        "lookup.disclosed",
        Words("Svar ur registren lämnades ut", "Answers from the registers were disclosed"),
        "a look-up or a completion is answered, and when its kept answer is told again; committed before it leaves",
        {
            **_PURPOSE,
            **_DECISION,
            **_ATTEMPT,
            "states": "how each source answered",
            "fields": "names of the items disclosed, by source; of a completion also those told before",
            "newSources": "the sources of which something is disclosed that this attempt has read",
            "repeated": "true when a kept answer is told again",
            **_PROTECTED,
        },
    ),
    AuditEvent(
        "lookup.withheld",
        Words(
            "Svar ur registren hölls inne: skyddade personuppgifter",
            "Answers from the registers were withheld: protected identity",
        ),
        "a look-up is answered without content since the person has a mark of protected identity",
        {
            **_PURPOSE,
            **_DECISION,
            **_ATTEMPT,
            "states": "how each source answered",
            "fields": "empty",
            "newSources": "empty",
            "repeated": "true when a kept answer is told again",
            "protectedIdentity": "true",
        },
        outcomes=("refused",),
    ),
    AuditEvent(
        "lookup.read",
        Words("En gjord slagning lästes, utan innehåll", "A look-up was read afterwards, without content"),
        "a look-up is read afterwards",
        _PURPOSE,
    ),
    AuditEvent(
        "household_lookup.read",
        Words("En slagning om ett hushåll lästes, utan innehåll", "A household's look-up was read, without content"),
        "the matrix of a household is read afterwards; what was disclosed of each person is with the person's look-up",
        _PURPOSE,
    ),
    AuditEvent(
        "consultation.opened",
        Words("Ett samråd öppnades", "A consultation was opened"),
        "a consultation is opened",
        {
            **_PURPOSE,
            **_GROUNDS,
            "type": "the type of consultation",
            "category": "the kind of question, when the asker named one",
            "lookup": "the look-up that it rests on, if any",
            "fields": "names of the items of the look-up that it carries",
        },
    ),
    AuditEvent(
        "consultation.read",
        Words("Ett samråd lästes", "A consultation was read"),
        "either side reads the whole consultation",
        {**_PURPOSE, **_DECISION, "fields": "the parts shown", **_PROTECTED},
        seen_by=_BOTH,
    ),
    AuditEvent(
        "consultation.withheld",
        Words(
            "Ett samråd lästes utan person och innehåll: skyddade personuppgifter",
            "A consultation was read without person and content: protected identity",
        ),
        "either side reads a consultation about a person with protected identity, without the scope for it",
        {**_PURPOSE, **_DECISION, "fields": "leadTime alone", "protectedIdentity": "true"},
        outcomes=("refused",),
        seen_by=_BOTH,
    ),
    AuditEvent(
        "consultation.events_read",
        Words("Ett samråds tidslinje lästes", "The timeline of a consultation was read"),
        "either side reads the timeline of a consultation",
        {**_PURPOSE, **_DECISION, "fields": "the parts shown"},
        seen_by=_BOTH,
    ),
    _change(
        "consultation.claimed",
        "Ett samråd togs av en handläggare",
        "A handler claimed a consultation",
        "the answering side claims a consultation",
    ),
    _change(
        "consultation.released",
        "Ett samråd lämnades tillbaka till kön",
        "A consultation was released to the queue",
        "the answering side releases a consultation",
        "the organisation that answers",
    ),
    _change(
        "consultation.asked_back",
        "En motfråga ställdes",
        "A question was asked back",
        "the answering side asks back",
    ),
    _change(
        "consultation.replied",
        "En motfråga besvarades",
        "A question back was answered",
        "the asking side replies",
    ),
    _change(
        "consultation.answered",
        "Ett samråd besvarades",
        "A consultation was answered",
        "the answering side answers",
    ),
    _change(
        "consultation.closed",
        "Ett samråd avslutades",
        "A consultation was closed",
        "the asking side closes a consultation",
    ),
    _change(
        "consultation.withdrawn",
        "Ett samråd återtogs",
        "A consultation was withdrawn",
        "the asking side withdraws a consultation",
    ),
    _change(
        "consultation.triaged",
        "Ett samråd fördelades",
        "A consultation was triaged",
        "the answering side has looked at a consultation and says who is to have it",
        "the organisation that answers",
    ),
    _change(
        "consultation.assigned",
        "Ett samråd tilldelades en handläggare",
        "A consultation was assigned to a handler",
        "somebody who leads the work gives a consultation to a handler",
        "the organisation that answers",
    ),
    _change(
        "consultation.handed_over",
        "Ett samråd lämnades över till en annan enhet",
        "A consultation was handed over to another unit",
        "the answering side hands a consultation over to another unit",
    ),
    _change(
        "consultation.escalated",
        "Ett samråd lyftes till arbetsledningen",
        "A consultation was escalated",
        "a handler, or the clock, tells those who lead the work",
        "the organisation that answers",
    ),
    _change(
        "consultation.secrecy_test_begun",
        "En sekretessprövning började",
        "A secrecy test was begun",
        "a handler begins to test whether secrecy lets the answer be told",
    ),
    _change(
        "consultation.secrecy_test_ended",
        "En sekretessprövning avslutades",
        "A secrecy test was ended",
        "a handler has made the secrecy test",
    ),
    _change(
        "consultation.person_awaited",
        "Den enskilde inväntades i ett samråd",
        "The person was awaited in a consultation",
        "a handler waits for the person",
    ),
    _change(
        "consultation.resumed",
        "Ett samråd återupptogs",
        "A consultation was resumed",
        "what was waited for has come, or will not",
    ),
    _change(
        "consultation.called_back",
        "En motringning gjordes",
        "The asker was called back",
        "a handler calls back through the switchboard",
    ),
    _change(
        "consultation.meeting_booked",
        "Ett möte bokades i ett samråd",
        "A meeting was booked in a consultation",
        "a handler books a meeting",
    ),
    _change(
        "consultation.meeting_held",
        "Ett möte i ett samråd hölls",
        "A meeting in a consultation was held",
        "a handler registers that a meeting was held",
    ),
    _change(
        "consultation.meeting_missed",
        "Ett möte i ett samråd uteblev",
        "A meeting in a consultation was missed",
        "a handler registers that somebody did not come",
    ),
    _change(
        "consultation.meeting_cancelled",
        "Ett möte i ett samråd avbokades",
        "A meeting in a consultation was cancelled",
        "either side cancels a meeting",
    ),
    _change(
        "consultation.sent_by_post",
        "Ett svar skulle skickas per post",
        "An answer was to go by post",
        "two call-backs have failed, or a handler chooses a letter",
    ),
    _change(
        "consultation.dispatched",
        "Ett brev med svar skickades",
        "A letter with an answer was dispatched",
        "a handler registers that the letter has left",
    ),
    _change(
        "consultation.rejected",
        "Ett samråd avvisades",
        "A consultation was rejected",
        "the answering side rejects a consultation",
    ),
    _change(
        "consultation.reopened",
        "Ett samråd öppnades på nytt",
        "A consultation was reopened",
        "the asking side opens another round",
    ),
    _change(
        "consultation.corrected",
        "En händelse i ett samråd rättades",
        "An event of a consultation was corrected",
        "the answering side corrects when or by which channel something happened",
    ),
    _change(
        "consultation.violence_marked",
        "Ett samråd märktes för våld i nära relation",
        "A consultation was marked for violence in close relationships",
        "either side marks it",
        "of both organisations, those with the scope to see what is marked",
    ),
    _change(
        "consultation.violence_mark_removed",
        "Ett samråds märkning för våld i nära relation togs bort",
        "A consultation's mark for violence in close relationships was removed",
        "either side removes the mark",
        "of both organisations, those with the scope to see what is marked",
    ),
    AuditEvent(
        "consultation.linked",
        Words("Ett samråd kopplades till ett annat", "A consultation was linked to another"),
        "either side links it to another that it sees",
        {**_PURPOSE, **_DECISION, "kind": "how it stands to the other"},
        seen_by="both sides; only the answering one when the other is another organisation's",
    ),
    AuditEvent(
        "consultation.unlinked",
        Words("En koppling till ett annat samråd togs bort", "A link to another consultation was removed"),
        "the side that made a link takes it back",
        {**_PURPOSE, **_DECISION, "kind": "how it stood to the other"},
        seen_by="both sides; only the answering one when the other is another organisation's",
    ),
    AuditEvent(
        "consultation.pulse_given",
        Words("En fråga om hur samrådet gick besvarades", "It was said how a consultation went"),
        "the asking side rates a closed consultation; not what it said",
        {**_PURPOSE, **_DECISION},
        seen_by="the organisation that asked",
    ),
    _change(
        "consultation.reminded",
        "En påminnelse gjordes om ett samråd",
        "A reminder was made of a consultation",
        "the clock tells that a consultation is soon due",
        "the organisation that answers",
    ),
    _change(
        "consultation.pause_lapsed",
        "Väntan i ett samråd har varat länge",
        "The wait in a consultation has lasted long",
        "the clock tells that what is waited for has not come",
    ),
    AuditEvent(
        "consultation.clock_read",
        Words("Ett samråds klocka lästes", "The clock of a consultation was read"),
        "either side reads where the time of a consultation went",
        {**_PURPOSE, **_DECISION, "fields": "the parts shown"},
        seen_by=_BOTH,
    ),
    AuditEvent(
        "consultation.expectation_read",
        Words("Ett samråds väntade svar lästes", "The expected answer of a consultation was read"),
        "either side reads when an answer can be expected",
        {**_PURPOSE, **_DECISION, "fields": "the parts shown"},
        seen_by=_BOTH,
    ),
    AuditEvent(
        "consultation.meetings_read",
        Words("Ett samråds möten lästes", "The meetings of a consultation were read"),
        "either side reads which meetings a consultation has had and awaits; refused when they are withheld",
        {**_PURPOSE, **_DECISION, "fields": "the parts shown", **_PROTECTED},
        outcomes=("permitted", "refused"),
        seen_by=_BOTH,
    ),
    AuditEvent(
        "meeting_slots.offered",
        Words("Mötestider erbjöds", "Times for meetings were offered"),
        "the answering authority offers a day's slots in a unit; the record is the first of them",
        {"unit": "the code of the unit", "slots": "how many are new"},
    ),
    AuditEvent(
        "meeting_slot.withdrawn",
        Words("En mötestid drogs tillbaka", "A time for meetings was withdrawn"),
        "the answering authority withdraws a slot that no meeting has had",
        {"unit": "the code of the unit", "slots": "how many: one"},
    ),
    AuditEvent(
        "unit_calendar.set",
        Words("En enhets öppettider angavs", "A unit's opening hours were set"),
        "the answering authority records a version of a unit's calendar",
        {"unit": "the code of the unit", "validFrom": "the day on which it begins"},
    ),
    AuditEvent(
        "unit_target.set",
        Words("Ett målvärde angavs", "A target time was set"),
        "the answering authority records a version of a target",
        {
            "unit": "the code of the unit, none for all",
            "type": "the type of consultation",
            "validFrom": "the day on which it begins",
        },
    ),
    AuditEvent(
        "lead_times.drilled",
        Words("Samråden bakom en siffra listades", "The consultations behind a figure were listed"),
        "somebody who may read consultations asks which of the own organisation's a lead time counts",
        {
            "from": "the first day",
            "to": "the last day",
            "narrowed": "the cuts that the figure was narrowed to",
            "numbers": "the numbers of the consultations that were listed",
        },
    ),
    AuditEvent(
        "lead_times.intervention_registered",
        Words("En insats mot ledtider registrerades", "An intervention on lead times was registered"),
        "who leads the work registers what was done, from which day on and in which units",
    ),
    AuditEvent(
        "consultation.searched",
        Words("Samråd söktes", "Consultations were searched for"),
        "somebody searches by number, case, person or handler; in the transaction of the search",
        {
            "by": "number, caseReference, person or handler",
            "purpose": "what a search by person is for",
            "found": "how many were told",
            **_PROTECTED,
        },
    ),
    AuditEvent(
        "lookup.braked",
        Words("En slagning nekades: för många olika personer", "A look-up was refused: too many different persons"),
        "a handler, or one case, asks about more persons than the enumeration brake allows",
        _BRAKED,
        outcomes=("refused",),
    ),
    AuditEvent(
        "consultation.braked",
        Words("Ett samråd nekades: för många olika personer", "A consultation was refused: too many different persons"),
        "a handler, or one case, would open or search for consultations about more persons than the brake allows",
        _BRAKED,
        outcomes=("refused",),
    ),
    AuditEvent(
        "person.protection_marked",
        Words("En person märktes som skyddad", "A person was marked as having protected identity"),
        "a source tells it in a look-up, or a handler marks the person by hand",
        {"origin": "source or hand", "source": "the source that told", "lookup": "the look-up in which it told"},
    ),
    AuditEvent(
        "person.protection_ended",
        Words("En persons märkning som skyddad upphörde", "The mark of protected identity of a person ended"),
        "the source that told no longer does, or a handler of the organisation that marked ends its mark",
        {
            "origin": "source or hand",
            "source": "the source that told",
            "lookup": "the look-up in which it no longer did",
        },
    ),
    AuditEvent(
        "webhook.subscribed",
        Words("En prenumeration på händelser gjordes", "A subscription to events was made"),
        "a subscription is made; nothing is sent before its receiver is validated",
        {"eventTypes": "the types of event asked for"},
    ),
    AuditEvent(
        "webhook.changed",
        Words("En prenumeration på händelser ändrades", "A subscription to events was changed"),
        "the address, the types of event or the contact of a subscription are replaced",
        {"readdressed": "true when the address is another, so that it has to be validated again"},
    ),
    AuditEvent(
        "webhook.validated",
        Words("En mottagare av händelser validerades", "A receiver of events was validated"),
        "the receiver has repeated the challenge, and events are sent from now on",
    ),
    AuditEvent(
        "webhook.secret_made",
        Words("En prenumeration fick en ny hemlighet", "A subscription was given a new secret"),
        "a secret is made, beside those that still sign for a while",
        {"number": "which one, from 1"},
    ),
    AuditEvent(
        "webhook.removed",
        Words("En prenumeration på händelser togs bort", "A subscription to events was removed"),
        "a subscription is removed, with everything that waited",
    ),
    AuditEvent(
        "webhook.replayed",
        Words("Händelser skickades om på begäran", "Events were sent again on request"),
        "one delivery, or those since a time, are put in the queue again",
        {"number": "how many"},
    ),
)
