"""Which unit handles a question, as SQL to stand inside another statement.

A question waits for one decision, and the decision for one round trip: so the unit is found in the statement that
finds the ground, and not in one of its own.
"""

HANDLING_COLUMNS = """
    handling.code AS handling_unit, handling.name AS handling_unit_name, handling.region AS handling_region,
    handling.competence AS handling_competence
"""

# An organisation's own row states the competence of whatever it asks. Else the information set does, and the unit is
# the municipality's, or that of the kind. Of each the row that began last holds, also when its unit is no more.
HANDLING = """
    LEFT JOIN LATERAL (
        SELECT v.code, v.name, CASE above.level WHEN 'region' THEN above.code END AS region, found.competence
        FROM (
            SELECT a.unit_code, a.competence, a.valid_from, 1 AS place
            FROM unit_for_asker a
            WHERE a.owner_org = '0007:' || answering.organisation_number AND a.organisation_number = asker.number
              AND a.valid_from <= CAST(:on AS date)
            UNION ALL
            SELECT a.unit_code, a.competence, a.valid_from, 2
            FROM unit_assignment a
            WHERE a.org = '0007:' || answering.organisation_number AND a.municipality_code = asker.municipality_code
              AND a.competence = s.competence AND a.valid_from <= CAST(:on AS date) AND a.withdrawn_at IS NULL
            UNION ALL
            SELECT a.unit_code, a.competence, a.valid_from, 2
            FROM unit_for_asker a
            WHERE a.owner_org = '0007:' || answering.organisation_number AND a.asking_kind = asker.kind
              AND a.competence = s.competence AND a.valid_from <= CAST(:on AS date)
            ORDER BY place, valid_from DESC
            LIMIT 1
        ) found
        JOIN unit_version v ON v.code = found.unit_code AND v.period @> CAST(:on AS date)
        LEFT JOIN unit above ON above.code = v.parent
    ) handling ON s.competence IS NOT NULL
"""
"""Joins `handling`, all null when no unit is assigned. Leans on `asker` (with `number`, `kind` and
`municipality_code`), `answering` (an organisation), `s` (an information set) and the parameter `:on`. What has been
assigned is seen by whoever has an organisation set."""
