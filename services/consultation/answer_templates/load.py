"""Loads the sandbox's starter set of templates: invented, and each of its texts says so."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path

from services.consultation.answer_templates.domain import Placing, Template, require_known_fields
from services.consultation.answer_templates.repository import Editing, add_edition
from shared.database.engine import Database, Tenancy

_WRITTEN = datetime(2026, 11, 20, tzinfo=UTC)
SANDBOX = Path(__file__).with_name("sandbox.json")


def starter_set() -> list[Template]:
    """The first editions. Raises Problem when one has a field that there is not."""
    templates = []
    for each in json.loads(SANDBOX.read_text("utf-8")):
        require_known_fields(each["text"])
        placing = Placing(each["type"], each["category"], None)
        templates.append(Template(uuid.UUID(each["id"]), 1, each["name"], placing, each["text"]))
    return templates


async def load_starter_set(owner_url: str, answering: str) -> None:
    """Add what is not there; what has been edited or removed since stays so. `owner_url` is of who owns the tables."""
    database = Database(owner_url, pool_size=1)
    editing = Editing(answering, "sandbox", "sandbox", _WRITTEN)
    try:
        async with database.begin(Tenancy(answering)) as connection:
            for template in starter_set():
                await add_edition(connection, editing, template)
    finally:
        await database.close()
