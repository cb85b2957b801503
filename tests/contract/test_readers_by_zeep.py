"""An independent reader, zeep in its lenient mode, agrees with our readers of AF and SO.

zeep is weak where answers deviate: after the first element that it does not expect, the known ones that follow land
beside their fields, and values that it cannot read become None. So it is asked about answers that keep to the schema.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.consultation.lookups.simulator.persons import PERSONS
from services.consultation.lookups.sources.domain import SourceCode
from services.consultation.lookups.sources.ssbtek.envelope import CompositeAnswer, read_answer
from services.consultation.lookups.sources.ssbtek.readers.reading import Reading
from services.consultation.lookups.sources.ssbtek.v10 import V10
from services.consultation.lookups.sources.ssbtek.xml import Element, only_child
from tests.contract.ssbtek_contract import needs_contract, zeep_client
from tests.sizes import fewer_persons
from tests.unit.lookups import golden
from tests.unit.lookups.given import MAX_BYTES, simulated

pytestmark = [needs_contract, pytest.mark.requirement(1)]

_AF = "{http://api.arbetsformedlingen.se/arbetssokande/ersattningsstod/v2}SvarMeddelande"
_SO = "{http://INT014.UBPService.Schemas}GetUnemploymentBenefitPaymentResponse"
_SIMULATED = fewer_persons(name for name, person in PERSONS.items() if person.fault is None and person.valid_by_schema)


def by_zeep(name: str, data: Element) -> Any:
    """What zeep makes of a `data` element, as an element of the source's own schema."""
    client = zeep_client(strict=False)
    return client.wsdl.types.get_element(name).parse(data, client.wsdl.types)


def data_of(person: str, code: SourceCode) -> Element | None:
    """The source's `data` element in what the simulator answers about the person."""
    composite = read_answer(simulated(person), V10, max_bytes=MAX_BYTES)
    assert isinstance(composite, CompositeAnswer)
    elements = composite.sources.get(code, [])
    return only_child(elements[0], "data") if elements else None


def day(value: date | None) -> str | None:
    return value.isoformat() if value is not None else None


def af_by_zeep(data: Element) -> dict[str, Any]:
    """AF's answer in our model, as zeep reads it."""
    svar = by_zeep(_AF, data).Svar
    info = svar.ArbetssokandeInfo
    # An element without children is None to zeep.
    listed = svar.BeslutInfo.EkonomiskaBeslut if svar.BeslutInfo else None
    decided = listed.Beslut if listed else []
    return {
        "jobseeker": info.Arbetssokande if info else None,
        "category": info.ArbetssokandeSKAT if info else None,
        "registered": day(info.ArbetssokandeRegistrerad) if info else None,
        "extent": info.ArbetssokandeOmfattning if info else None,
        "deregistered": day(info.ArbetssokandeAvaktualiserad) if info else None,
        "report": (
            (
                info.AktivetetsRapportDatum.AktivitetsRapportMeddelande,
                day(info.AktivetetsRapportDatum.SenasteAktivitetsRapportDatum),
            )
            if info
            else (None, None)
        ),
        "decisions": sorted(
            (day(each.BeslutFrom), day(each.BeslutTom), each.ErsattningTyp, each.Omfattning) for each in decided
        ),
        "fund": svar.Akassetillhorighet,
        "names": (svar.Fornamn, svar.Efternamn),
        "status": (str(svar.StatusSokandeinformationKod), svar.StatusSokandeinformationKodText),
        "reference": svar.Referensnummer,
        "protected": bool(svar.Sekretessmarkering),
        "subject": svar.IdentitetsbeteckningFysiskPerson,
    }


def af_by_us(reading: Reading) -> dict[str, Any]:
    """The same of our reading."""
    data: Any = reading.data
    return {
        **{key: data[key] for key in ("jobseeker", "category", "registered", "extent", "deregistered")},
        "report": (data["activityReport"]["message"], data["activityReport"]["latest"]),
        "decisions": [(each["from"], each["to"], each["type"], each["extent"]) for each in data["decisions"]],
        "fund": data["unemploymentFund"],
        "names": (data["person"]["givenName"], data["person"]["familyName"]),
        "status": (data["status"]["code"], data["status"]["text"]),
        "reference": data["reference"],
        "protected": reading.protected,
        "subject": reading.subject,
    }


def so_by_zeep(data: Element) -> list[dict[str, Any]]:
    """The funds in our model, as zeep reads them."""
    return [
        {
            "name": fund.SvarandeOrganisation,
            "status": fund.StatusSvarandeOrganisation,
            "payments": [
                (
                    day(each.Utbetalningsdatum),
                    each.NettoEfterSkatt,
                    each.NettoEfterAvdrag,
                    each.Ersattningsdagar,
                    day(each.AvserFrom),
                    day(each.AvserTom),
                )
                for each in fund.Utbetalningar
            ],
            "suspensions": [(day(each.AvstangdFrom), day(each.AvstangdTom)) for each in fund.Avstangningar],
            "application": (
                (
                    day(fund.AnsoktOmErsattning.BeslutOmRattTillErsattning),
                    fund.AnsoktOmErsattning.AnsokanOmUtbetalningInlamnad,
                )
                if fund.AnsoktOmErsattning
                else None
            ),
        }
        for fund in by_zeep(_SO, data).ArbetsloshetsersattningLista.Arbetsloshetsersattning
    ]


def so_by_us(reading: Reading) -> list[dict[str, Any]]:
    """The same of our reading, with amounts as numbers."""
    assert reading.data is not None
    return [
        {
            "name": fund["name"],
            "status": fund["status"],
            "payments": [
                (
                    each["date"],
                    Decimal(each["netAfterTax"]["amount"]),
                    Decimal(each["netAfterDeductions"]["amount"]),
                    Decimal(each["days"]),
                    each["from"],
                    each["to"],
                )
                for each in fund["payments"]
            ],
            "suspensions": [(each["from"], each["to"]) for each in fund["suspensions"]],
            "application": tuple(fund["application"].values()) if fund["application"] else None,
        }
        for fund in reading.data["funds"]
    ]


@pytest.mark.parametrize("name", golden.names(SourceCode.AF))
def test_zeep_reads_the_golden_answers_of_af_as_we_do(name: str) -> None:
    data = golden.document(name)

    assert af_by_us(golden.read(SourceCode.AF, data)) == af_by_zeep(data)


@pytest.mark.parametrize("name", golden.names(SourceCode.SO))
def test_zeep_reads_the_golden_answers_of_so_as_we_do(name: str) -> None:
    data = golden.document(name)

    assert so_by_us(golden.read(SourceCode.SO, data)) == so_by_zeep(data)


@pytest.mark.parametrize("person", _SIMULATED)
def test_zeep_reads_every_simulated_answer_of_af_and_so_as_we_do(person: str) -> None:
    af, so = data_of(person, SourceCode.AF), data_of(person, SourceCode.SO)

    if af is not None:
        assert af_by_us(golden.read(SourceCode.AF, af)) == af_by_zeep(af)
    if so is not None:
        assert so_by_us(golden.read(SourceCode.SO, so)) == so_by_zeep(so)
