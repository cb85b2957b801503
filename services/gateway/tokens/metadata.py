"""What the issuer publishes about itself (RFC 8414)."""

from collections.abc import Sequence
from typing import Any

from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from services.gateway.scopes import all_scope_names
from shared.tokens.jose import FAPI_ALGORITHMS
from shared.tokens.profile import SecurityProfile

METADATA_PATH = "/.well-known/oauth-authorization-server"
TOKEN_PATH = "/oauth/token"  # noqa: S105 (a path)
KEYS_PATH = "/oauth/jwks"


def issuer_metadata(
    public_url: str, audiences: dict[str, str], docs_url: str, profile: SecurityProfile
) -> dict[str, Any]:
    """The document. Raises ValueError when it breaks RFC 8414."""
    document = {
        "issuer": public_url,
        "token_endpoint": public_url + TOKEN_PATH,
        "jwks_uri": public_url + KEYS_PATH,
        "grant_types_supported": ["client_credentials"],
        # Required by the RFC although there is no authorization endpoint, and never empty.
        "response_types_supported": ["none"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": _spelled(profile.assertion_algorithms),
        "dpop_signing_alg_values_supported": _spelled(FAPI_ALGORITHMS),
        "scopes_supported": all_scope_names(),
        "protected_resources": list(audiences.values()),
        "service_documentation": docs_url,
        "ui_locales_supported": ["sv", "en"],
    }
    _validate(document)
    return document


def _spelled(algorithms: Sequence[str]) -> list[str]:
    # The older name of Ed25519 is accepted with it, and is what some libraries look for.
    return [*algorithms, "EdDSA"]


def _validate(document: dict[str, Any]) -> None:
    # The RFC wants https, which a demo on loopback does not have; everything else is held to it there too.
    secured = {
        name: value.replace("http://", "https://", 1) if isinstance(value, str) else value
        for name, value in document.items()
    }
    AuthorizationServerMetadata(secured).validate()
