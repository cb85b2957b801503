"""Which sets of information a question names, by its form."""

from services.consultation.consultations.disclosures.domain import AskedSet, asked
from services.consultation.consultations.forms.models import Form, InformationRequestForm


def named_sets(form: Form | None) -> tuple[AskedSet, ...]:
    """The sets, with the basis of each; a question in words alone names none."""
    if not isinstance(form, InformationRequestForm):
        return ()
    return asked(form.information_sets, consent=form.consent_registered_on is not None)
