"""The set-based statements of an invoice run. Parameters are named; dates are [start, end)."""

# Why a service is billed or not, decided in one place for the preview and for the run.
# Prices round per line, half up, to the currency's decimals, as money.round_money does: numeric round() goes
# half away from zero, and prices are positive.
JUDGED = """
judged AS (
    SELECT s.id AS service_id, s.customer_id, s.code, p.name AS plan, p.tax_rate, p.tax_included,
           coalesce(s.price, p.price) AS price,
           CASE WHEN s.status = 'cancelled' THEN 'cancelled'
                WHEN s.status = 'free' OR s.price = 0 THEN 'free'
                WHEN round(coalesce(s.price, p.price), %(exponent)s) <= 0 THEN 'no_price'
                WHEN p.tax_rate NOT BETWEEN 0 AND 1 THEN 'bad_tax'
                WHEN s.installed_on >= %(end)s THEN 'not_installed'
                WHEN EXISTS (SELECT FROM billing_charge c
                              WHERE c.service_id = s.id AND c.kind = 'plan' AND c.reversed_at IS NULL
                                AND c.period && daterange(%(start)s, %(end)s)) THEN 'billed'
           END AS reason
      FROM customers_service s JOIN customers_plan p ON p.id = s.plan_id
     WHERE s.customer_id > %(after)s AND s.customer_id <= %(upto)s
), priced AS (
    SELECT j.*,
           CASE WHEN tax_included THEN round(price / (1 + tax_rate), %(exponent)s)
                ELSE round(price, %(exponent)s) END AS net,
           CASE WHEN tax_included
                THEN round(price, %(exponent)s) - round(price / (1 + tax_rate), %(exponent)s)
                ELSE round(price * tax_rate, %(exponent)s) END AS tax
      FROM judged j
     WHERE reason IS NULL
)
"""

PREVIEW_TOTALS = f"""
WITH {JUDGED}
SELECT count(*), count(DISTINCT customer_id), coalesce(sum(net), 0), coalesce(sum(tax), 0),
       coalesce(sum(net + tax), 0)
  FROM priced
"""  # noqa: S608 -- constants only

PREVIEW_LEFT_OUT = f"""
WITH {JUDGED}
SELECT reason, count(*) FROM judged WHERE reason IS NOT NULL GROUP BY reason ORDER BY count(*) DESC
"""  # noqa: S608

PREVIEW_LEFT_OUT_ROWS = f"""
WITH {JUDGED}
SELECT j.reason, j.service_id, j.code, j.customer_id, c.name, j.plan
  FROM judged j JOIN customers_customer c ON c.id = j.customer_id
 WHERE j.reason = ANY(%(reasons)s)
 ORDER BY j.reason, c.name_key, j.service_id
 LIMIT %(limit)s
"""  # noqa: S608

PREVIOUS_TOTALS = """
SELECT count(*), coalesce(sum(total), 0)
  FROM billing_charge
 WHERE kind = 'plan' AND reversed_at IS NULL AND period && daterange(%(start)s, %(end)s)
"""

# Customers with money in favour, locked so that nobody else spends it meanwhile.
LOCK_CREDIT = """
SELECT id FROM customers_customer
 WHERE id IN (SELECT customer_id FROM billing_entry
               WHERE account_id = %(credit)s AND customer_id > %(after)s AND customer_id <= %(upto)s
               GROUP BY customer_id HAVING sum(amount) < 0)
 ORDER BY id FOR NO KEY UPDATE
"""
READ_CREDIT = """
SELECT customer_id, -sum(amount) FROM billing_entry
 WHERE account_id = %(credit)s AND customer_id = ANY(%(customers)s)
 GROUP BY customer_id HAVING sum(amount) < 0
"""

# The last customer of the next chunk, and how many it holds.
NEXT_CHUNK = """
SELECT max(id), count(*) FROM (
    SELECT c.id FROM customers_customer c
     WHERE c.id > %(after)s AND EXISTS (SELECT FROM customers_service s WHERE s.customer_id = c.id)
     ORDER BY c.id LIMIT %(size)s) chunk
"""
COUNT_CUSTOMERS = "SELECT count(DISTINCT customer_id) FROM customers_service"

# Charges first: the exclusion constraint has the last word, and only what it let in gets a document and a
# number, so numbers have no gaps whoever else runs. One invoice a customer, one line a charge.
WRITE_CHUNK = f"""
WITH {JUDGED}, charge AS (
    INSERT INTO billing_charge (service_id, kind, period, description, tax_rate, net, tax, total, currency,
                                run_id, created_at)
    SELECT service_id, 'plan', daterange(%(start)s, %(end)s), left(plan || %(suffix)s, 200), tax_rate, net, tax,
           net + tax, %(currency)s, %(run)s, %(now)s
      FROM priced ORDER BY customer_id, service_id
    ON CONFLICT DO NOTHING
    RETURNING id, service_id, description, tax_rate, net, tax, total
), owned AS (
    SELECT charge.*, s.customer_id FROM charge JOIN customers_service s ON s.id = charge.service_id
), doc AS (
    SELECT customer_id, sum(net) AS net, sum(tax) AS tax, sum(total) AS total,
           row_number() OVER (ORDER BY customer_id) - 1 + %(first)s AS number
      FROM owned GROUP BY customer_id
), invoice AS (
    INSERT INTO billing_invoice (customer_id, series_id, number, label, issued_on, due_on, period, subtotal, tax,
                                 total, paid, currency, status, imported, run_id, created_at, void_reason)
    SELECT customer_id, %(series)s, number, %(prefix)s || number, %(issued_on)s, %(due_on)s,
           daterange(%(start)s, %(end)s), net, tax, total, 0, %(currency)s, 'open', false, %(run)s, %(now)s, ''
      FROM doc ORDER BY number
    RETURNING id, customer_id, label, number, subtotal, tax, total
), line AS (
    INSERT INTO billing_invoiceline (invoice_id, charge_id, description, net, tax, total, tax_rate)
    SELECT invoice.id, owned.id, owned.description, owned.net, owned.tax, owned.total, owned.tax_rate
      FROM owned JOIN invoice USING (customer_id) ORDER BY invoice.number, owned.id
), taxed AS (
    INSERT INTO billing_invoicetax (invoice_id, name, rate, base, amount)
    SELECT invoice.id, %(tax_name)s, owned.tax_rate, sum(owned.net), sum(owned.tax)
      FROM owned JOIN invoice USING (customer_id)
     WHERE owned.tax_rate > 0 GROUP BY invoice.id, owned.tax_rate
)
SELECT id, customer_id, label, subtotal, tax, total, (SELECT count(*) FROM charge)
  FROM invoice ORDER BY number
"""  # noqa: S608

# After the chunk was written: what of its customers was not billed, and why. What this run itself has just
# billed is no omission.
SET_ASIDE = f"""
WITH {JUDGED}
INSERT INTO billing_setaside (run_id, service_id, reason)
SELECT %(run)s, service_id, reason FROM judged
 WHERE reason IS NOT NULL
   AND NOT EXISTS (SELECT FROM billing_charge c WHERE c.run_id = %(run)s AND c.service_id = judged.service_id)
ON CONFLICT DO NOTHING
"""  # noqa: S608
