"""The unemployment funds' answers: `GetUnemploymentBenefitPaymentResponseType`."""

from datetime import timedelta

from services.consultation.lookups.simulator.answers.common import data
from services.consultation.lookups.simulator.elements import element, month_of, paydays, texts
from services.consultation.lookups.simulator.question import Question
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.xml import Element

NAMESPACE = "http://INT014.UBPService.Schemas"
FUND = "Exempelkassan"


def payments(question: Question) -> Element:
    """One fund that pays every month."""
    return _answer(question, _fund("OK", *_payments(question)))


def suspension(question: Question) -> Element:
    """A fund that has suspended the person for 45 days, with an application waiting."""
    period = question.periods[SourceCode.SO]
    days = {
        "AvstangdFrom": period.first.isoformat(),
        "AvstangdTom": (period.first + timedelta(days=44)).isoformat(),
    }
    waiting = _part(
        "AnsoktOmErsattning", _nil("BeslutOmRattTillErsattning"), _text("AnsokanOmUtbetalningInlamnad", "true")
    )
    return _answer(question, _fund("OK", _part("Avstangningar", *texts(NAMESPACE, days)), waiting))


def nothing(question: Question) -> Element:
    """A fund has answered and has nothing."""
    return _answer(question, _fund("OK"))


def _answer(question: Question, *funds: Element) -> Element:
    period = question.periods[SourceCode.SO]
    echo = {
        "OrganisationsnummerIngivare": question.organisation_number,
        "NamnIngivare": question.organisation_name,
        "KontonamnHandlaggare": question.handler,
        "Referensnummer": question.case_reference,
        "From": period.first.isoformat(),
        "Tom": period.last.isoformat(),
        "Syfte": question.purpose,
        "Paragraf": question.legal_text,
        "IdentificationNumber": question.person,
    }
    return data(question, *texts(NAMESPACE, echo), _part("ArbetsloshetsersattningLista", *funds))


def _fund(status: str, *content: Element) -> Element:
    head = {"SvarandeOrganisation": FUND, "StatusSvarandeOrganisation": status}
    return _part("Arbetsloshetsersattning", *texts(NAMESPACE, head), *content)


def _payments(question: Question) -> list[Element]:
    made = []
    for day in paydays(question.periods[SourceCode.SO]):
        month = month_of(day)
        fields = {
            "Utbetalningsdatum": day.isoformat(),
            "NettoEfterSkatt": "11240.00",
            "NettoEfterAvdrag": "10740.00",
            "Ersattningsdagar": "21.5",
            "AvserFrom": month.first.isoformat(),
            "AvserTom": month.last.isoformat(),
        }
        made.append(_part("Utbetalningar", *texts(NAMESPACE, fields)))
    return made


def _nil(name: str) -> Element:
    nil = element(NAMESPACE, name)
    nil.set("{http://www.w3.org/2001/XMLSchema-instance}nil", "true")
    return nil


def _part(name: str, *content: Element) -> Element:
    return element(NAMESPACE, name, *content)


def _text(name: str, text: str) -> Element:
    return element(NAMESPACE, name, text)
