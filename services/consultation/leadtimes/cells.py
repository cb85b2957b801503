"""The statements that add facts to the cells of the cube and the tallies, or take them away again.

A cell is one row: how many, how many seconds, and a histogram in two arrays. Both statements unfold each fact into
every cell that it belongs to, sum, and merge with what is there.
"""

from sqlalchemy import text

from services.consultation.leadtimes.buckets import PER_OCTAVE
from services.consultation.leadtimes.others import ANSWERED
from services.consultation.leadtimes.physical_requests import ASKED, GRANTED, WAITING

BY_IDS = "by_ids"
EVERYTHING = "everything"
_CHOICES = {
    BY_IDS: """
        FROM unnest(CAST(:orgs AS text[]), CAST(:ids AS uuid[])) AS chosen (org, id)
        JOIN lead_time_fact f ON f.org = chosen.org AND f.consultation_id = chosen.id
    """,
    EVERYTHING: "FROM lead_time_fact f",
}

# One cut at a time, and municipality by type. Where no key is told, it is all of them.
_CUTS = """
    SELECT * FROM (VALUES
        ('all', '*', '*'), ('organisation', f.org, '*'), ('unit', f.unit, '*'), ('area', f.area, '*'),
        ('county', f.county, '*'), ('municipality', f.municipality, '*'), ('kind', f.kind, '*'),
        ('type', f.type, '*'), ('channel', f.channel, '*'), ('municipality', f.municipality, f.type)
    ) AS single (cut, key, type)
"""
_CUTS_AND_SETS = f"{_CUTS} UNION ALL SELECT 'set', each, '*' FROM unnest(f.sets) AS each"
# What decides which cells can be told to whom: how many were answered of each organisation in each month, by unit, by
# type and by channel, and how many physical meetings were asked for (docs/lead-times.md, "Small numbers").
_ATOMS = """
    UNION ALL SELECT * FROM (VALUES
        ('atom:place', concat_ws('|', f.kind, f.area, f.county, f.municipality, f.org, f.unit), '*'),
        ('atom:type', concat_ws('|', f.type, f.org), '*'), ('atom:channel', concat_ws('|', f.channel, f.org), '*')
    ) AS atom (cut, key, type)
"""
_ATOM_ITEMS = ", ".join(f"'{item}'" for item in (ANSWERED, ASKED, GRANTED, WAITING))


def _levels(day: str) -> str:
    return f"""
        (VALUES ('year', date_trunc('year', {day})::date), ('month', date_trunc('month', {day})::date),
                ('day', {day}::date)) AS levels (level, period)
    """


_OF_LEVEL = """
    (levels.level <> 'day' OR (levels.period >= CAST(:days_from AS date) AND cuts.type = '*'))
    AND (cuts.cut NOT LIKE 'atom:%' OR levels.level = 'month')
"""
_MEASURES = """
    (VALUES ('total', f.total_seconds, true), ('first_response', f.first_response_seconds, true),
            ('touch', f.touch_seconds, true), ('answering_authority', f.answering_seconds, false),
            ('municipality', f.asking_seconds, false), ('person', f.person_seconds, false),
            ('post', f.post_seconds, false), ('secrecy_test', f.secrecy_seconds, false),
            ('meeting', f.meeting_seconds, false)) AS measured (measure, seconds, also_zero)
"""

_BUCKET = f"CAST(floor({PER_OCTAVE} * ln(CAST(measured.seconds AS float8)) / ln(CAST(2 AS float8))) AS smallint)"

# A turn that never came has no cell: how many had none of it is what is left of the number in all.
ADD_TIMES = {
    name: text(
        f"""
        INSERT INTO lead_time_cube AS cell (level, cut, type, period, key, measure, number, seconds, buckets, counts)
        SELECT level, cut, type, period, key, measure, sum(number), sum(seconds),
               coalesce(array_agg(bucket ORDER BY bucket) FILTER (WHERE bucket IS NOT NULL), '{{}}'),
               coalesce(array_agg(number ORDER BY bucket) FILTER (WHERE bucket IS NOT NULL), '{{}}')
        FROM (
            SELECT levels.level, cuts.cut, cuts.type, levels.period, cuts.key, measured.measure,
                   CASE WHEN measured.seconds > 0 THEN {_BUCKET} END AS bucket,
                   CAST(:sign AS bigint) * count(*) AS number,
                   CAST(:sign AS bigint) * CAST(sum(measured.seconds) AS bigint) AS seconds
            {chosen}
            CROSS JOIN LATERAL ({_CUTS_AND_SETS}) AS cuts
            CROSS JOIN LATERAL {_levels("f.answered_day")}
            CROSS JOIN LATERAL {_MEASURES}
            WHERE f.answered_day IS NOT NULL AND {_OF_LEVEL} AND (measured.seconds > 0 OR
                  (measured.also_zero AND measured.seconds = 0))
            GROUP BY 1, 2, 3, 4, 5, 6, 7
        ) AS unfolded
        GROUP BY 1, 2, 3, 4, 5, 6
        ORDER BY 1, 2, 3, 4, 5, 6
        ON CONFLICT (level, cut, type, period, key, measure) DO UPDATE
        SET number = cell.number + excluded.number, seconds = cell.seconds + excluded.seconds,
            (buckets, counts) = (
                SELECT coalesce(array_agg(bucket ORDER BY bucket), '{{}}'),
                       coalesce(array_agg(count ORDER BY bucket), '{{}}')
                FROM (
                    SELECT bucket, CAST(sum(count) AS bigint) AS count
                    FROM (SELECT * FROM unnest(cell.buckets, cell.counts)
                          UNION ALL SELECT * FROM unnest(excluded.buckets, excluded.counts)) AS either (bucket, count)
                    GROUP BY bucket HAVING sum(count) <> 0
                ) AS merged)
        """
    )
    for name, chosen in _CHOICES.items()
}
ADD_TALLIES = {
    name: text(
        f"""
        INSERT INTO lead_time_tally AS cell (level, cut, type, period, key, item, number, amount)
        SELECT levels.level, cuts.cut, cuts.type, levels.period, cuts.key, tallied.item,
               CAST(:sign AS bigint) * CAST(sum(tallied.number) AS bigint),
               CAST(:sign AS bigint) * CAST(sum(tallied.amount) AS bigint)
        {chosen}
        CROSS JOIN LATERAL (
            SELECT CAST(each ->> 0 AS date) AS day, each ->> 1 AS item, CAST(each ->> 2 AS bigint) AS number,
                   CAST(each ->> 3 AS bigint) AS amount
            FROM jsonb_array_elements(f.tallies) AS each
        ) AS tallied
        CROSS JOIN LATERAL ({_CUTS_AND_SETS} {_ATOMS}) AS cuts
        CROSS JOIN LATERAL {_levels("tallied.day")}
        WHERE {_OF_LEVEL} AND (cuts.cut NOT LIKE 'atom:%' OR tallied.item IN ({_ATOM_ITEMS}))
        GROUP BY 1, 2, 3, 4, 5, 6
        ORDER BY 1, 2, 3, 4, 5, 6
        ON CONFLICT (level, cut, type, period, key, item) DO UPDATE
        SET number = cell.number + excluded.number, amount = cell.amount + excluded.amount
        """
    )
    for name, chosen in _CHOICES.items()
}

FORGET_DAYS = text(
    """
    WITH times AS (DELETE FROM lead_time_cube WHERE level = 'day' AND period < CAST(:days_from AS date))
    DELETE FROM lead_time_tally WHERE level = 'day' AND period < CAST(:days_from AS date)
    """
)
