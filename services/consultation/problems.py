"""Refusals of this service. The shared ones are in `shared/problems.py`."""

from shared.problems import ProblemKind, Words

SCOPE, GROUND, TENANCY, FIELDS = CHECKS = ("scope", "ground", "tenancy", "fields")
"""What must hold, all four, for anything to be asked or told (docs/access.md)."""

PERSON_NUMBER_INVALID = ProblemKind(
    "person_number_invalid",
    422,
    Words("Person- eller samordningsnumret är inte giltigt", "The identity number is not valid"),
    Words(
        "Kontrollera numret: tolv siffror med sekel, riktigt datum och rätt kontrollsiffra.",
        "Check the number: twelve digits with the century, a real date and the right check digit.",
    ),
)
CASE_REFERENCE_INVALID = ProblemKind(
    "case_reference_invalid",
    422,
    Words("Ärendereferensen kan inte användas", "The case reference cannot be used"),
    Words(
        "Ange ärendets id hos er, 1-31 tecken, utan personnummer. CSN avvisar hela frågan vid 32 tecken.",
        "State the case's id at your side, 1-31 characters, without an identity number. "
        "CSN rejects the whole question at 32 characters.",
    ),
)
SOURCE_OUTSIDE_PURPOSE = ProblemKind(
    "source_outside_purpose",
    422,
    Words("Ändamålet omfattar inte alla valda källor", "The purpose does not cover all chosen sources"),
    Words("Välj bland källorna i allowedSources.", "Choose among the sources in allowedSources."),
    check=FIELDS,
)
PERIOD_INVALID = ProblemKind(
    "period_invalid",
    422,
    Words("Perioden kan inte användas", "The period cannot be used"),
    Words(
        "Ange from före to, och högst två år när Försäkringskassan frågas.",
        "State from before to, and at most two years when Försäkringskassan is asked.",
    ),
)
TENANT_NOT_CONFIGURED = ProblemKind(
    "tenant_not_configured",
    403,
    Words(
        "Organisationen har ingen gällande text om ändamål och lagstöd för det här",
        "The organisation has no purpose and legal text in force for this",
    ),
    Words(
        "Be er förvaltare registrera texterna med giltighetstid (docs/operations.md).",
        "Ask your administrator to register the texts with their validity (docs/operations.md).",
    ),
    check=GROUND,
)
BOARD_UNKNOWN = ProblemKind(
    "board_unknown",
    422,
    Words("Nämnden finns inte i organisationens uppgifter", "The board is not in the organisation's profile"),
    Words(
        "Ange en av koderna i allowedBoards, eller ingen nämnd. Är den tom har er förvaltare inte registrerat någon.",
        "State one of the codes in allowedBoards, or no board. If it is empty, your administrator has registered none.",
    ),
)
NO_GROUND = ProblemKind(
    "no_ground",
    403,
    Words("Det finns inget rättsligt stöd i kraft för begäran", "No legal ground is in force for the request"),
    Words(
        "Se items: för varje informationsmängd står varför. Ändra ändamål eller välj bort den.",
        "See items: each information set states why. Change the purpose or leave it out.",
    ),
    check=GROUND,
)
KIND_NOT_PERMITTED = ProblemKind(
    "kind_not_permitted",
    403,
    Words("Den här sortens organisation får inte begära detta", "This kind of organisation may not ask for this"),
    Words(
        "Se items. Rätten följer av lag och kan inte ges av förvaltaren.",
        "See items. The right follows from statute and cannot be granted by the administrator.",
    ),
    check=GROUND,
)
ILLEGAL_TRANSITION = ProblemKind(
    "illegal_transition",
    409,
    Words("Samrådet kan inte ändras så från sitt nuvarande läge", "The consultation cannot change so from its state"),
    Words("Välj en av åtgärderna i legalActions.", "Choose one of the actions in legalActions."),
)
CLAIMED_BY_ANOTHER = ProblemKind(
    "claimed_by_another",
    409,
    Words("Någon annan har tagit samrådet", "Someone else has claimed the consultation"),
    Words(
        "Tala med den som står i assignedTo, eller välj ett annat samråd.",
        "Talk to the one in assignedTo, or choose another consultation.",
    ),
)
NOTHING_PROPOSED = ProblemKind(
    "nothing_proposed",
    409,
    Words("Inget svar väntar på godkännande", "No answer waits to be approved"),
    Words(
        "Läs samrådet på nytt: svaret kan ha skickats, lämnats åter eller fallit bort när något annat hände.",
        "Read the consultation again: it may have been answered, sent back, or voided when something else happened.",
    ),
)
SECOND_PERSON_REQUIRED = ProblemKind(
    "second_person_required",
    409,
    Words("En annan handläggare måste ta ställning", "Another handler has to decide"),
    Words(
        "Be en kollega som inte har samrådet och inte har skrivit svaret att godkänna det eller lämna det åter.",
        "Ask a colleague who neither has the consultation nor wrote the answer to approve it or send it back.",
    ),
)
NOT_HELD = ProblemKind(
    "not_held",
    409,
    Words("Ni har inte samrådet", "You do not have the consultation"),
    Words(
        "Utkast sparas av den handläggare som har tagit samrådet. Ta det, eller spara texten hos er.",
        "Drafts are saved by the handler who has the consultation. Claim it, or keep the text on your side.",
    ),
)
NOTE_SUPERSEDED = ProblemKind(
    "note_superseded",
    409,
    Words("Anteckningen har redan ersatts", "The note has been superseded already"),
    Words("Läs anteckningarna på nytt och ersätt den senaste.", "Read the notes again and supersede the latest one."),
)
TEMPLATE_FIELDS_INVALID = ProblemKind(
    "template_fields_invalid",
    422,
    Words("Mallens fält kan inte användas", "The fields of the template cannot be used"),
    Words(
        "Skriv bara fälten i allowedFields, så här: {{caseReference}}, varje fält högst två gånger.",
        "Write only the fields in allowedFields, like this: {{caseReference}}, each of them twice at most.",
    ),
)
TOO_MANY_TEMPLATES = ProblemKind(
    "too_many_templates",
    409,
    Words("Det finns redan så många mallar som får finnas", "There are as many templates as there may be"),
    Words("Ta bort en mall först.", "Remove a template first."),
)
ALREADY_REOPENED = ProblemKind(
    "already_reopened",
    409,
    Words("Samrådet har redan öppnats på nytt", "The consultation has been reopened already"),
    Words("Fortsätt i omgången i nextConsultationId.", "Go on in the round in nextConsultationId."),
)
HIDDEN_OTHERWISE = ProblemKind(
    "hidden_otherwise",
    409,
    Words("Samrådet är inte dolt på det sätt som krävs", "The consultation is not hidden in the way that it must be"),
    Words(
        "Se restricted: märk bara det som inte är dolt, och ta bara bort en märkning som finns.",
        "See restricted: mark only what is not hidden, and remove only a mark that is there.",
    ),
)
PULSE_NOT_OPEN = ProblemKind(
    "pulse_not_open",
    409,
    Words("Inget svar kan lämnas om hur det gick", "Nothing can be said of how it went"),
    Words(
        "Svara en gång, när samrådet är avslutat. Se state.",
        "Answer once, when the consultation has been closed. See state.",
    ),
)
EVENT_NOT_CORRECTABLE = ProblemKind(
    "event_not_correctable",
    422,
    Words("Det finns ingen sådan händelse att rätta", "There is no such event to correct"),
    Words(
        "Ange sequence för en händelse i tidslinjen som inte själv är en rättelse.",
        "State the sequence of an event in the timeline that is not itself a correction.",
    ),
)
TIME_NOT_PERMITTED = ProblemKind(
    "time_not_permitted",
    422,
    Words("Händelsen kan inte ha skett då", "The event cannot have happened then"),
    Words(
        "Ange en tid från earliest till latest: mellan händelserna före och efter, och inte efter registreringen.",
        "State a time from earliest to latest: between the events before and after, and not after it was recorded.",
    ),
)
NOT_ANSWERING = ProblemKind(
    "not_answering",
    403,
    Words(
        "Bara den svarande myndigheten anger öppettider, målvärden, godkännanden och mallar, och registrerar åt andra",
        "Only the answering authority states hours, targets, approvals and templates, and registers for others",
    ),
    Words(
        "Tala med Arbetsförmedlingen. Öppettider och mål läses med GET; egna frågor öppnas som samråd.",
        "Talk to Arbetsförmedlingen. Hours and targets are read by GET; own questions are opened as consultations.",
    ),
    check=TENANCY,
)
BEGINS_TOO_EARLY = ProblemKind(
    "begins_too_early",
    422,
    Words("Ändringen börjar för tidigt eller för sent", "The change begins too early, or too late"),
    Words(
        "Ange en dag från earliest till latest: det som redan har räknats räknas aldrig om.",
        "State a day from earliest to latest: what has been counted is never counted differently.",
    ),
)
OPENING_INVALID = ProblemKind(
    "opening_invalid",
    422,
    Words("Öppettiderna kan inte användas", "The opening hours cannot be used"),
    Words(
        "Rätta fälten i errors: öppet minst en timme i veckan, öppning före stängning, och för en halvdag en dag eller "
        "en regel.",
        "Correct the fields in errors: open for an hour a week at least, opening before closing, and for a half day "
        "a date or a rule.",
    ),
)
QUEUE_EMPTY = ProblemKind(
    "queue_empty",
    404,
    Words("Inget samråd väntar på att tas", "No consultation waits to be claimed"),
    Words("Försök igen om en stund, eller ta ur en annan kö.", "Try again in a while, or take from another queue."),
)
FILTERS_NOT_COMBINABLE = ProblemKind(
    "filters_not_combinable",
    422,
    Words("Filtren kan inte användas tillsammans", "The filters cannot be used together"),
    Words(
        "Ändra något av dem som står i filters. tab, turn, escalated och awaitingApproval utesluter varandra; turn och "
        "sort=oldest kräver unit och går inte med queue eller type, utom med assigned=me.",
        "Change one of those in filters. tab, turn, escalated and awaitingApproval exclude each other; turn and "
        "sort=oldest need unit and go without queue and type, but for assigned=me.",
    ),
)
UNIT_HANDLES_NOTHING = ProblemKind(
    "unit_handles_nothing",
    422,
    Words("Enheten finns inte bland dem som tar emot samråd", "The unit is not among those that handle consultations"),
    Words("Välj en kod ur listan över enheter.", "Choose a code from the list of units."),
)
WITH_THE_UNIT_ALREADY = ProblemKind(
    "with_the_unit_already",
    409,
    Words("Samrådet är redan hos enheten", "The consultation is with the unit already"),
    Words("Välj en annan enhet, eller låt det ligga kvar.", "Choose another unit, or leave it where it is."),
)
REDISTRIBUTION_INVALID = ProblemKind(
    "redistribution_invalid",
    422,
    Words("Omfördelningen kan inte göras", "The redistribution cannot be made"),
    Words(
        "Ange varje mottagare en gång, och inte den som är frånvarande.",
        "Name each recipient once, and not the one who is absent.",
    ),
)
TOO_MANY_VIEWS = ProblemKind(
    "too_many_views",
    409,
    Words("Det finns redan så många sparade vyer som får finnas", "There are as many saved views as there may be"),
    Words("Ta bort en vy först.", "Remove a view first."),
)
SEARCH_INVALID = ProblemKind(
    "search_invalid",
    422,
    Words("Sökningen kan inte göras", "The search cannot be made"),
    Words(
        "Sök på en sak i taget: number (minst S, två siffror, streck och ett tecken), caseReference, person med "
        "purpose, eller handler.",
        "Search by one thing at a time: number (at least S, two digits, a hyphen and one character), caseReference, "
        "person with purpose, or handler.",
    ),
)
LOOKUP_NOT_USABLE = ProblemKind(
    "lookup_not_usable",
    422,
    Words("Slagningen kan inte knytas till samrådet", "The look-up cannot be tied to the consultation"),
    Words(
        "Ange en egen besvarad slagning om samma person och ärende.",
        "Name an answered look-up of your own about the same person and case.",
    ),
    # Whatever is the matter with it: that a look-up is another organisation's must not be told apart.
    check=TENANCY,
)
PROTECTED_IDENTITY = ProblemKind(
    "protected_identity",
    409,
    Words("Personen har skyddade personuppgifter", "The person has protected identity"),
    Words("Ring Arbetsförmedlingens myndighetslinje.", "Phone Arbetsförmedlingen's line for authorities."),
)
ENUMERATION_BRAKE = ProblemKind(
    "enumeration_brake",
    429,
    Words(
        "Frågor om för många olika personer på kort tid",
        "Questions about too many different persons in a short time",
    ),
    Words(
        "Vänta den tid som Retry-After anger. Behöver ni fråga om fler, tala med er förvaltare, som ser det i loggen.",
        "Wait as Retry-After says. To ask about more, talk to your administrator, who sees it in the trail.",
    ),
)
CUT_NOT_KEPT = ProblemKind(
    "cut_not_kept",
    422,
    Words("Siffror finns inte i den här kombinationen", "No figures are kept by this combination"),
    Words(
        "Välj ett snitt i taget, eller kommun och typ (docs/lead-times.md).",
        "Choose one cut at a time, or municipality and type (docs/lead-times.md).",
    ),
)
FIGURES_WITHHELD = ProblemKind(
    "figures_withheld",
    403,
    Words("Siffrorna gäller andra än den egna organisationen", "The figures are of others than your own organisation"),
    Words(
        "Utelämna snittet så visas de egna. Om andra visas bara ledtider per hel avslutad månad.",
        "Leave the cut out to see your own. Of others only lead times of whole, ended months are told.",
    ),
    check=TENANCY,
)
CERTIFICATE_NOT_ACCEPTED = ProblemKind(
    "certificate_not_accepted",
    401,
    Words(
        "Certifikatet är inte registrerat, eller gäller inte längre", "The certificate is not registered or has ended"
    ),
    Words(
        "Be den som driver tjänsten registrera certifikatets fingeravtryck (docs/facade.md).",
        "Ask the one who runs the service to register the certificate's fingerprint (docs/facade.md).",
    ),
)
NOT_SOAP = ProblemKind(
    "not_soap",
    400,
    Words("Kroppen är inget SOAP 1.1-meddelande", "The body is no SOAP 1.1 message"),
    Words(
        "Skicka text/xml i UTF-8: ett Envelope med ett Body, och i det en fråga enligt WSDL.",
        "Send text/xml in UTF-8: an Envelope with one Body, and in it one question by the WSDL.",
    ),
)
BREAKS_CONTRACT = ProblemKind(
    "breaks_contract",
    422,
    Words("Frågan följer inte kontraktet", "The question does not keep to the contract"),
    Words(
        "Rätta elementen som namnges. Schemat finns på ?wsdl.",
        "Correct the elements that are named. The schema is at ?wsdl.",
    ),
)
ASKER_NOT_OWN = ProblemKind(
    "asker_not_own",
    403,
    Words(
        "Ingivaren är en annan organisation än den som certifikatet är registrerat för",
        "The asker is another organisation than the one that the certificate is registered for",
    ),
    Words(
        "Ange det egna organisationsnumret i ingivare: 16 och tio siffror.",
        "State your own organisation number in ingivare: 16 and ten digits.",
    ),
    check=TENANCY,
)
HANDLER_INVALID = ProblemKind(
    "handler_invalid",
    422,
    Words("Uppgiften om handläggare kan inte användas", "What is stated as the handler cannot be used"),
    Words(
        "Ange handläggarens namn eller användaridentitet i högst 100 tecken, utan personnummer.",
        "State the handler's name or user id in at most 100 characters, without an identity number.",
    ),
)
PURPOSE_UNCLEAR = ProblemKind(
    "purpose_unclear",
    422,
    Words("Det går inte att avgöra vad frågan är till för", "What the question is for cannot be told"),
    Words(
        "Skriv syfte som i er registrerade text, eller be om ett förvalt ändamål för certifikatet.",
        "Write syfte as in your registered text, or ask for a default purpose for the certificate.",
    ),
)
ANOTHER_PERSON_IN_PART = ProblemKind(
    "another_person_in_part",
    422,
    Words("En del av frågan gäller en annan person", "A part of the question is about another person"),
    Words(
        "Ställ frågan till alla källor om samma person.",
        "Ask every source about the same person.",
    ),
)
LOOKUP_COMPLETE = ProblemKind(
    "lookup_complete",
    409,
    Words("Det finns inget att komplettera", "There is nothing to complete"),
    Words(
        "Alla tillfrågade källor har lästs i sin helhet. Gör en ny slagning för nya uppgifter.",
        "Every asked source has been read in full. Make a new look-up for newer information.",
    ),
)
LOOKUP_CONTENT_EXPIRED = ProblemKind(
    "lookup_content_expired",
    409,
    Words("Det som lästes förut finns inte kvar", "What was read before is no longer kept"),
    Words(
        "Gör en ny slagning. Svaren sparas bara en kort tid, och bara när en källa har felat.",
        "Make a new look-up. Answers are kept for a short while only, and only when a source failed.",
    ),
)
COMPLETION_IN_PROGRESS = ProblemKind(
    "completion_in_progress",
    409,
    Words("Slagningen ställs redan till källorna just nu", "The look-up is being put to the sources right now"),
    Words(
        "Vänta den tid som Retry-After anger och läs slagningen.",
        "Wait as Retry-After says and read the look-up.",
    ),
)
SOURCE_NOT_FAILED = ProblemKind(
    "source_not_failed",
    422,
    Words("Alla valda källor har inte felat", "Not all chosen sources have failed"),
    Words("Välj bland källorna i failedSources.", "Choose among the sources in failedSources."),
)
HOUSEHOLD_INVALID = ProblemKind(
    "household_invalid",
    422,
    Words("Hushållet kan inte användas", "The household cannot be used"),
    Words(
        "Rätta personerna som anges i errors: en sökande, högst en medsökande, och ingen person två gånger.",
        "Correct the persons listed in errors: one applicant, at most one co-applicant, and no person twice.",
    ),
)
HOUSEHOLD_TIME_OVER = ProblemKind(
    "household_time_over",
    503,
    Words("Tiden tog slut innan någon fråga ställdes om personen", "The time was over before the person's turn came"),
    Words(
        "Ingen fråga har ställts om personen. Gör en slagning, eller en ny komplettering.",
        "No question has been asked about the person. Make a look-up, or another completion.",
    ),
)
WEBHOOK_ADDRESS_REFUSED = ProblemKind(
    "webhook_address_refused",
    422,
    Words("Adressen kan inte ta emot händelser", "Events cannot be sent to the address"),
    Words(
        "Ange en https-adress med värdnamn på port 443, utan användare och fragment. Se reason.",
        "State an https address with a host name on port 443, without user and fragment. See reason.",
    ),
)
WEBHOOK_SUBSCRIPTIONS_FULL = ProblemKind(
    "webhook_subscriptions_full",
    409,
    Words("Organisationen har så många prenumerationer som den får", "The organisation has all subscriptions it may"),
    Words("Ta bort en som inte används.", "Remove one that is not in use."),
)
WEBHOOK_NOT_VALIDATED = ProblemKind(
    "webhook_not_validated",
    409,
    Words("Mottagaren upprepade inte utmaningen", "The receiver did not repeat the challenge"),
    Words(
        'Svara 200 och {"challenge": ...} med data.challenge ur meddelandet, och försök igen. Se outcome, httpStatus.',
        'Answer 200 and {"challenge": ...} with data.challenge of the message, and try again. See outcome, httpStatus.',
    ),
)
WEBHOOK_NOT_ACTIVE = ProblemKind(
    "webhook_not_active",
    409,
    Words("Prenumerationen är inte aktiv", "The subscription is not active"),
    Words("Validera mottagaren först.", "Validate the receiver first."),
)
