"""Judge every value by its field, keep what a field holds, and audit both."""

from django.db import migrations

from hydria.platform.triggers import audited

FIT_FUNCTION = """
CREATE FUNCTION ownfields_judge_value() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own ownfields_ownfield;
    fits boolean;
BEGIN
    SELECT * INTO STRICT own FROM ownfields_ownfield WHERE id = NEW.field_id;
    fits := num_nonnulls(NEW.text, NEW.number_micro, NEW.day, NEW.truth, NEW.codes) = 1 AND CASE own.kind
        WHEN 'TEXT' THEN NEW.text <> '' AND (own.pattern = '' OR NEW.text ~ ('^(?:' || own.pattern || ')$'))
        WHEN 'WHOLE' THEN NEW.number_micro % 1000000 = 0
        WHEN 'DECIMAL' THEN NEW.number_micro IS NOT NULL
        WHEN 'DATE' THEN NEW.day IS NOT NULL
        WHEN 'YES_NO' THEN NEW.truth IS NOT NULL
        WHEN 'CHOICE' THEN own.options @> jsonb_build_array(jsonb_build_object('code', NEW.text))
        WHEN 'MULTIPLE' THEN cardinality(NEW.codes) > 0 AND NOT EXISTS (
            SELECT FROM unnest(NEW.codes) chosen (code)
             WHERE NOT own.options @> jsonb_build_array(jsonb_build_object('code', chosen.code)))
    END;
    IF own.kind IN ('WHOLE', 'DECIMAL') THEN
        fits := fits AND NEW.number_micro >= coalesce(own.low_micro, NEW.number_micro)
                     AND NEW.number_micro <= coalesce(own.high_micro, NEW.number_micro);
    END IF;
    IF fits IS NOT TRUE THEN
        RAISE EXCEPTION 'the value does not fit the field %', own.code
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'own_value_fits_its_field';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("ownfields", "0001_initial"), ("platform", "0003_guards")]
    operations = [
        migrations.RunSQL(FIT_FUNCTION, "DROP FUNCTION ownfields_judge_value()"),
        migrations.RunSQL(
            "CREATE TRIGGER own_value_fits_its_field BEFORE INSERT OR UPDATE ON ownfields_ownvalue"
            " FOR EACH ROW EXECUTE FUNCTION ownfields_judge_value()",
            "DROP TRIGGER own_value_fits_its_field ON ownfields_ownvalue",
        ),
        migrations.RunSQL(
            "CREATE TRIGGER own_field_holds_what_it_held BEFORE UPDATE ON ownfields_ownfield FOR EACH ROW"
            " WHEN ((OLD.subject, OLD.code, OLD.kind) IS DISTINCT FROM (NEW.subject, NEW.code, NEW.kind))"
            " EXECUTE FUNCTION platform_refuse_change()",
            "DROP TRIGGER own_field_holds_what_it_held ON ownfields_ownfield",
        ),
        audited("ownfields_ownfield"),
        audited("ownfields_ownvalue"),
    ]
