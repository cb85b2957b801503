"""What the issuer can grant is what the services enforce, in the same words."""

import pytest

from services.agreements.scopes import SCOPES as AGREEMENTS
from services.consultation.scopes import SCOPES as CONSULTATION
from services.gateway.scopes import CATALOGUE
from shared.tokens.scopes import Scope


@pytest.mark.parametrize(("service", "enforced"), [("consultation", CONSULTATION), ("agreements", AGREEMENTS)])
def test_the_gateways_catalogue_is_the_services_own(service: str, enforced: dict[str, Scope]) -> None:
    assert {scope.name: scope for scope in CATALOGUE[service]} == enforced
