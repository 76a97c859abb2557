"""The ledger's guards, once for every provider: they read only the rows just written, so one copy serves all."""

from django.db import migrations

CREATE = """
CREATE OR REPLACE FUNCTION public.ledger_entries_balance() RETURNS trigger
LANGUAGE plpgsql AS $body$
DECLARE
    wrong record;
BEGIN
    SELECT transaction_id, currency, sum(amount) AS total INTO wrong
      FROM new_entries
     GROUP BY transaction_id, currency
    HAVING sum(amount) <> 0
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger transaction % does not sum to zero: % %',
            wrong.transaction_id, wrong.total, wrong.currency
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entries_balance';
    END IF;
    RETURN NULL;
END
$body$;

CREATE OR REPLACE FUNCTION public.ledger_refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % on % is refused; write a correcting transaction',
        TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_refuse_change';
END
$body$;
"""

DROP = """
DROP FUNCTION IF EXISTS public.ledger_entries_balance();
DROP FUNCTION IF EXISTS public.ledger_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, DROP)]
