"""One statement a table; the rows come as one JSON array, so that a load is a handful of round trips."""

from sqlalchemy import text

COUNTIES = text(
    """
    INSERT INTO county (code, name, valid_from, valid_to)
    SELECT code, name, valid_from, valid_to
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (code text, name text, valid_from date, valid_to date)
    ON CONFLICT (code, valid_from) DO UPDATE SET name = excluded.name, valid_to = excluded.valid_to
    """
)
MUNICIPALITIES = text(
    """
    INSERT INTO municipality (code, name, county_code, valid_from, valid_to)
    SELECT code, name, county_code, valid_from, valid_to
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS r (code text, name text, county_code text, valid_from date, valid_to date)
    ON CONFLICT (code, valid_from) DO UPDATE
       SET name = excluded.name, county_code = excluded.county_code, valid_to = excluded.valid_to
    """
)
ORGANISATIONS = text(
    """
    INSERT INTO organisation (code, organisation_number, kind, name, name_en, abbreviation, municipality_code,
                              competence, invented, valid_from)
    SELECT code, organisation_number, kind, name, name_en, abbreviation, municipality_code, competence, invented,
           valid_from
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS r (code text, organisation_number text, kind text, name text, name_en text, abbreviation text,
               municipality_code text, competence text, invented boolean, valid_from date)
    ON CONFLICT (code) DO UPDATE
       SET organisation_number = excluded.organisation_number, kind = excluded.kind, name = excluded.name,
           name_en = excluded.name_en, abbreviation = excluded.abbreviation,
           municipality_code = excluded.municipality_code, competence = excluded.competence,
           invented = excluded.invented, valid_from = excluded.valid_from
    """
)
INFORMATION_SETS = text(
    """
    INSERT INTO information_set (code, name_sv, name_en, answering, competence)
    SELECT code, name_sv, name_en, answering, competence
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS r (code text, name_sv text, name_en text, answering text, competence text)
    ON CONFLICT (code) DO UPDATE
       SET name_sv = excluded.name_sv, name_en = excluded.name_en, answering = excluded.answering,
           competence = excluded.competence
    """
)
LEGAL_BASES = text(
    """
    INSERT INTO legal_basis (id, reference, title_sv, title_en, note_sv, note_en, verified, replaced_by,
                             valid_from, valid_to, cited_as)
    SELECT id, reference, title_sv, title_en, note_sv, note_en, verified, replaced_by, valid_from, valid_to, cited_as
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS r (id text, reference text, title_sv text, title_en text, note_sv text, note_en text,
               verified boolean, replaced_by text, valid_from date, valid_to date, cited_as text[])
    ON CONFLICT (id) DO UPDATE
       SET reference = excluded.reference, title_sv = excluded.title_sv, title_en = excluded.title_en,
           note_sv = excluded.note_sv, note_en = excluded.note_en, verified = excluded.verified,
           replaced_by = excluded.replaced_by, valid_from = excluded.valid_from, valid_to = excluded.valid_to,
           cited_as = excluded.cited_as
    """
)
# A ground that is no longer in the file permits nothing any more.
WITHDRAW_GROUNDS = text(
    """
    DELETE FROM ground WHERE id NOT IN (
        SELECT id FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (id text))
    """
)
GROUNDS = text(
    """
    INSERT INTO ground (id, information_set, purpose, asking_kind, legal_basis, fields, valid_from, valid_to)
    SELECT id, information_set, purpose, asking_kind, legal_basis, fields, valid_from, valid_to
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS r (id text, information_set text, purpose text, asking_kind text, legal_basis text, fields text[],
               valid_from date, valid_to date)
    ON CONFLICT (id) DO UPDATE
       SET information_set = excluded.information_set, purpose = excluded.purpose,
           asking_kind = excluded.asking_kind, legal_basis = excluded.legal_basis, fields = excluded.fields,
           valid_from = excluded.valid_from, valid_to = excluded.valid_to
    """
)
EDITIONS = text("SELECT edition, content_hash FROM grounds_edition ORDER BY edition DESC LIMIT 1")
ADD_EDITION = text("INSERT INTO grounds_edition (edition, content_hash) VALUES (:edition, :content_hash)")
AGREEMENTS = text(
    """
    INSERT INTO agreement (org, id, version, kind, title, status, signed_on, valid_from, valid_to, party_orgs,
                           legal_bases, published, invented, created_at)
    SELECT :org, id, 1, kind, title, 'signed', valid_from, valid_from, valid_to, party_orgs,
           legal_bases, true, true, created_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS r (id uuid, kind text, title text, valid_from date, valid_to date, party_orgs text[],
               legal_bases text[], created_at timestamptz)
    ON CONFLICT (org, id) DO UPDATE
       SET kind = excluded.kind, title = excluded.title, signed_on = excluded.signed_on,
           valid_from = excluded.valid_from, valid_to = excluded.valid_to, party_orgs = excluded.party_orgs,
           legal_bases = excluded.legal_bases
    """
)
REMOVE_PARTIES = text(
    """
    DELETE FROM agreement_party WHERE org = :org AND agreement_id IN (
        SELECT id FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (id uuid))
    """
)
PARTIES = text(
    """
    INSERT INTO agreement_party
           (org, agreement_id, place, role, organisation_number, municipality_code, county_code)
    SELECT :org, agreement_id, place, role, organisation_number, municipality_code, county_code
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS r (agreement_id uuid, place smallint, role text, organisation_number text,
               municipality_code text, county_code text)
    """
)
MEMBERS = text(
    """
    SELECT m.code, m.name, m.county_code, o.organisation_number AS number
    FROM municipality m JOIN organisation o ON o.municipality_code = m.code
    WHERE m.valid_to IS NULL
    """
)
EMPLOYMENT_SERVICE = text("SELECT organisation_number FROM organisation WHERE code = 'af'")
