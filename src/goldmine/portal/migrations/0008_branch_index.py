"""The index of a branch's rows holds what counts and filters ask for; without its statistics it would not be read."""

from typing import Any

from django.db import migrations, models


def count_values(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.alias == "default":
        schema_editor.execute("ANALYZE portal_listrow")


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0007_customers_of_rows"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="listrow",
            name="row_by_branch",
        ),
        migrations.AddIndex(
            model_name="listrow",
            index=models.Index(
                models.F("release"),
                models.F("branch_id"),
                models.F("list_name"),
                models.F("rank"),
                models.F("id"),
                models.F("customer_id"),
                models.F("status"),
                models.F("channel"),
                models.F("decile"),
                name="row_by_branch",
            ),
        ),
        migrations.RunPython(count_values, migrations.RunPython.noop),
    ]
