"""What `./samrad audit` takes. Kept apart from what it does, so that other commands don't wait for it to load."""

import argparse
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

from shared.identity import passes_for_identity

TRAILS = ("consultation", "agreements")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)

Command = Callable[[argparse.Namespace], int]


def add_audit_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", command: Command) -> None:
    """`audit verify`, `extract`, `review` and `events`. `command` carries out what `audit` names."""
    audit = commands.add_parser("audit", help="verify the trail, extract what it says of a person, check a handler")
    kinds = audit.add_subparsers(required=True, metavar="WHAT", dest="audit")
    verify = kinds.add_parser("verify", help="whether the trail is what was written; exit code 1 when it is not")
    verify.add_argument("--checkpoints", type=Path, metavar="DIR", help="hold it to the checkpoints in this directory")
    verify.add_argument(
        "--key", type=Path, metavar="FILE", help="public keys of the checkpoints, JWK or JWK set (default: in DIR)"
    )
    verify.add_argument("--trail", choices=TRAILS, help="one of them (default: both)")
    verify.add_argument("--from", dest="first", type=_position, default=1, metavar="N", help="begin at a position")
    extract = kinds.add_parser(
        "extract",
        help="everything the trail says of a person",
        description="Everything the trail says of a person. The identity number is read from standard input, or asked "
        "for: never write it on the command line, where everybody on the machine can see it.",
    )
    extract.add_argument("--person", required=True, type=_standard_input, metavar="-", help="- for standard input")
    extract.add_argument("--language", choices=["sv", "en", "both"], default="both")
    extract.add_argument("--with-handlers", action="store_true", help="name handlers too; see docs/operations.md")
    review = kinds.add_parser("review", help="what a handler has looked at, for a spot check")
    review.add_argument("--handler", required=True, type=_id, metavar="ID")
    review.add_argument("--organisation", required=True, metavar="NUMBER", help="the handler's, ten digits")
    review.add_argument("--from", dest="first", type=_day, metavar="DAY", help="YYYY-MM-DD, included")
    review.add_argument("--to", dest="last", type=_day, metavar="DAY", help="YYYY-MM-DD, included")
    review.add_argument("--sample", type=_position, metavar="N", help="so many events, drawn the same way each time")
    for listing in (extract, review):
        listing.add_argument("--format", choices=["json", "csv"], default="json")
        listing.add_argument("--by", required=True, type=_id, metavar="ID", help="who does this; goes into the trail")
    kinds.add_parser("events", help="the table of every event, as it stands in docs/audit-events.md")
    audit.set_defaults(command=command)


def _standard_input(text: str) -> str:
    if text != "-":
        # Without the text: it may be the number.
        raise argparse.ArgumentTypeError("write --person - and give the number on standard input")
    return text


def _id(text: str) -> str:
    if not _ID.fullmatch(text) or passes_for_identity(text):
        raise argparse.ArgumentTypeError("an id without personal data, 1-64 characters: A-Z a-z 0-9 . _ -")
    return text


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a day is written YYYY-MM-DD") from None


def _position(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("a whole number from 1")
    return int(text)
