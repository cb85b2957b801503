"""FK's benefit cases: for each list of cases in `LefiFormansinformation`, what a case and its decisions hold."""

from collections.abc import Mapping

from services.consultation.lookups.sources.ssbtek.readers.fk_common import DECISION, PERIOD
from services.consultation.lookups.sources.ssbtek.readers.fk_persons import ADDRESS, NAMED_PERSON
from services.consultation.lookups.sources.ssbtek.readers.json_kinds import (
    BARE_CODE,
    BOOLEAN,
    DATE,
    DIGIT_CODE,
    EXTENT,
    INTEGER,
    LETTER_CODE,
    MONEY,
    NUMBER,
    TEXT,
)
from services.consultation.lookups.sources.ssbtek.readers.json_shapes import Listed, Members, Only, Shape, Single

_CASE: Members = {"startades": ("started", DATE), "aktivt": ("active", BOOLEAN), "avslaget": ("refused", BOOLEAN)}

_DAYS: Members = {"dagar": ("days", INTEGER)}
_EXTENT: Members = {"omfattning": ("extent", EXTENT)}
_QUALIFYING: Members = {"karens": ("qualifyingDay", BOOLEAN)}
_COMPENSATION: Members = {"ersattning": ("compensation", DIGIT_CODE)}
_COORDINATED: Members = {"samordnatBruttobelopp": ("coordinatedGross", MONEY)}
_CHILD: Members = {"barn": ("child", NAMED_PERSON)}
_DECEASED: Members = {"avliden": ("deceased", NAMED_PERSON)}


def _basis(members: Members) -> Members:
    return {"underlag": ("basis", Shape(members))}


_SICKNESS: Members = {
    **_EXTENT,
    **_DAYS,
    **_QUALIFYING,
    "beslutsutfall": ("outcome", BARE_CODE),
    "beslutstyp": ("decisionType", BARE_CODE),
    "ersattning": ("compensation", BARE_CODE),
    "ersattningsniva": ("compensationLevel", BARE_CODE),
    "ersattningsdagar": (
        "compensatedDays",
        Listed(
            Shape(
                {
                    "ersattningsdatum": ("date", DATE),
                    "ersattningsbelopp": ("amount", MONEY),
                    "karensavdragsbelopp": ("qualifyingDeduction", MONEY),
                }
            )
        ),
    ),
}
"""Sickness, preventive sickness and rehabilitation: the one model of the three."""

_CARE_OF_CHILD: Members = {
    "beslutstatus": ("status", LETTER_CODE),
    "beslutsutfall": ("outcome", DIGIT_CODE),
    "upphorandeManadFrom": ("endsFromMonth", Only(DATE)),
    "periodbeslut": (
        "periodDecisions",
        Listed(
            Shape(
                {
                    "period": (None, PERIOD),
                    "omfattning": ("extent", EXTENT),
                    "andel": ("share", EXTENT),
                    "utbetalningstyp": ("paymentType", LETTER_CODE),
                }
            )
        ),
    ),
    # Capital B: so it is written in the contract.
    **_basis({"Barn": ("children", Listed(NAMED_PERSON))}),
}
"""Care allowance (omvårdnadsbidrag) and compensation for additional costs (merkostnadsersättning)."""

_WORK_INJURY: Members = {
    **_basis(
        {
            "faktor": ("factor", NUMBER),
            "samordningsandel": ("coordinationShare", EXTENT),
            "bruttoforhojning": ("grossIncrease", MONEY),
            "pensionsgrundandeInkomst": ("pensionableIncome", MONEY),
        }
    ),
    **_COORDINATED,
    **_COMPENSATION,
}
_WORK_INJURY_FACTS: Members = {
    "uppdaterades": ("updated", TEXT),
    "arbetsgivare": ("employer", DIGIT_CODE),
    "skadetillfalle": ("injured", TEXT),
    "orsak": ("causes", Single(DIGIT_CODE)),
    "arsinkomstInnanSkada": ("annualIncomeBeforeInjury", MONEY),
}
_OLD_WORK_INJURY: Members = {**_basis({"faktor": ("factor", EXTENT)}), **_COMPENSATION}
"""Annuities under the law before 1977 (yrkesskada)."""
_OLD_WORK_INJURY_FACTS: Members = {
    "arbetsgivare": ("employer", Only(DIGIT_CODE)),
    "skadetillfalle": ("injured", TEXT),
    "orsak": ("causes", Listed(DIGIT_CODE)),
}


def _case(decision: Members, facts: Members | None = None, more: Members | None = None) -> Members:
    """A case by what its decisions hold beside the common, its `facts`, and what `more` it holds."""
    told: Members = {"grunduppgifter": ("facts", Shape(facts))} if facts is not None else {}
    return {**_CASE, **(more or {}), **told, "beslut": ("decisions", Listed(Shape({**DECISION, **decision})))}


def _case_of_one_decision(decision: Members) -> Members:
    return {**_CASE, "beslut": ("decisions", Single(Shape({**DECISION, **decision})))}


_CO_APPLICANTS: Members = {"medsokande": ("coApplicants", Listed(NAMED_PERSON))}

_MEMBERS: Mapping[str, Members] = {
    "aktivitetsstodsarende": _case(
        {**_DAYS, **_QUALIFYING, **_COMPENSATION},
        facts={"atgardstyp": ("measure", DIGIT_CODE)},
    ),
    "allmanpensionsarende": _case({**_COORDINATED, **_EXTENT}),
    "arbetsskadeefterlevandearende": _case(_WORK_INJURY, facts={**_WORK_INJURY_FACTS, **_DECEASED}),
    "arbetsskadeegenlivrantearende": _case(
        _WORK_INJURY,
        facts={**_WORK_INJURY_FACTS, "arsinkomstEfterSkada": ("annualIncomeAfterInjury", MONEY)},
    ),
    "barnbidragsarende": _case(
        _basis({"skolgang": ("inSchool", BOOLEAN), "myndighetsplacering": ("placedByAuthority", BOOLEAN)}),
        facts=_CHILD,
    ),
    "bostadsbidragsarende": _case(
        _basis(
            {
                "reduceradBostadskostnad": ("reducedHousingCost", MONEY),
                "totalBostadskostnad": ("totalHousingCost", MONEY),
                "inkomster": ("incomes", Listed(MONEY)),
                "hemmavarandeBarn": ("childrenAtHome", Listed(NAMED_PERSON)),
                "tidvisboendeBarn": ("childrenPartOfTheTime", Listed(NAMED_PERSON)),
                "vaxelvisboendeBarn": ("childrenAlternating", Listed(NAMED_PERSON)),
            }
        ),
        more=_CO_APPLICANTS,
    ),
    "bostadstillaggsarende": _case(
        _basis(
            {
                "arsbruttokostnad": ("annualGrossCost", MONEY),
                "bostadstillaggsnettokostnad": ("housingSupplementNetCost", MONEY),
                "forsorjningsstodsarsnettokostnad": ("maintenanceSupportAnnualNetCost", MONEY),
            }
        ),
        more=_CO_APPLICANTS,
    ),
    "efterlevandepensionsarende": _case(
        {**_COORDINATED, "omfattning": ("extent", Only(EXTENT))},
        facts=_DECEASED,
    ),
    "mottagareavbarnbidrag": _case(
        _basis(
            {
                "skolgang": ("inSchool", BOOLEAN),
                "institutionsplacering": (
                    "institutionPlacement",
                    Only(
                        Shape(
                            {
                                "institution": ("institution", DIGIT_CODE),
                                "namn": ("name", TEXT),
                                "adress": ("address", ADDRESS),
                            }
                        )
                    ),
                ),
                "tvaBidragsmottagare": ("twoRecipients", BOOLEAN),
                "utbetalningsdatum": ("paymentMonth", DATE),
                "utbetalningsmottagare": ("paymentRecipient", TEXT),
            }
        ),
        facts={"personuppgift": ("person", NAMED_PERSON)},
    ),
    "foraldrapenningarende": _case(
        {
            **_EXTENT,
            **_DAYS,
            **_COMPENSATION,
            "ersattningsdagar": (
                "compensatedDays",
                Listed(
                    Shape({"dag": ("date", DATE), "niva": ("level", LETTER_CODE), "bruttobelopp": ("gross", MONEY)})
                ),
            ),
        },
        facts=_CHILD,
        more={
            "anspraksdagar": (
                "claimedDays",
                Listed(Shape({"dag": ("date", DATE), "niva": ("level", LETTER_CODE), **_EXTENT})),
            )
        },
    ),
    "forebyggandeSjukpenningsarende": _case(_SICKNESS),
    "handikappersattningsarende": _case(_EXTENT),
    "graviditetspenningsarende": _case({**_EXTENT, **_DAYS, **_COMPENSATION}),
    "merkostnadsersattningsarende": _case_of_one_decision(_CARE_OF_CHILD),
    "narstaendepenningarende": _case({**_EXTENT, **_DAYS, **_QUALIFYING, **_COMPENSATION}),
    "omvardnadsbidragsarende": _case_of_one_decision(_CARE_OF_CHILD),
    "rehabersattningsarende": _case(_SICKNESS),
    "sjukOchAktivitetsersattningsarende": _case(
        {**_COORDINATED, **_EXTENT},
        facts={
            "forsakringstid": ("insuredTime", Only(EXTENT)),
            "forsakringstidGsaAr": ("insuredYears", Only(INTEGER)),
            "forsakringstidGsaManad": ("insuredMonths", Only(INTEGER)),
            "forsakringstidGsaDag": ("insuredDays", Only(INTEGER)),
        },
    ),
    "sjukpenningarende": _case(_SICKNESS),
    "smittbararersattningsarende": _case({**_EXTENT, **_DAYS}),
    "tillfalligForaldrapenningarende": _case(
        {
            **_EXTENT,
            **_DAYS,
            **_COMPENSATION,
            "bedomdadagar": (
                "assessedDays",
                Listed(
                    Shape(
                        {
                            "dag": ("date", DATE),
                            "bedomtBelopp": ("amount", MONEY),
                            "inkomsttyp": ("incomeType", DIGIT_CODE),
                            "berakningssatt": ("calculation", DIGIT_CODE),
                        }
                    )
                ),
            ),
        },
        facts=_CHILD,
    ),
    "totalforsvarspliktsarende": _case({**_EXTENT, **_DAYS}),
    "underhallsstodskrav": _case({**_COMPENSATION, **_COORDINATED}, facts=_CHILD),
    "underhallsstodsmottag": _case({**_COMPENSATION, **_COORDINATED}, facts=_CHILD),
    "vardbidragsarende": _case(
        {
            **_COMPENSATION,
            **_EXTENT,
            **_basis({"barn": ("children", Listed(NAMED_PERSON)), "delat": ("shared", BOOLEAN)}),
        },
    ),
    "yrkesskadeefterlevandearende": _case(_OLD_WORK_INJURY, facts={**_OLD_WORK_INJURY_FACTS, **_DECEASED}),
    "yrkesskadeegenlivrantearende": _case(_OLD_WORK_INJURY, facts=_OLD_WORK_INJURY_FACTS),
}

CASES: Mapping[str, Listed] = {kind: Listed(Shape(members, also={"kind": kind})) for kind, members in _MEMBERS.items()}
"""By the name of the list, which is the `kind` of its rows."""
