
import accounts.banks.fields
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0003_business_day_range'),
        ("transactions", "0012_merchants_and_text_model"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(verbose_name='note')),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='PairVerdict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', models.UUIDField()),
                ('occurrence', models.PositiveIntegerField(default=0)),
                ('other_fingerprint', models.UUIDField()),
                ('other_occurrence', models.PositiveIntegerField(default=0)),
                ('verdict', models.CharField(choices=[('merged', 'the same payment'), ('different', 'two payments')], max_length=9)),
                ('before', models.JSONField(default=dict)),
                ('said_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='RowChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', models.UUIDField()),
                ('occurrence', models.PositiveIntegerField(default=0)),
                ('at', models.DateTimeField()),
                ('act', models.CharField(max_length=20)),
                ('actor_id', models.BigIntegerField(null=True)),
                ('actor_role', models.CharField(blank=True, default='', max_length=20)),
                ('customer_id', models.BigIntegerField(null=True)),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='SavedFilter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', accounts.banks.fields.PublicIdField(db_default=accounts.banks.fields.UuidV7(), editable=False, unique=True)),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('query', models.CharField(max_length=1000)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', accounts.banks.fields.PublicIdField(db_default=accounts.banks.fields.UuidV7(), editable=False, unique=True)),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='TransactionTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
        ),
        migrations.AlterField(
            model_name='transaction',
            name='status',
            field=models.CharField(choices=[('posted', 'posted'), ('pending', 'pending'), ('merged', 'the same as another')], default='posted', max_length=7),
        ),
        migrations.AddIndex(
            model_name='importissue',
            index=models.Index(condition=models.Q(('verdict', 'changed')), fields=['transaction_id'], name='issue_changed_row'),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(condition=models.Q(('parent__isnull', False)), fields=['parent'], name='transaction_parts'),
        ),
        migrations.AddField(
            model_name='note',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer'),
        ),
        migrations.AddField(
            model_name='note',
            name='transaction',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='transactions.transaction'),
        ),
        migrations.AddField(
            model_name='pairverdict',
            name='account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='transactions.bankaccount'),
        ),
        migrations.AddField(
            model_name='rowchange',
            name='account',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='transactions.bankaccount'),
        ),
        migrations.AddField(
            model_name='savedfilter',
            name='person',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='tag',
            name='customer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='customers.customer'),
        ),
        migrations.AddField(
            model_name='transactiontag',
            name='tag',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='placed', to='transactions.tag'),
        ),
        migrations.AddField(
            model_name='transactiontag',
            name='transaction',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='transactions.transaction'),
        ),
        migrations.AddConstraint(
            model_name='note',
            constraint=models.UniqueConstraint(fields=('customer', 'transaction'), name='transaction_note_once'),
        ),
        migrations.AddConstraint(
            model_name='pairverdict',
            constraint=models.UniqueConstraint(fields=('account', 'fingerprint', 'occurrence', 'other_fingerprint', 'other_occurrence'), name='pair_verdict_once'),
        ),
        migrations.AddIndex(
            model_name='rowchange',
            index=models.Index(fields=['account', 'fingerprint'], name='row_change_of_row'),
        ),
        migrations.AddConstraint(
            model_name='savedfilter',
            constraint=models.UniqueConstraint(models.F('person'), django.db.models.functions.text.Lower('name'), name='saved_filter_name_once'),
        ),
        migrations.AddConstraint(
            model_name='tag',
            constraint=models.UniqueConstraint(models.F('customer'), django.db.models.functions.text.Lower('name'), name='tag_name_once'),
        ),
        migrations.AddConstraint(
            model_name='transactiontag',
            constraint=models.UniqueConstraint(fields=('transaction', 'tag'), name='transaction_tag_once'),
        ),
    ]
