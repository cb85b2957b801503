"""Refusals of attachments."""

from shared.problems import ProblemKind, Words

ATTACHMENT_NAME_INVALID = ProblemKind(
    "attachment_name_invalid",
    422,
    Words("Filnamnet kan inte användas", "The file name cannot be used"),
    Words(
        "Ange Content-Disposition: attachment; filename*=UTF-8''namn.pdf, ett namn på högst 150 tecken utan sökväg. "
        "Se reason.",
        "State Content-Disposition: attachment; filename*=UTF-8''name.pdf, a name of at most 150 characters without a "
        "path. See reason.",
    ),
)
ATTACHMENT_UNFIT = ProblemKind(
    "attachment_unfit",
    422,
    Words("Filen tas inte emot", "The file is not taken"),
    Words(
        "Skicka PDF, PNG, JPEG, text i UTF-8, DOCX, XLSX, ODT eller ODS, utan lösenord och makron. Se reason.",
        "Send PDF, PNG, JPEG, text in UTF-8, DOCX, XLSX, ODT or ODS, without password and macros. See reason.",
    ),
)
ATTACHMENTS_FULL = ProblemKind(
    "attachments_full",
    409,
    Words("Det finns inte plats för fler bilagor", "There is no room for more attachments"),
    Words(
        "Se limit: ta bort en bilaga som inte har lämnats, eller vänta till i morgon.",
        "See limit: remove an attachment that has not been told, or wait until tomorrow.",
    ),
)
ATTACHMENT_NOT_AVAILABLE = ProblemKind(
    "attachment_not_available",
    409,
    Words("Bilagan kan inte hämtas", "The attachment cannot be fetched"),
    Words(
        "Se scan: försök igen om en stund om den väntar på att granskas. En smittad fil hämtas aldrig.",
        "See scan: try again in a while when it waits to be scanned. An infected file is never fetched.",
    ),
)
ATTACHMENT_TOLD = ProblemKind(
    "attachment_told",
    409,
    Words("Bilagan har lämnats till den andra sidan", "The attachment has been told to the other side"),
    Words(
        "Den är en handling i samrådet och tas inte bort. Rätta i nästa meddelande.",
        "It is a document of the consultation and is not removed. Correct it in the next message.",
    ),
)
ATTACHMENTS_DO_NOT_MATCH = ProblemKind(
    "attachments_do_not_match",
    422,
    Words("Bilagorna kan inte följa med", "The attachments cannot go with it"),
    Words(
        "Ange den egna sidans bilagor i samrådet, en gång var, som inte redan har lämnats och inte är smittade.",
        "Name attachments of your own side in this consultation, once each, not told already and not infected.",
    ),
)
ATTACHMENTS_UNAVAILABLE = ProblemKind(
    "attachments_unavailable",
    503,
    Words("Bilagorna kan inte nås just nu", "The attachments cannot be reached just now"),
    Words(
        "Försök igen efter den tid som Retry-After anger. Ingenting har gått förlorat, och ingenting har tagits emot.",
        "Try again after the time in Retry-After. Nothing has been lost, and nothing has been taken.",
    ),
)
ATTACHMENT_DAMAGED = ProblemKind(
    "attachment_damaged",
    409,
    Words("Den sparade filen är inte den som lämnades", "The file that is kept is not the one that was given"),
    Words(
        "Ingenting har lämnats ut. Anmäl det till den som driver tjänsten, och be om filen på nytt.",
        "Nothing has been disclosed. Report it to whoever runs the service, and ask for the file again.",
    ),
)
