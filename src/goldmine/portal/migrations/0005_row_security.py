"""PostgreSQL's row security on the tables that hold customers' rows; closed to a connection that says nobody."""

from typing import Any

from django.db import migrations

TABLES = ("portal_listrow", "portal_customer", "portal_result", "portal_callback")
# Each setting in a SELECT of its own, which PostgreSQL evaluates once a query and not once a row.
_ROLE = "(SELECT current_setting('goldmine.role', true))"
_BRANCH = "(SELECT current_setting('goldmine.branch', true))"
_STAFF = "ARRAY(SELECT jsonb_array_elements_text(nullif(current_setting('goldmine.staff', true), '')::jsonb))"
_OWN = (
    f"{_ROLE} IN ('system task', 'head_office') "
    f"OR ({_ROLE} IN ('branch', 'system') AND branch_id <> '' AND branch_id = {_BRANCH}) "
    f"OR ({_ROLE} = 'manager' AND manager_id <> '' AND manager_id = ANY ({_STAFF}))"
)


def enable(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql" or schema_editor.connection.alias != "default":
        return
    for table in TABLES:
        schema_editor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        schema_editor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        schema_editor.execute(f"CREATE POLICY own_rows ON {table} USING ({_OWN}) WITH CHECK ({_OWN})")


def disable(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql" or schema_editor.connection.alias != "default":
        return
    for table in TABLES:
        schema_editor.execute(f"DROP POLICY own_rows ON {table}")
        schema_editor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        schema_editor.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


class Migration(migrations.Migration):
    dependencies = [("portal", "0004_number_release")]

    operations = [migrations.RunPython(enable, disable)]
