"""Forms at rest: sealed, since people write in some of them, and bound to their consultation."""

import uuid

from pydantic import TypeAdapter

from services.consultation.consultations.forms.models import Details, Form
from shared.vault import Vault

_READ: TypeAdapter[Form] = TypeAdapter(Details)


def seal_form(vault: Vault, consultation_id: uuid.UUID, form: Form) -> bytes:
    """The form as ciphertext; beside another consultation it does not open."""
    return vault.seal(form.model_dump_json(by_alias=True).encode(), _purpose(consultation_id))


def open_form(vault: Vault, consultation_id: uuid.UUID, sealed: bytes) -> Form:
    """The form again. Raises CannotOpen."""
    return _READ.validate_json(vault.open(sealed, _purpose(consultation_id)))


def _purpose(consultation_id: uuid.UUID) -> str:
    return f"details:{consultation_id}"
