"""Audit simulations; refuse every change of one that is done, of its texts, and of what it found."""

from django.db import migrations

from hydria.platform.triggers import audited

# What belongs to a simulation that is done stays as it was; one check for each statement.
REFUSE_FUNCTION = """
CREATE FUNCTION simulation_refuse_change_of_done() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM touched JOIN simulation_simulation done ON done.id = touched.simulation_id
                WHERE done.state = 'DONE') THEN
        RAISE EXCEPTION 'a simulation that is done is never changed: repeat it'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'done_simulation_is_never_changed';
    END IF;
    RETURN NULL;
END $$;
"""
PARTS = ("simulatedversion", "simulationchunk", "simulatedaccount", "setaside")
OWN_TRIGGER = """
CREATE TRIGGER done_simulation_is_never_changed BEFORE UPDATE OR DELETE ON simulation_simulation
    FOR EACH ROW WHEN (OLD.state = 'DONE') EXECUTE FUNCTION platform_refuse_change()
"""


def guard(part: str) -> migrations.RunSQL:
    """Return the step that guards one table of parts; a statement is judged by the rows as they were before it."""
    tables = {"INSERT": "NEW", "UPDATE": "OLD", "DELETE": "OLD"}
    return migrations.RunSQL(
        [
            f"CREATE TRIGGER done_simulation_is_never_changed_by_{event.lower()} AFTER {event} ON simulation_{part}"
            f" REFERENCING {side} TABLE AS touched FOR EACH STATEMENT"
            " EXECUTE FUNCTION simulation_refuse_change_of_done()"
            for event, side in tables.items()
        ],
        [
            f"DROP TRIGGER done_simulation_is_never_changed_by_{event.lower()} ON simulation_{part}"
            for event in tables
        ],
    )


class Migration(migrations.Migration):
    dependencies = [("simulation", "0001_initial"), ("platform", "0003_guards")]
    operations = [
        audited("simulation_simulation", hidden=("result",)),
        migrations.RunSQL(OWN_TRIGGER, "DROP TRIGGER done_simulation_is_never_changed ON simulation_simulation"),
        migrations.RunSQL(REFUSE_FUNCTION, "DROP FUNCTION simulation_refuse_change_of_done()"),
        *(guard(part) for part in PARTS),
    ]
