"""Answers whose months differ: made from the ordinary ones, with the latest month changed."""

import json
from base64 import b64decode, b64encode

from lxml import etree

from services.consultation.lookups.simulator.answers import csn, fk, so
from services.consultation.lookups.simulator.question import Question
from services.consultation.lookups.sources.ssbtek.xml import Element

_RAISED = {"bruttobelopp": 10900, "skattebelopp": 2617.5, "avdragsbelopp": 3117.5, "nettobelopp": 7782.5}


def fk_raised(question: Question) -> Element:
    """Activity support that has been paid every month, and more of it in the latest."""
    data = fk.payments(question)
    wrapper = data[0]
    document = json.loads(b64decode(wrapper.text or ""))
    information = document["formansinformation"]
    paid = [*information["utbetalningsuppgift"], *information.pop("preliminarautbetalningar", [])]
    paid[-1] |= {name: {"summa": amount, "valuta": "SEK"} for name, amount in _RAISED.items()}
    information["utbetalningsuppgift"] = paid
    wrapper.text = b64encode(json.dumps(document, ensure_ascii=False).encode()).decode("ascii")
    return data


def so_ended(question: Question) -> Element:
    """A fund that has paid, but not in the latest month."""
    data = so.payments(question)
    (*_, latest) = data.iter(f"{{{so.NAMESPACE}}}Utbetalningar")
    _remove(latest)
    return data


def csn_started(question: Question) -> Element:
    """Grant and loan that were paid for the first time in the latest month."""
    data = csn.payments(question)
    wrapper = data[0]
    root = etree.fromstring(b64decode(wrapper.text or ""))
    (*earlier, latest) = root.iter(f"{{{csn.FINANCE}}}Utbetalning")
    for each in earlier:
        _remove(each)
    for status in latest.iter(f"{{{csn.TYPES}}}utbetstatus"):
        status.text = "Utbetald"
    document = etree.tostring(root, encoding="ISO-8859-1", xml_declaration=True)
    wrapper.text = b64encode(document).decode("ascii")
    return data


def _remove(element: Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
