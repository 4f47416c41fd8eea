"""Audit what people decide; let grants only get shorter; refuse every change of events, uses and discounts (I6)."""

from django.db import migrations

from hydria.platform.triggers import audited, immutable

GUARD_FUNCTION = """
CREATE FUNCTION concessions_only_shorten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.valid_during <@ OLD.valid_during
        AND to_jsonb(NEW) - 'valid_during' = to_jsonb(OLD) - 'valid_during'
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a grant is never edited: end it by an event'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'grant_only_gets_shorter';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("concessions", "0001_initial"), ("platform", "0003_guards")]
    operations = [
        audited("concessions_fund"),
        audited("concessions_fundbudget"),
        audited("concessions_program"),
        audited("concessions_programrule"),
        audited("concessions_grant"),
        immutable("concessions_grantevent"),
        immutable("concessions_use"),
        immutable("concessions_discount"),
        migrations.RunSQL(GUARD_FUNCTION, "DROP FUNCTION concessions_only_shorten()"),
        migrations.RunSQL(
            [
                "CREATE TRIGGER grant_only_gets_shorter BEFORE UPDATE OR DELETE ON concessions_grant"
                " FOR EACH ROW EXECUTE FUNCTION concessions_only_shorten()",
                "CREATE TRIGGER posted_table_is_never_emptied BEFORE TRUNCATE ON concessions_grant"
                " FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change()",
            ],
            [
                "DROP TRIGGER grant_only_gets_shorter ON concessions_grant",
                "DROP TRIGGER posted_table_is_never_emptied ON concessions_grant",
            ],
        ),
    ]
