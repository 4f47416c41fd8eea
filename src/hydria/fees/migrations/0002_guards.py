"""Audit fees and quotations; a quotation keeps its price, and its lines and instalments are never changed (I6)."""

from django.db import migrations

from hydria.platform.triggers import audited, immutable

GUARD_FUNCTION = """
CREATE FUNCTION fees_keep_what_was_quoted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moving text[] := ARRAY['state', 'mode', 'instalment_count', 'accepted_date'];
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - moving = to_jsonb(OLD) - moving
        AND (OLD.state, NEW.state) IN (('QUOTED', 'ACCEPTED'), ('QUOTED', 'CANCELLED'), ('ACCEPTED', 'CANCELLED'))
        AND (OLD.state = 'QUOTED' OR (NEW.mode, NEW.instalment_count, NEW.accepted_date)
            = (OLD.mode, OLD.instalment_count, OLD.accepted_date))
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a quotation keeps what it says: cancel it and quote anew'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'quotation_keeps_its_price';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("fees", "0001_initial"), ("platform", "0003_guards")]
    operations = [
        audited("fees_fee"),
        audited("fees_quotation"),
        immutable("fees_quotedline"),
        immutable("fees_instalment"),
        migrations.RunSQL(GUARD_FUNCTION, "DROP FUNCTION fees_keep_what_was_quoted()"),
        migrations.RunSQL(
            [
                "CREATE TRIGGER quotation_keeps_its_price BEFORE UPDATE OR DELETE ON fees_quotation"
                " FOR EACH ROW EXECUTE FUNCTION fees_keep_what_was_quoted()",
                "CREATE TRIGGER posted_table_is_never_emptied BEFORE TRUNCATE ON fees_quotation"
                " FOR EACH STATEMENT EXECUTE FUNCTION platform_refuse_change()",
            ],
            [
                "DROP TRIGGER quotation_keeps_its_price ON fees_quotation",
                "DROP TRIGGER posted_table_is_never_emptied ON fees_quotation",
            ],
        ),
    ]
