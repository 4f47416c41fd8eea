"""Make the audit and refusal functions, guard the audit itself and audit the platform's tables."""

from django.db import migrations

from hydria.platform.triggers import AUDIT_FUNCTION, REFUSAL_FUNCTION, audited, immutable


class Migration(migrations.Migration):
    dependencies = [("platform", "0002_initial")]
    operations = [
        migrations.RunSQL(AUDIT_FUNCTION, "DROP FUNCTION platform_write_audit()"),
        migrations.RunSQL(REFUSAL_FUNCTION, "DROP FUNCTION platform_refuse_change()"),
        immutable("platform_auditentry"),
        immutable("platform_auditseal"),
        immutable("platform_statechange"),
        audited("platform_company"),
        audited("platform_office"),
        audited("platform_role"),
        audited("platform_user", hidden=("password", "last_login")),
        audited("platform_user_roles"),
        audited("platform_numberseries"),
    ]
