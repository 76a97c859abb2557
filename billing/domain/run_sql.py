"""The set-based statements of an invoice run. Parameters are named; days are [start, end).

A *simple* service is one whose due cycle is charged whole, at its plan's price, with nothing of its own: the first
statement bills those by itself. The services of any customer that has one that is not simple come back as *special*,
are assessed one by one (domain/charging.py) and written by the second statement, which ends as the first one does.
"""

# Which cycle each service is in, by the calendar the run froze, and whether it has something of its own.
_SERVICES = """
win AS MATERIALIZED (
    SELECT * FROM unnest(%(w_profile)s::int[], %(w_day)s::int[], %(w_start)s::date[], %(w_end)s::date[],
                         %(w_due)s::date[], %(w_pay)s::date[], %(w_text)s::text[])
               AS w (profile, day, starts, ends, due_on, pay_on, suffix)
), own AS MATERIALIZED (
    SELECT * FROM unnest(%(own_customer)s::bigint[], %(own_zone)s::bigint[], %(own_profile)s::int[])
               AS o (customer_id, zone_id, profile)
), zoned AS MATERIALIZED (
    SELECT * FROM unnest(%(zone)s::bigint[], %(zone_profile)s::int[]) AS z (zone_id, profile)
), offered AS MATERIALIZED (
    SELECT * FROM unnest(%(plan)s::bigint[], %(plan_tax)s::text[]) AS t (plan_id, tax_name)
), {own_things}svc AS (
    SELECT s.id AS service_id, s.customer_id, s.status, s.installed_on, s.external_ref, s.price AS own_price,
           coalesce(s.price, p.price) AS price, p.name AS plan, p.tax_rate, p.tax_included, offered.tax_name,
           (s.created_at AT TIME ZONE %(zone_name)s)::date AS known_since,
           coalesce(own.profile, zoned.profile, 0) AS profile, w.starts, w.ends, w.due_on, w.pay_on, w.suffix,
           (c.tax_exempt OR s.plan_id = ANY(%(odd_plans)s) OR s.status = 'cancelled' AND s.ended_on >= %(earliest)s
            OR {has_own}) IS TRUE AS flagged
      FROM customers_service s
      JOIN customers_customer c ON c.id = s.customer_id
      JOIN customers_plan p ON p.id = s.plan_id
      JOIN offered ON offered.plan_id = s.plan_id
      LEFT JOIN own ON own.customer_id = s.customer_id AND own.zone_id = coalesce(s.zone_id, c.zone_id, 0)
      LEFT JOIN zoned ON zoned.zone_id = coalesce(s.zone_id, c.zone_id)
      CROSS JOIN LATERAL (
           SELECT coalesce(s.installed_on, (s.created_at AT TIME ZONE %(zone_name)s)::date) AS began_on) b
      LEFT JOIN win w ON w.profile = coalesce(own.profile, zoned.profile, 0)
                     AND w.day IN (0, extract(day FROM b.began_on))
      {join_own}
     WHERE s.customer_id > %(after)s AND s.customer_id <= %(upto)s
       AND c.id > %(after)s AND c.id <= %(upto)s  -- said twice: the planner does not carry a range over a join
       AND (%(only_zone)s::bigint IS NULL OR coalesce(s.zone_id, c.zone_id) = %(only_zone)s)
       AND (%(only_customer)s::bigint IS NULL OR s.customer_id = %(only_customer)s)
)
"""

# What makes a service one to assess by itself: (table, its column, what holds of the row).
_OWN = (
    ("customers_customer_withholdings", "customer_id", "true"),
    ("billing_contract", "service_id", "true"),
    ("billing_discount", "service_id", "cancelled_at IS NULL"),
    ("billing_planchange", "service_id", "status <> 'cancelled' AND effective_on >= %(earliest)s"),
    (
        "billing_extra",
        "service_id",
        """cancelled_at IS NULL AND (kind = 'once' AND billed_at IS NULL OR kind = 'recurring'
            AND (starts_on >= %(earliest)s OR ends_on >= %(earliest)s AND ends_on < %(latest)s))""",
    ),
    ("billing_billingstop", "service_id", "since < %(latest)s AND (until IS NULL OR until >= %(earliest)s)"),
    (
        "customers_hold",
        "service_id",
        "reason = ANY(%(hold_reasons)s) AND since < %(latest)s AND (closed_at IS NULL OR closed_at >= %(earliest)s)",
    ),
)


def _each() -> str:
    """A few services: each one's own things by their indexes."""
    key = {"customer_id": "s.customer_id", "service_id": "s.id"}
    has = [
        f"EXISTS (SELECT FROM {table} o WHERE o.{column} = {key[column]} AND {that})" for table, column, that in _OWN
    ]
    return _SERVICES.format(own_things="", has_own="\n            OR ".join(has), join_own="")


def _all() -> str:
    """Everybody's services: own things read once, whole, and joined."""
    by = {
        "service_id": "SELECT service_id FROM {} WHERE {}",
        "customer_id": "SELECT s.id FROM {} JOIN customers_service s USING (customer_id) WHERE {}",
    }
    rows = "\n    UNION\n    ".join(by[column].format(table, that) for table, column, that in _OWN)
    return _SERVICES.format(
        own_things=f"thing (service_id) AS MATERIALIZED (\n    {rows}\n), ",
        has_own="thing.service_id IS NOT NULL",
        join_own="LEFT JOIN thing ON thing.service_id = s.id",
    )


SERVICES, ALL_SERVICES = _each(), _all()

# Who may have something to bill at all: a run that finds everything charged ends here.
CANDIDATES = f"""
WITH {ALL_SERVICES}
SELECT svc.customer_id, count(*) FILTER (WHERE svc.status = 'active' AND svc.starts IS NOT NULL AND NOT svc.flagged)
  FROM svc
  LEFT JOIN (SELECT service_id, lower(period) AS starts, upper(period) AS ends FROM billing_charge
              WHERE kind = 'plan' AND reversed_at IS NULL AND lower(period) = ANY(%(w_start)s::date[])) done
    ON done.service_id = svc.service_id AND done.starts = svc.starts AND done.ends >= svc.ends
 WHERE svc.flagged
    OR svc.profile = ANY(%(special)s)
    OR (svc.status = 'active' AND svc.starts IS NOT NULL AND done.service_id IS NULL)
 GROUP BY 1 ORDER BY 1
"""  # noqa: S608 -- constants only

# Why a service is billed or not, decided in one place for the preview and for the run. Prices round per line, half
# up, to the currency's decimals, as money.round_money does: numeric round() goes half away from zero.
JUDGED = f"""
{SERVICES}, judged AS MATERIALIZED (
    SELECT svc.*,
           CASE WHEN svc.flagged OR svc.profile = ANY(%(special)s) THEN 'special'
                WHEN svc.status = 'cancelled' THEN 'cancelled'
                WHEN svc.status = 'free' OR svc.own_price = 0 THEN 'free'
                WHEN svc.starts IS NULL THEN 'not_yet'
                WHEN svc.installed_on >= svc.ends THEN 'not_installed'
                WHEN cov.days @> daterange(svc.starts, svc.ends) THEN 'billed'
                WHEN round(svc.price, %(exponent)s) <= 0 OR svc.price = 'NaN' THEN 'no_price'
                WHEN svc.tax_rate NOT BETWEEN 0 AND 1 THEN 'bad_tax'
                -- It began inside its cycle, or an earlier one was left unfinished.
                WHEN svc.installed_on > svc.starts OR upper(cov.days) <> svc.starts THEN 'special'
                WHEN cov.days IS NULL AND (svc.installed_on >= svc.known_since - 31
                     OR EXISTS (SELECT FROM billing_charge k WHERE k.service_id = svc.service_id
                                                              AND k.kind = 'plan' AND k.reversed_at IS NULL))
                THEN 'special'
                WHEN %(bound)s <= (SELECT count(*) FROM billing_charge k
                                    WHERE k.service_id = svc.service_id AND k.created_at >= %(midnight)s)
                THEN 'special'
           END AS verdict
      FROM svc LEFT JOIN LATERAL (
           SELECT range_agg(k.period) AS days FROM billing_charge k
            WHERE k.service_id = svc.service_id AND k.kind = 'plan' AND k.source = 0 AND k.reversed_at IS NULL
              AND k.period && daterange(svc.starts - 1, NULL)) cov ON svc.starts IS NOT NULL
), grouped AS MATERIALIZED (
    SELECT judged.*, bool_or(verdict = 'special') OVER (PARTITION BY customer_id) IS TRUE AS special FROM judged
), asked AS (
    SELECT customer_id, service_id, 'plan' AS kind, 0::bigint AS source, starts, ends, plan || suffix AS description,
           tax_rate, tax_included, tax_name, round(price, %(exponent)s) AS price, due_on, pay_on
      FROM grouped WHERE verdict IS NULL AND NOT special
    UNION ALL
    SELECT g.customer_id, g.service_id, 'extra', e.id, g.starts, g.ends, e.description || g.suffix,
           CASE WHEN e.taxed THEN g.tax_rate ELSE 0 END, g.tax_included, g.tax_name,
           round(e.amount, %(exponent)s), g.due_on, g.pay_on
      FROM grouped g
     CROSS JOIN LATERAL (
           SELECT * FROM billing_extra e
            WHERE e.service_id = g.service_id AND e.kind = 'recurring' AND e.cancelled_at IS NULL
              AND e.starts_on <= g.starts AND (e.ends_on IS NULL OR e.ends_on >= g.ends - 1)
           OFFSET 0) e
     WHERE g.verdict IS NULL AND NOT g.special
), item AS MATERIALIZED (
    SELECT customer_id, service_id, kind, source, daterange(starts, ends) AS period,
           left(description, 200) AS description, tax_rate, net, tax, 0::numeric AS withheld, net + tax AS total,
           CASE WHEN tax = 0 THEN '[]'::jsonb
                ELSE jsonb_build_array(jsonb_build_array(tax_name, tax_rate::text, tax::text)) END AS taxes,
           tax_name, due_on, pay_on, price <> 0 AS billed
      FROM asked CROSS JOIN LATERAL (
           SELECT CASE WHEN tax_included THEN round(price / (1 + tax_rate), %(exponent)s) ELSE price END AS net
           ) a CROSS JOIN LATERAL (
           SELECT CASE WHEN tax_included THEN price - net ELSE round(net * tax_rate, %(exponent)s) END AS tax) b
)
"""  # noqa: S608

# What was assessed one by one, as rows.
GIVEN = """
item AS MATERIALIZED (
    SELECT customer_id, service_id, kind, source, daterange(starts, ends) AS period, description, tax_rate, net, tax,
           withheld, total, taxes::jsonb AS taxes, NULL::text AS tax_name, due_on, pay_on, billed
      FROM unnest(%(i_customer)s::bigint[], %(i_service)s::bigint[], %(i_kind)s::text[], %(i_source)s::bigint[],
                  %(i_start)s::date[], %(i_end)s::date[], %(i_text)s::text[], %(i_rate)s::numeric[],
                  %(i_net)s::numeric[], %(i_tax)s::numeric[], %(i_withheld)s::numeric[], %(i_total)s::numeric[],
                  %(i_taxes)s::text[], %(i_due)s::date[], %(i_pay)s::date[], %(i_billed)s::bool[])
        AS i (customer_id, service_id, kind, source, starts, ends, description, tax_rate, net, tax, withheld, total,
              taxes, due_on, pay_on, billed)
)
"""

# Charges first: the exclusion constraint has the last word, and only what it let in gets a document and a number, so
# numbers have no gaps whoever else runs. One invoice for all a customer owes on one day, one line a charge. What
# adds up to nothing covers its days and is on no document.
WRITTEN = """
charge AS (
    INSERT INTO billing_charge (service_id, kind, source, period, description, tax_rate, net, tax, withheld, total,
                                taxes, currency, run_id, created_at)
    SELECT service_id, kind, source, period, description, tax_rate, net, tax, withheld, total, taxes, %(currency)s,
           %(run)s, %(now)s
      FROM item ORDER BY customer_id, service_id, kind DESC, source, period
    ON CONFLICT DO NOTHING
    RETURNING id, service_id, kind, source, period
), owned AS (
    SELECT charge.id AS charge_id, item.*
      FROM charge JOIN item USING (service_id, kind, source)
     WHERE item.billed AND item.period IS NOT DISTINCT FROM charge.period
), doc AS (
    SELECT customer_id, due_on, min(pay_on) AS pay_on, daterange(min(lower(period)), max(upper(period))) AS period,
           sum(net) AS net, sum(tax) AS tax, sum(withheld) AS withheld, sum(total) AS total,
           row_number() OVER (ORDER BY customer_id, due_on) - 1 + %(first)s AS number
      FROM owned GROUP BY customer_id, due_on HAVING sum(total) > 0
), invoice AS (
    INSERT INTO billing_invoice (customer_id, series_id, number, label, issued_on, due_on, pay_on, period, subtotal,
                                 tax, withheld, total, paid, currency, status, imported, run_id, created_at,
                                 void_reason)
    SELECT customer_id, %(series)s, number, %(prefix)s || number, %(issued_on)s, due_on, pay_on, period, net, tax,
           withheld, total, 0, %(currency)s, 'open', false, %(run)s, %(now)s, ''
      FROM doc ORDER BY number
    RETURNING id, customer_id, due_on, number, total
), line AS (
    INSERT INTO billing_invoiceline (invoice_id, charge_id, description, net, tax, withheld, total, tax_rate)
    SELECT invoice.id, charge_id, description, net, tax, withheld, owned.total, tax_rate
      FROM owned JOIN invoice USING (customer_id, due_on) ORDER BY invoice.number, charge_id
), part AS (
    SELECT invoice.id AS invoice_id, tax_name AS name, tax_rate AS rate, net AS base, tax AS amount
      FROM owned JOIN invoice USING (customer_id, due_on) WHERE tax_name IS NOT NULL AND tax <> 0
    UNION ALL
    SELECT invoice.id, each ->> 0, (each ->> 1)::numeric, net, (each ->> 2)::numeric
      FROM owned JOIN invoice USING (customer_id, due_on) CROSS JOIN LATERAL jsonb_array_elements(taxes) AS each
     WHERE tax_name IS NULL
), taxed AS (
    INSERT INTO billing_invoicetax (invoice_id, name, rate, base, amount)
    SELECT invoice_id, name, rate, sum(base), sum(amount) FROM part GROUP BY invoice_id, name, rate
     ORDER BY invoice_id, name
), once AS (
    UPDATE billing_extra SET billed_at = %(now)s WHERE id = ANY(ARRAY(SELECT source FROM charge WHERE kind = 'once'))
)
"""

# How many charges and invoices were written, what they come to, which customers are special, who was left out.
WRITE_SIMPLE = f"""
WITH {JUDGED}, {WRITTEN}
SELECT 'written', NULL, (SELECT count(*) FROM charge), count(*), coalesce(sum(total), 0) FROM invoice
UNION ALL
SELECT DISTINCT 'special', NULL, customer_id, 0, 0 FROM grouped WHERE special
UNION ALL
SELECT 'left', verdict, service_id, 0, 0 FROM grouped
 WHERE verdict IS NOT NULL AND NOT special AND verdict <> ALL(%(quiet)s)
UNION ALL
SELECT 'quiet', verdict, 0, count(*), 0 FROM grouped
 WHERE NOT special AND status = 'active' AND (verdict = 'free' OR (verdict = 'billed' AND NOT EXISTS (
           -- Those charged for just this cycle were counted when the run began.
           SELECT FROM billing_charge k
            WHERE k.service_id = grouped.service_id AND k.kind = 'plan' AND k.reversed_at IS NULL
              AND lower(k.period) = grouped.starts AND upper(k.period) >= grouped.ends)))
 GROUP BY verdict
"""  # noqa: S608

WRITE_GIVEN = f"""
WITH {GIVEN}, {WRITTEN}
SELECT (SELECT count(*) FROM charge), count(*), coalesce(sum(total), 0) FROM invoice
"""  # noqa: S608

# The same without writing: `before` is what each service was charged for the cycle before, in whole.
COMPARED = f"""
{JUDGED}, service AS (
    SELECT service_id, sum(net) AS net, sum(tax) AS tax, sum(total) AS total FROM item GROUP BY service_id
), before AS (
    SELECT k.service_id, sum(k.total) AS total
      FROM billing_charge k JOIN grouped g ON g.service_id = k.service_id
     WHERE k.reversed_at IS NULL AND k.period && daterange(%(before_start)s, %(before_end)s)
     GROUP BY k.service_id
), compared AS (
    SELECT g.service_id, g.customer_id, g.verdict, service.net, service.tax, service.total, before.total AS before,
           CASE WHEN service.total IS NULL AND before.total > 0 AND g.verdict <> 'billed' THEN 'gone'
                WHEN service.total IS NULL THEN ''
                WHEN before.total IS NULL THEN 'new' WHEN before.total < service.total THEN 'more'
                WHEN before.total > service.total THEN 'less' ELSE 'same' END AS change
      FROM grouped g LEFT JOIN service USING (service_id) LEFT JOIN before USING (service_id)
     WHERE NOT g.special
)
"""  # noqa: S608

PREVIEW = f"""
WITH {COMPARED}
SELECT change, verdict, count(*), count(total), count(DISTINCT customer_id) FILTER (WHERE total IS NOT NULL),
       coalesce(sum(net), 0), coalesce(sum(tax), 0), coalesce(sum(total), 0)
  FROM compared GROUP BY change, verdict
"""  # noqa: S608

# One row a service, for the lists and the export.
PREVIEW_ROWS = f"""
WITH {COMPARED}
SELECT c.service_id, s.code, c.customer_id, cu.name, p.name, coalesce(c.verdict, ''), coalesce(c.total, 0),
       coalesce(c.before, 0)
  FROM compared c
  JOIN customers_service s ON s.id = c.service_id
  JOIN customers_customer cu ON cu.id = c.customer_id
  JOIN customers_plan p ON p.id = s.plan_id
 WHERE c.verdict = ANY(%(reasons)s) OR c.change = ANY(%(shown)s)
 ORDER BY array_position(%(reasons)s, c.verdict), array_position(%(shown)s, c.change), cu.name_key, c.service_id
 LIMIT %(limit)s
"""  # noqa: S608

PREVIEW_SPECIAL = f"WITH {JUDGED} SELECT DISTINCT customer_id FROM grouped WHERE special"  # noqa: S608

# How many there are to look at, and how many need none: over, free, or in a cycle that is not issued yet.
COUNT_SERVICES = f"""
WITH {ALL_SERVICES}
SELECT count(DISTINCT customer_id), count(*) FILTER (WHERE status = 'active' AND starts IS NOT NULL),
       count(*) FILTER (WHERE status = 'cancelled'), count(*) FILTER (WHERE status = 'free'),
       count(*) FILTER (WHERE status = 'active' AND starts IS NULL AND profile <> ALL(%(special)s))
  FROM svc WHERE NOT flagged
"""  # noqa: S608

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

# What a chunk issued, as events; `paid` of a new invoice is the credit it used.
ISSUED = """
SELECT %(now)s, 'invoice.issued', 'billing.invoice', id, customer_id, %(actor_kind)s, %(actor_id)s::bigint,
       %(actor_label)s,
       jsonb_build_object('label', label, 'total', trim_scale(total)::text, 'credit', trim_scale(paid)::text,
                          'currency', currency, 'due_on', due_on::text)
  FROM billing_invoice WHERE series_id = %(series)s AND number >= %(first)s AND number < %(next)s
"""
