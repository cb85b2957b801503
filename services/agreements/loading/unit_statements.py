"""The statements of loading units: as the role that owns the tables, with the authority's organisation set."""

from sqlalchemy import text

PUT_UNITS = text(
    """
    INSERT INTO unit (code, owner_org, level, invented)
    SELECT code, owner_org, level, invented
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (code text, owner_org text, level text, invented boolean)
    ON CONFLICT (code) DO UPDATE SET level = excluded.level, invented = excluded.invented
     WHERE unit.owner_org = excluded.owner_org
    """
)
FOREIGN = text(
    """
    SELECT u.code || ' is a unit of another organisation' FROM unit u
    WHERE u.code = ANY (CAST(:codes AS text[])) AND u.owner_org <> :org ORDER BY u.code
    """
)
REMOVE_VERSIONS = text("DELETE FROM unit_version WHERE code IN (SELECT code FROM unit WHERE owner_org = :org)")
PUT_VERSIONS = text(
    """
    INSERT INTO unit_version (code, name, parent, valid_from, valid_to)
    SELECT code, name, parent, valid_from, valid_to
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS r (code text, name text, parent text, valid_from date, valid_to date)
    """
)
REMOVE_ASSIGNMENTS = text("DELETE FROM unit_assignment WHERE org = :org AND created_by IS NULL")
PUT_ASSIGNMENTS = text(
    """
    INSERT INTO unit_assignment (org, id, municipality_code, competence, unit_code, valid_from)
    SELECT :org, id, municipality_code, competence, unit_code, valid_from
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS r (id uuid, municipality_code text, competence text, unit_code text, valid_from date)
    """
)
REMOVE_ASKERS = text("DELETE FROM unit_for_asker WHERE owner_org = :org")
PUT_ASKERS = text(
    """
    INSERT INTO unit_for_asker (owner_org, asking_kind, organisation_number, competence, unit_code, valid_from)
    SELECT owner_org, asking_kind, organisation_number, competence, unit_code, valid_from
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS r (owner_org text, asking_kind text, organisation_number text, competence text, unit_code text,
               valid_from date)
    """
)
# What no constraint can see: that the tree and what hangs on it holds together on every day.
FAULTS = text(
    """
    WITH first AS (
        SELECT min(v.valid_from) AS day
        FROM unit_version v JOIN unit u ON u.code = v.code WHERE u.owner_org = :org
    ),
    assigned AS (
        SELECT a.*, lead(a.valid_from) OVER (
                   PARTITION BY a.municipality_code, a.competence ORDER BY a.valid_from) - 1 AS valid_to
        FROM unit_assignment a WHERE a.org = :org AND a.withdrawn_at IS NULL
    )
    SELECT v.code || ' belongs to ' || v.parent || ' on days when that does not exist' AS fault
    FROM unit_version v JOIN unit u ON u.code = v.code
    WHERE u.owner_org = :org AND v.parent IS NOT NULL
      AND NOT (SELECT coalesce(range_agg(p.period), '{}') FROM unit_version p WHERE p.code = v.parent) @> v.period
    UNION ALL
    SELECT a.municipality_code || ' (' || a.competence || ') is with ' || a.unit_code
           || ' on days when that does not exist'
    FROM assigned a
    WHERE NOT (SELECT coalesce(range_agg(v.period), '{}') FROM unit_version v WHERE v.code = a.unit_code)
              @> daterange(a.valid_from, a.valid_to, '[]')
    UNION ALL
    SELECT m.code || ' has no unit for ' || needed.competence || ' on ' || (SELECT day FROM first)
    FROM municipality m CROSS JOIN unnest(CAST(:competences AS text[])) AS needed (competence)
    WHERE m.valid_to IS NULL
      AND NOT EXISTS (SELECT FROM assigned a WHERE a.municipality_code = m.code AND a.competence = needed.competence
                      AND a.valid_from <= (SELECT day FROM first))
    ORDER BY fault
    """
)
