"""Pensionsmyndigheten's claims, decisions and other information.

Amounts are money where the contract says that they are SEK. Where it names no unit they are whole numbers.
"""

from services.consultation.lookups.sources.ssbtek.readers.fk_common import PM_PERIOD
from services.consultation.lookups.sources.ssbtek.readers.json_kinds import (
    BOOLEAN,
    DATE,
    INTEGER,
    KRONOR,
    NUMBER,
    PM_CODE,
    PM_DIGIT_CODE,
    TEXT,
)
from services.consultation.lookups.sources.ssbtek.readers.json_shapes import Listed, Members, Shape

CLAIMS = Listed(
    Shape(
        {
            "ansprakid": ("claimId", TEXT),
            "ankomstdatum": ("received", DATE),
            "formansgrupp": ("benefitGroup", PM_CODE),
            "yrkadPeriod": (None, PM_PERIOD),
        }
    )
)
"""`ansprak`."""

_SURVIVOR_BASIS: Members = {
    "efterlevandepensionsunderlag": ("survivorPensionBasis", INTEGER),
    "procent": ("percent", NUMBER),
}
_BASIS = Shape(
    {
        "bp": ("childPension", Shape(_SURVIVOR_BASIS)),
        "garp": (
            "guaranteePension",
            Shape(
                {
                    "antal40delar": ("fortieths", INTEGER),
                    "garantitillaggForGarantipension": ("guaranteeSupplement", INTEGER),
                    "ylAvdrag": ("injuryAnnuityDeduction", INTEGER),
                    "inkomstpensionForGarantipension": ("incomePension", INTEGER),
                    "tillaggspensionForGarantipension": ("supplementaryPension", INTEGER),
                }
            ),
        ),
        "garpEp": ("survivorGuaranteePension", Shape({"antal40delar": ("fortieths", INTEGER)})),
        "garpAp37": (
            "guaranteePensionOfOlder",
            Shape(
                {
                    "summaBerakningsunderlag": ("sumOfBasis", INTEGER),
                    "antal40delar": ("fortieths", INTEGER),
                    "antal30delar": ("thirtieths", INTEGER),
                    "pensionstillskott": ("pensionSupplement", INTEGER),
                    "uttagsprocentFp": ("withdrawalPercent", NUMBER),
                }
            ),
        ),
        "ip": ("incomePension", Shape({"ylAvdrag": ("injuryAnnuityDeduction", INTEGER)})),
        # So spelled in the contract.
        "livaranta": (
            "injuryAnnuity",
            Shape(
                {
                    "livrantefaktor": ("factor", NUMBER),
                    "arbetsgivarkod": ("employerCode", INTEGER),
                    "skadedatum": ("injured", DATE),
                    "arsinkomstInnanSkada": ("annualIncomeBeforeInjury", INTEGER),
                }
            ),
        ),
        "op": ("adjustmentPension", Shape(_SURVIVOR_BASIS)),
        "samordning": (
            "coordination",
            Shape(
                {
                    "beloppForeSamordning": ("amountBeforeCoordination", INTEGER),
                    "samordningstyper": ("types", Listed(PM_CODE)),
                }
            ),
        ),
        "tp": (
            "supplementaryPension",
            Shape(
                {
                    "sjoskattear": ("seamansTaxYears", INTEGER),
                    "uttagsprocent": ("withdrawalPercent", NUMBER),
                    "ylAvdrag": ("injuryAnnuityDeduction", INTEGER),
                    "garantitillagg": ("guaranteeSupplement", INTEGER),
                    "folkpensiontillagg": ("basicPensionSupplement", INTEGER),
                    "medelpoang": ("meanPoints", NUMBER),
                    "arMedPensionspoang": ("yearsWithPoints", INTEGER),
                    "erforderligaAr": ("requiredYears", NUMBER),
                }
            ),
        ),
        "ankep": (
            "widowsPension",
            Shape(
                {
                    "antal15delar": ("fifteenths", INTEGER),
                    "medelpoang": ("meanPoints", NUMBER),
                    "taljare": ("numerator", INTEGER),
                    "namnare": ("denominator", NUMBER),
                }
            ),
        ),
    }
)
"""What a compensation rests on; which of these there are depends on its type."""

_COMPENSATION = Shape(
    {
        "beslutatBelopp": (None, Shape({"belopp": ("amount", KRONOR), "beloppsfrekvens": ("frequency", PM_CODE)})),
        "period": (None, PM_PERIOD),
        "ersattningstyp": ("type", PM_CODE),
        "omfattning": ("share", NUMBER),
        "underlag": ("basis", _BASIS),
    }
)
_HOUSING_BASIS = Shape(
    {
        "bostadskostnadBrutto": ("grossHousingCost", INTEGER),
        "bostadskostnadNettoBt": ("netHousingCostForSupplement", INTEGER),
        # So spelled in the contract.
        "bostadskostnaddNettoAfs": ("netHousingCostForMaintenanceSupport", INTEGER),
        "medsokande": ("coApplicant", TEXT),
    }
)
_SURVIVORS = Shape(
    {
        "avlidna": (
            "deceased",
            Listed(
                Shape(
                    {
                        "person": ("personNumber", TEXT),
                        # A date, a month, a year or the words that there is none.
                        "dodsfallsdatum": ("died", TEXT),
                        "fodelsedatum": ("born", DATE),
                    }
                )
            ),
        ),
        "ovrigaBerattigadeEfterlevande": ("otherEntitled", Listed(Shape({"person": ("personNumber", TEXT)}))),
    }
)
_ADDITIONS = Shape(
    {
        "allmanpension": (
            "generalPension",
            Shape(
                {
                    "samordningMedPensionFranAnnatLand": ("coordinatedWithForeignPension", BOOLEAN),
                    "anvantCivilstand": ("usedCivilStatus", PM_CODE),
                }
            ),
        ),
        "bostadsInkomststod": ("housingSupport", Shape({"berakningsunderlag": ("basis", _HOUSING_BASIS)})),
        "efterlevandeformaner": ("survivors", _SURVIVORS),
    }
)
DECISIONS = Listed(
    Shape(
        {
            "beslutsid": ("decisionId", TEXT),
            "beslutsdatum": ("decided", DATE),
            "formansgrupp": ("benefitGroup", PM_CODE),
            "beslutsstatus": ("status", PM_CODE),
            "beslutsutfall": ("outcome", PM_CODE),
            "beslutadErsattning": ("compensations", Listed(_COMPENSATION)),
            "tillagg": ("additions", _ADDITIONS),
        }
    )
)
"""`beslut`."""

_EVENT = Shape(
    {
        "kontohandelsetyp": ("type", PM_CODE),
        "kontohandelsetidpunkt": ("at", TEXT),
        "kontotransaktioner": (
            "transactions",
            Listed(Shape({"kontotransaktionstyp": ("type", PM_CODE), "belopp": ("amount", KRONOR)})),
        ),
    }
)
_ACCOUNT = Shape(
    {
        "kontotyp": ("type", PM_CODE),
        "kontovarden": (
            "values",
            Listed(
                Shape(
                    {
                        "varde": ("value", INTEGER),
                        "gallerFrom": ("from", DATE),
                        "faststallelsear": ("determinedYear", TEXT),
                        "kontohandelse": ("event", _EVENT),
                    }
                )
            ),
        ),
    }
)
_YEAR = Shape(
    {
        "artal": ("year", TEXT),
        "pensionsgrundandeInkomst": ("pensionableIncome", INTEGER),
        "pensionsgrundandeBeloppForStudier": ("forStudies", INTEGER),
        "pensionsgrundandeBeloppForSjukOchAktivitetsersattning": ("forSicknessCompensation", INTEGER),
        "pensionsgrundandeBeloppForArMedSmaBarn": ("forYearsWithSmallChildren", INTEGER),
        "pensionsgrundandeBeloppForPlikttjanst": ("forNationalService", INTEGER),
        "pensionsgrundandeBeloppForFortidspension": ("forEarlyRetirementPension", INTEGER),
    }
)
PM_INFORMATION_KIND = "ovrigInformation"
"""The `kind` of PM's rows; their `type` tells which of the three they are."""

INFORMATION = Listed(
    Shape(
        {
            "informationstyp": ("type", PM_CODE),
            "levnadsintyg": (
                "lifeCertificate",
                Shape({"senastUppdaterad": ("updated", DATE), "levnadsintygsstatus": ("status", PM_DIGIT_CODE)}),
            ),
            "pensionsbehallning": ("pensionBalance", Shape({"pensionskonton": ("accounts", Listed(_ACCOUNT))})),
            "pensionsunderlag": ("pensionBasis", Shape({"intjanandear": ("years", Listed(_YEAR))})),
        },
        also={"supplier": "PM", "kind": PM_INFORMATION_KIND},
    )
)
"""`ovrigInformation`."""
