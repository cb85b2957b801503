"""`openapi`: the committed OpenAPI files, from the code."""

import argparse
import json
import logging
import sys

from services.assembly.commands.place import ROOT


def openapi_command(chosen: argparse.Namespace) -> int:
    """Write, or compare, the committed OpenAPI files."""
    # FastAPI tells that it would check e-mail addresses if it could; the documents hold none to check.
    logging.getLogger("fastapi").setLevel("ERROR")
    from services.agreements.main import openapi_document as agreements_openapi
    from services.consultation.main import openapi_document as consultation_openapi

    differing = []
    for name, make in (("consultation", consultation_openapi), ("agreements", agreements_openapi)):
        file = ROOT / "services" / name / "openapi.json"
        text = json.dumps(make(), ensure_ascii=False, indent=2) + "\n"
        if chosen.check and (not file.exists() or file.read_text("utf-8") != text):
            differing.append(str(file.relative_to(ROOT)))
        elif not chosen.check:
            file.write_text(text, "utf-8")
    if differing:
        print(f"differ from the code: {', '.join(differing)}. Run: make openapi", file=sys.stderr)
    return 1 if differing else 0
