import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('platform', '0003_guards'),
    ]

    operations = [
        migrations.CreateModel(
            name='LoadBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_name', models.CharField(max_length=255)),
                ('mapping_name', models.CharField(max_length=200)),
                ('mapping_text', models.TextField()),
                ('mapping_hash', models.CharField(max_length=64)),
                ('scheme', models.CharField(help_text='The numbers of the file are kept as aliases of this scheme', max_length=60)),
                ('state', models.CharField(choices=[('RECEIVED', 'Received'), ('CHECKED', 'Checked'), ('REFUSED', 'Refused'), ('APPLIED', 'Applied'), ('REVERSED', 'Reversed')], default='RECEIVED', max_length=10)),
                ('is_staged', models.BooleanField(default=False, help_text='The rows have been read into the staging table')),
                ('row_count', models.IntegerField(default=0)),
                ('counts', models.JSONField(default=dict, help_text='By kind of record: how many are created, changed and unchanged')),
                ('received_by', models.CharField(max_length=150)),
                ('received_at', models.DateTimeField()),
                ('applied_by', models.CharField(blank=True, max_length=150)),
                ('applied_at', models.DateTimeField(null=True)),
                ('applied_transaction_id', models.BigIntegerField(null=True)),
                ('reversed_by', models.CharField(blank=True, max_length=150)),
                ('reversed_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, max_length=250)),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.storedfile')),
            ],
        ),
        migrations.CreateModel(
            name='LoadEffect',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.SmallIntegerField()),
                ('kind', models.CharField(max_length=30)),
                ('target_id', models.BigIntegerField()),
                ('action', models.CharField(choices=[('CREATED', 'Created'), ('CHANGED', 'Changed')], max_length=10)),
                ('before', models.JSONField(null=True)),
                ('batch', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='effects', to='intake.loadbatch')),
            ],
        ),
        migrations.CreateModel(
            name='LoadFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_number', models.IntegerField(help_text='0 when it is about the whole file')),
                ('column', models.CharField(blank=True, max_length=400)),
                ('code', models.CharField(max_length=60)),
                ('severity', models.CharField(choices=[('BLOCK', 'Stops the load'), ('WARN', 'Worth a look')], max_length=5)),
                ('data', models.JSONField(default=dict)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='intake.loadbatch')),
            ],
        ),
        migrations.CreateModel(
            name='StagedRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.SmallIntegerField()),
                ('row_number', models.IntegerField(help_text='Row of the file as a spreadsheet counts')),
                ('fields', models.JSONField()),
                ('batch', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='intake.loadbatch')),
            ],
        ),
        migrations.AddIndex(
            model_name='loadbatch',
            index=models.Index(fields=['-received_at'], name='load_newest_first'),
        ),
        migrations.AddConstraint(
            model_name='loadbatch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('applied_at__isnull', False), ('state__in', ['APPLIED', 'REVERSED'])), models.Q(models.Q(('state__in', ['APPLIED', 'REVERSED']), _negated=True), ('applied_at__isnull', True)), _connector='OR'), name='applied_load_says_when'),
        ),
        migrations.AddConstraint(
            model_name='loadbatch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'REVERSED'), _negated=True), models.Q(('reversed_at__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='reversed_load_says_when_and_why'),
        ),
        migrations.AddIndex(
            model_name='loadeffect',
            index=models.Index(fields=['batch', 'kind', 'target_id'], name='load_effect_by_target'),
        ),
        migrations.AddIndex(
            model_name='loadfinding',
            index=models.Index(fields=['batch', 'row_number'], name='load_finding_by_row'),
        ),
    ]
