"""The ledger's triggers: what does not sum to zero is refused, and so is any change of what was written."""

from django.db import migrations

CREATE = """
CREATE TRIGGER billing_entry_balance AFTER INSERT ON billing_entry
    REFERENCING NEW TABLE AS new_entries
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_entries_balance();

CREATE TRIGGER billing_entry_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_entry
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_refuse_change();
CREATE TRIGGER billing_ledgertransaction_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON billing_ledgertransaction
    FOR EACH STATEMENT EXECUTE FUNCTION public.ledger_refuse_change();
"""
DROP = """
DROP TRIGGER billing_entry_balance ON billing_entry;
DROP TRIGGER billing_entry_fixed ON billing_entry;
DROP TRIGGER billing_ledgertransaction_fixed ON billing_ledgertransaction;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial"), ("tenants", "0002_ledger_functions")]

    operations = [migrations.RunSQL(CREATE, DROP)]
