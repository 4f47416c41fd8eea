"""
Let events alone move a version, and only as the table of moves says; who writes a text never approves it (I13).

A version changes by the trigger of its events and in no other way, so its text is fixed from the moment it is checked.
"""

from django.db import migrations

from hydria.platform.triggers import audited, immutable

# What was published before there were events keeps its meaning: in force from the beginning.
CARRY_OVER = """
UPDATE tariffs_tariffversion
   SET text_hash = encode(sha256(convert_to(text, 'UTF8')), 'hex'),
       from_date = CASE WHEN state = 'PUBLISHED' THEN date '0001-01-01' END;
INSERT INTO tariffs_versionevent
       (version_id, act, actor, happened_at, reason, text, text_hash, version_hash, from_date, data)
SELECT id, 'INSTALLED', 'system', coalesce(published_at, recorded_at), '', text, text_hash, version_hash,
       date '0001-01-01', '{}'
  FROM tariffs_tariffversion WHERE state = 'PUBLISHED';
"""

HASH_CHECK = """
ALTER TABLE tariffs_versionevent ADD CONSTRAINT hash_is_that_of_the_text
    CHECK (text = '' OR text_hash = encode(sha256(convert_to(text, 'UTF8')), 'hex'))
"""

# The table of domain/states.py: act, the state it leads to, the states it starts from.
MOVES = """
    ('WRITTEN',   'DRAFT',     ARRAY['DRAFT', 'CHECKED', 'SIMULATED', 'APPROVED']),
    ('CHECKED',   'CHECKED',   ARRAY['DRAFT']),
    ('SIMULATED', 'SIMULATED', ARRAY['CHECKED', 'SIMULATED']),
    ('REFUSED',   'DRAFT',     ARRAY['CHECKED', 'SIMULATED', 'APPROVED']),
    ('APPROVED',  'APPROVED',  ARRAY['SIMULATED']),
    ('PUBLISHED', 'PUBLISHED', ARRAY['APPROVED']),
    ('INSTALLED', 'PUBLISHED', ARRAY['DRAFT']),
    ('WITHDRAWN', 'WITHDRAWN', ARRAY['DRAFT', 'CHECKED', 'SIMULATED', 'APPROVED', 'PUBLISHED'])
"""

EVENT_FUNCTION = f"""
CREATE FUNCTION tariffs_do_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    version tariffs_tariffversion;
    next_state text;
BEGIN
    SELECT * INTO version FROM tariffs_tariffversion WHERE id = NEW.version_id FOR UPDATE;
    SELECT move.leads_to INTO next_state FROM (VALUES {MOVES}) AS move (act, leads_to, starts)
     WHERE move.act = NEW.act AND version.state = ANY (move.starts);
    IF next_state IS NULL THEN
        RAISE EXCEPTION 'a version that is % cannot be %', version.state, NEW.act
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'version_moves_as_the_table_says';
    END IF;
    IF NEW.act NOT IN ('WRITTEN', 'INSTALLED') AND NEW.text_hash <> version.text_hash THEN
        RAISE EXCEPTION 'the text is not the one that this is about'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'event_is_about_the_text_as_it_stands';
    END IF;
    IF NEW.act IN ('APPROVED', 'PUBLISHED') AND EXISTS (
        SELECT FROM tariffs_versionevent
         WHERE version_id = NEW.version_id AND act = 'WRITTEN'
           AND (actor_user_id = NEW.actor_user_id OR actor = NEW.actor)
    ) THEN
        RAISE EXCEPTION '% has written this text and cannot approve it', NEW.actor
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'who_writes_never_approves';
    END IF;
    UPDATE tariffs_tariffversion
       SET state = next_state,
           text = CASE WHEN NEW.act IN ('WRITTEN', 'INSTALLED') THEN NEW.text ELSE text END,
           text_hash = NEW.text_hash,
           version_hash = CASE WHEN NEW.act = 'WRITTEN' THEN '' ELSE coalesce(nullif(NEW.version_hash, ''), version_hash) END,
           written_by = CASE WHEN NEW.act IN ('WRITTEN', 'INSTALLED') THEN NEW.actor ELSE written_by END,
           from_date = coalesce(NEW.from_date, from_date),
           published_by = CASE WHEN next_state = 'PUBLISHED' THEN NEW.actor ELSE published_by END,
           published_at = CASE WHEN next_state = 'PUBLISHED' THEN NEW.happened_at ELSE published_at END
     WHERE id = NEW.version_id;
    RETURN NULL;
END $$;
CREATE TRIGGER event_moves_its_version AFTER INSERT ON tariffs_versionevent
    FOR EACH ROW EXECUTE FUNCTION tariffs_do_event();
"""

VERSION_FUNCTION = """
CREATE FUNCTION tariffs_guard_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION 'a version of a tariff changes by its events alone'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'version_changes_by_events_alone';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_changes_by_events_alone BEFORE UPDATE OR DELETE ON tariffs_tariffversion
    FOR EACH ROW EXECUTE FUNCTION tariffs_guard_version();
CREATE TRIGGER posted_table_is_never_emptied BEFORE TRUNCATE ON tariffs_tariffversion
    FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change();
"""

# Each published version prices the days from its own on, until the next one starts (TAR-11).
IN_FORCE_VIEW = """
CREATE VIEW tariffs_versioninforce AS
SELECT version.id AS version_id, version.tariff_id, tariff.code AS tariff_code,
       daterange(version.from_date,
                 lead(version.from_date) OVER (PARTITION BY version.tariff_id ORDER BY version.from_date)) AS in_force_during
  FROM tariffs_tariffversion version JOIN tariffs_tariff tariff ON tariff.id = version.tariff_id
 WHERE version.state = 'PUBLISHED';
"""


class Migration(migrations.Migration):
    dependencies = [("tariffs", "0003_life")]
    operations = [
        migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop),
        migrations.RunSQL(HASH_CHECK, "ALTER TABLE tariffs_versionevent DROP CONSTRAINT hash_is_that_of_the_text"),
        migrations.RunSQL(EVENT_FUNCTION, "DROP FUNCTION tariffs_do_event CASCADE"),
        migrations.RunSQL(
            VERSION_FUNCTION,
            "DROP FUNCTION tariffs_guard_version CASCADE;"
            "DROP TRIGGER posted_table_is_never_emptied ON tariffs_tariffversion",
        ),
        migrations.RunSQL(IN_FORCE_VIEW, "DROP VIEW tariffs_versioninforce"),
        immutable("tariffs_versionevent"),
        immutable("tariffs_versioncharge"),
        audited("tariffs_versionevent"),
    ]
