"""Row security lets a manager see the customers of their rows, too: those whose owner left, and whom they got."""

from typing import Any

from django.db import migrations

# Each setting in a SELECT of its own, which PostgreSQL evaluates once a query and not once a row.
_ROLE = "(SELECT current_setting('goldmine.role', true))"
_STAFF = "ARRAY(SELECT jsonb_array_elements_text(nullif(current_setting('goldmine.staff', true), '')::jsonb))"
_LISTED = (
    f"{_ROLE} = 'manager' AND EXISTS (SELECT 1 FROM portal_listrow r WHERE r.release_id = portal_customer.release_id "
    f"AND r.customer_id = portal_customer.customer_id AND r.manager_id <> '' AND r.manager_id = ANY ({_STAFF}))"
)


def enable(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql" and schema_editor.connection.alias == "default":
        schema_editor.execute(f"CREATE POLICY listed_rows ON portal_customer FOR SELECT USING ({_LISTED})")


def disable(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql" and schema_editor.connection.alias == "default":
        schema_editor.execute("DROP POLICY listed_rows ON portal_customer")


class Migration(migrations.Migration):
    dependencies = [("portal", "0006_merged_numbers")]

    operations = [migrations.RunPython(enable, disable)]
