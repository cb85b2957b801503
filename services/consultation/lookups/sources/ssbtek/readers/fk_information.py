"""FK's other information: sickness benefit income, pension earned, maintenance debt, and more."""

from collections.abc import Mapping

from services.consultation.lookups.sources.ssbtek.readers.fk_common import PERIOD
from services.consultation.lookups.sources.ssbtek.readers.fk_persons import NAMED_PERSON
from services.consultation.lookups.sources.ssbtek.readers.json_kinds import (
    BOOLEAN,
    DATE,
    DIGIT_CODE,
    INTEGER,
    LETTER_CODE,
    MONEY,
    NUMBER,
    TEXT,
)
from services.consultation.lookups.sources.ssbtek.readers.json_shapes import Listed, Members, Only, Shape

_AMOUNT: Members = {"belopp": ("amount", MONEY)}
_BEFORE_CAP: Members = {"beloppForeAvrundningTakbegransning": ("amountBeforeRoundingAndCap", MONEY)}
_UPDATE: Members = {"uppdaterades": ("updated", TEXT), "andringsanledning": ("reason", TEXT)}
_TYPED_AMOUNTS = Listed(Shape({"typ": ("type", LETTER_CODE), **_AMOUNT}))

_BALANCE = Shape(
    {
        **_UPDATE,
        "pensionsbehallningsforandringar": (
            "changes",
            Listed(
                Shape(
                    {
                        "typ": ("type", LETTER_CODE),
                        "arvsvinst": ("inheritanceGain", MONEY),
                        # So spelled in the contract.
                        "indexforanding": ("indexChange", MONEY),
                        "administrationskostnad": ("administrationCost", MONEY),
                        "uttaget": ("withdrawn", MONEY),
                        "aterlagt": ("returned", MONEY),
                    }
                )
            ),
        ),
    }
)

_FOR_NATIONAL_SERVICE = Shape({**_AMOUNT, "dagar": ("days", INTEGER), "halvaMedelPGI": ("halfOfMeanIncome", MONEY)})
_FOR_STUDIES = Shape({**_AMOUNT, "studiebidrag": ("studyGrant", MONEY), **_BEFORE_CAP})
_FOR_CHILDREN = Shape(
    {
        **_AMOUNT,
        "jamfarelseinkomst": ("comparisonIncome", MONEY),
        "utfyllnadsinkomst": ("supplementaryIncome", MONEY),
        "beloppAlternativ1": ("firstAlternative", MONEY),
        "trefjardedelsMedelPGI": ("threeQuartersOfMeanIncome", MONEY),
        "beloppAlternativ2": ("secondAlternative", MONEY),
        "basbelopp": ("baseAmount", MONEY),
        "bastaAlternativ": ("bestAlternative", INTEGER),
        **_BEFORE_CAP,
    }
)
_FOR_SICKNESS_COMPENSATION = Shape(
    {
        **_AMOUNT,
        "manadsunderlag": (
            "months",
            Listed(
                Shape(
                    {
                        "manad": ("month", TEXT),
                        "antagandeinkomst": ("assumedIncome", MONEY),
                        "reduceringsbelopp": ("reduction", MONEY),
                        "andel": ("share", TEXT),
                        "pisa": ("incomeRelatedCompensation", Only(MONEY)),
                        "pisaAnhorig": ("incomeRelatedCompensationOfRelative", Only(MONEY)),
                        "arbetsskadelivranta": ("workInjuryAnnuity", Only(MONEY)),
                        "samordningsprocentAL": ("coordinationPercent", Only(INTEGER)),
                        **_BEFORE_CAP,
                    }
                )
            ),
        ),
    }
)
_FOR_ASSUMED_POINTS = Shape(
    {
        **_AMOUNT,
        "antagandepoang": ("assumedPoints", NUMBER),
        "jamforelsepoang": ("comparisonPoints", NUMBER),
        "bastaPoangPlusEtt": ("bestPointsPlusOne", NUMBER),
        "svenskaNordiskaForsakringsmanader": ("insuredMonths", TEXT),
    }
)
_PENSION_BASIS = Shape(
    {
        **_UPDATE,
        "intjanandetak": ("earningsCap", Only(MONEY)),
        "forvarvsvillkorsar": ("earningsConditionYear", TEXT),
        "belopp": ("amounts", _TYPED_AMOUNTS),
        "underlagPgbForPlikt": ("nationalService", Only(_FOR_NATIONAL_SERVICE)),
        "underlagPgbForStudier": ("studies", Only(_FOR_STUDIES)),
        "underlagPgbForBarn": ("children", Only(_FOR_CHILDREN)),
        "underlagPgbForSa": ("sicknessCompensation", Only(_FOR_SICKNESS_COMPENSATION)),
        "underlagPgbForAntagandepoang": ("assumedPoints", Only(_FOR_ASSUMED_POINTS)),
    }
)
_POINTS = Shape(
    {
        **_UPDATE,
        "vardar": ("careYear", BOOLEAN),
        "pgiBedomd": ("incomeAssessed", BOOLEAN),
        "poang": ("points", Listed(Shape({"typ": ("type", LETTER_CODE), "summa": ("sum", NUMBER)}))),
        "basbelopp": ("baseAmount", Only(MONEY)),
        "inkomster": ("incomes", _TYPED_AMOUNTS),
    }
)
_EARNED: Members = {
    "ar": ("year", INTEGER),
    "underlag": (
        "basis",
        Shape(
            {
                "behallningsunderlag": ("balance", Only(_BALANCE)),
                "pensionsunderlag": ("pension", Only(_PENSION_BASIS)),
                "poangunderlag": ("points", Only(_POINTS)),
            }
        ),
    ),
    "pensionsbehallningar": ("balances", _TYPED_AMOUNTS),
    "pensionsratter": ("rights", _TYPED_AMOUNTS),
    "faktiskaPensionsratter": ("actualRights", _TYPED_AMOUNTS),
    "poang": ("points", Only(NUMBER)),
    "barnbeslut": (
        "childDecisions",
        Listed(
            Shape(
                {
                    "foralder": ("parent", NAMED_PERSON),
                    "foraldertyp": ("parentType", DIGIT_CODE),
                    "berattigad": ("entitled", BOOLEAN),
                    "upplysning": ("note", TEXT),
                }
            )
        ),
    ),
}

_SETTLEMENT: Members = {
    "artal": ("year", TEXT),
    "arsinkomstISverige": ("annualIncomeInSweden", Only(MONEY)),
    "arsinkomstIAnnatLand": ("annualIncomeAbroad", Only(MONEY)),
    "fribelopp": ("exemptAmount", Only(MONEY)),
    "mellanskillnad": ("difference", Only(MONEY)),
    "tillagg": ("supplement", Only(MONEY)),
    "avgift": ("charge", Only(MONEY)),
    "utbetalning": ("payment", Only(MONEY)),
    "aterkrav": ("reclaim", Only(MONEY)),
}
"""The yearly settlement of sickness compensation with work beside it (steglös avräkning)."""

_MEMBERS: Mapping[str, Members] = {
    "intjanandebehallning": {**_AMOUNT, "premiepensionBelopp": ("premiumPensionAmount", MONEY)},
    "intjanandeuppgift": _EARNED,
    "levnadsintygsuppgift": {"uppdaterades": ("updated", TEXT), "status": ("status", DIGIT_CODE)},
    "sjukOchAktivitetsersattningSteglosAvrakningHistorik": _SETTLEMENT,
    "sjukOchAktivitetsersattningSteglosAvrakningNulage": _SETTLEMENT,
    "sjukpenninggrundandeInkomstuppgift": {
        "faststalldes": ("determined", DATE),
        "typ": ("type", DIGIT_CODE),
        "anstallning": ("employment", MONEY),
        "verksamhet": ("business", MONEY),
        "karens": ("qualifyingDays", INTEGER),
        "dagar": ("days", INTEGER),
        "timmar": ("hours", INTEGER),
    },
    "skatteuppgift": {"skatteredovisningsnummer": ("taxIdentificationNumber", TEXT)},
    "studiemedelsavisering": {"typ": ("type", DIGIT_CODE), "period": (None, PERIOD)},
    "underhallsskuld": _AMOUNT,
}

INFORMATION: Mapping[str, Listed] = {
    kind: Listed(Shape(members, also={"supplier": "FK", "kind": kind})) for kind, members in _MEMBERS.items()
}
"""By the name of the list, which is the `kind` of its rows."""
