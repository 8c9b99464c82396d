from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("transactions", "0015_row_pairs")]

    operations = [
        migrations.AddField(
            model_name="categoryrule",
            name="actions",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="rulerun",
            name="acted",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.RemoveConstraint(model_name="categoryrule", name="rule_does_something"),
        migrations.AddConstraint(
            model_name="categoryrule",
            constraint=models.CheckConstraint(
                condition=Q(category__isnull=False) | ~Q(rename_to="") | ~Q(actions={}),
                name="rule_does_something",
            ),
        ),
    ]
