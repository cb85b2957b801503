"""Refusals of FAQ entries."""

from shared.problems import ProblemKind, Words

FAQ_SOURCE_UNFIT = ProblemKind(
    "faq_source_unfit",
    409,
    Words("Av samrådet kan ingen FAQ-post göras", "No FAQ entry can be made of the consultation"),
    Words(
        "Föreslå poster ur besvarade samråd av typen decision_interpretation.",
        "Propose entries from answered consultations of the type decision_interpretation.",
    ),
)
FAQ_PROPOSED_ALREADY = ProblemKind(
    "faq_proposed_already",
    409,
    Words("Ett förslag väntar redan", "A proposal waits already"),
    Words("Läs det på proposalId och skriv om det med PUT.", "Read it by proposalId and rewrite it by PUT."),
)
FAQ_SENT_BACK = ProblemKind(
    "faq_sent_back",
    409,
    Words("Förslaget har lämnats åter", "The proposal has been sent back"),
    Words("Skriv om det med PUT; sedan kan det bekräftas.", "Rewrite it by PUT; then it can be confirmed."),
)
FAQ_WRITTEN_BY_CONFIRMER = ProblemKind(
    "faq_written_by_confirmer",
    409,
    Words("Den som har skrivit texten kan inte bekräfta den", "Who has written the text cannot confirm it"),
    Words(
        "Be en kollega som inte har skrivit något av den att läsa och bekräfta den, eller lämna den åter.",
        "Ask a colleague who has written none of it to read it, and confirm it or send it back.",
    ),
)
FAQ_IDENTIFIES = ProblemKind(
    "faq_identifies",
    422,
    Words("Texten kan leda till någon", "The text may lead to somebody"),
    Words(
        "Skriv om fälten i errors utan det som reason anger (kodlistan faqLeads). Skriv datum i ord.",
        "Rewrite the fields in errors without what reason says (code list faqLeads). Write dates in words.",
    ),
)
