"""The steps of a policy: notices, quiet hours, days without cuts, the second step; as properties and as tables."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.domain.cut_days import day_off, regions_of
from billing.domain.dunning import decide, last_cut_day
from billing.domain.ladder import BadNotices, Notice, Rules, clean_notices, is_quiet, when_sent
from billing.domain.reasons import SENTENCES, explain
from billing.domain.verdicts import Account, Cancel, Cut, Line, Owed, Remind, Spare, StopBilling
from billing.tests.scenes import notices

TODAY = dt.date(2026, 12, 3)  # a Thursday


def notice(days, since="due", hour=9):
    return Notice(days, since, dt.time(hour), "whatsapp", "payment_due")


def owed(days_ago, amount="600", pk=1, *, pay_before=0, paid_ago=None):
    due = TODAY - dt.timedelta(days=days_ago)
    paid = None if paid_ago is None else TODAY - dt.timedelta(days=paid_ago)
    return Owed(pk, f"A-{pk}", due, Decimal(amount), due - dt.timedelta(days=pay_before), paid)


def account(*invoices, line=Line(7, "active"), credit="0"):  # noqa: B008 -- a tuple
    return Account(1, "MXN", tuple(invoices), (line,), Decimal(credit))


def kinds(rules, *invoices, today=TODAY, **more):
    return [type(action) for action in decide(rules, account(*invoices, **more), today).actions]


def codes(rules, *invoices, today=TODAY, **more):
    [action] = decide(rules, account(*invoices, **more), today).actions
    return [reason.code for reason in action.reasons]


def test_notices_and_the_cut_count_from_the_due_day_or_from_the_pay_day():
    rules = Rules(notices=(notice(-3), notice(0, "pay")), cut_from="pay", cut_after_days=5)
    assert kinds(rules, owed(-3, pay_before=2)) == [Remind]
    assert kinds(rules, owed(-2, pay_before=2)) == [Remind]  # the pay day
    assert kinds(rules, owed(2, pay_before=2)) == []
    assert kinds(rules, owed(3, pay_before=2)) == [Cut]
    # An invoice without a pay day has its due day.
    assert kinds(rules, Owed(1, "A", TODAY, Decimal(5))) == [Remind]


def test_one_invoice_is_told_about_once_a_day_at_the_earlier_hour():
    rules = Rules(notices=(notice(0, hour=12), notice(0, "pay", 10)))
    [reminder] = decide(rules, account(owed(0)), TODAY).actions[:1]
    assert (reminder.hour, reminder.step) == (dt.time(10), 0)


@pytest.mark.parametrize(
    ("since", "until", "hour", "goes"),
    [
        (21, 8, 9, (0, 9)),
        (21, 8, 20, (0, 20)),
        (21, 8, 21, (1, 8)),
        (21, 8, 23, (1, 8)),
        (21, 8, 0, (0, 8)),
        (21, 8, 7, (0, 8)),
        (21, 8, 8, (0, 8)),
        (13, 15, 14, (0, 15)),
        (13, 15, 15, (0, 15)),
        (0, 0, 0, (0, 0)),
        (9, 9, 9, (0, 9)),
    ],
)
def test_a_notice_in_quiet_hours_waits_until_they_end(since, until, hour, goes):
    rules = Rules(quiet_from=dt.time(since), quiet_until=dt.time(until))
    later, at = when_sent(rules, dt.time(hour))
    assert (later, at) == (goes[0], dt.time(goes[1]))
    assert not is_quiet(rules, at)


def test_a_late_notice_is_told_the_next_morning_and_not_the_evening_before():
    rules = Rules(notices=(notice(-1, hour=22),), quiet_from=dt.time(21), quiet_until=dt.time(8))
    assert kinds(rules, owed(-1)) == []
    [reminder] = decide(rules, account(owed(0)), TODAY).actions[:1]
    assert isinstance(reminder, Remind)
    assert (reminder.hour, reminder.step) == (dt.time(8), 0)


def test_few_invoices_a_policy_that_never_cuts_and_days_without_cuts_spare_and_say_so():
    assert codes(Rules(min_unpaid_invoices=2), owed(5)) == ["overdue", "few"]
    assert kinds(Rules(min_unpaid_invoices=2), owed(5), owed(2, pk=2)) == [Cut]
    assert codes(Rules(never_cut=True), owed(5)) == ["overdue", "never"]
    saturday = TODAY + dt.timedelta(days=2)
    assert codes(Rules(spare_weekends=True), owed(5), today=saturday) == ["overdue", "weekend"]


@pytest.mark.parametrize(
    ("country", "region", "day", "code", "words"),
    [
        ("MX", "", "2026-11-16", "holiday", "Hoy no se corta: es feriado"),  # Revolution, moved to Monday
        ("MX", "", "2026-12-25", "holiday", "Navidad"),
        ("MX", "", "2026-12-24", "eve", "mañana es feriado"),
        ("CO", "", "2026-11-16", "holiday", "Cartagena"),  # moved to Monday by law
        ("CO", "", "2026-12-08", "holiday", "Inmaculada"),
        ("AR", "X", "2026-12-08", "holiday", "Inmaculada"),
        ("AR", "", "2026-07-09", "holiday", "Independencia"),
        ("MX", "", "2026-12-05", "weekend", "fin de semana"),
        ("MX", "", "2026-12-04", "eve", "mañana es fin de semana"),
        ("MX", "", "2026-12-03", "", ""),
        ("XX", "", "2026-12-24", "", ""),  # a country whose holidays nobody knows has none
    ],
)
def test_days_without_cuts_by_country_and_region(country, region, day, code, words):
    rules = Rules(spare_weekends=True, spare_holidays=True, spare_eves=True, holidays_region=region, country=country)
    found = day_off(rules, dt.date.fromisoformat(day))
    assert (found.code if found else "") == code
    assert words in (explain([found.as_data()]) if found else "")


def test_a_region_has_holidays_of_its_own_and_one_that_is_gone_has_the_countrys():
    tucuman = dt.date(2026, 9, 24)
    assert "Tucumán" in regions_of("AR")["T"]
    assert day_off(Rules(spare_holidays=True, country="AR", holidays_region="T"), tucuman)
    assert day_off(Rules(spare_holidays=True, country="AR"), tucuman) is None
    gone = Rules(spare_holidays=True, country="AR", holidays_region="ZZ")
    assert day_off(gone, dt.date(2026, 7, 9))
    assert day_off(gone, tucuman) is None


def test_what_fell_due_on_days_without_cuts_is_cut_for_on_the_next_day_with_them():
    rules = Rules(spare_weekends=True)
    assert last_cut_day(rules, dt.date(2026, 12, 6)) == dt.date(2026, 12, 4)
    assert last_cut_day(rules, dt.date(2026, 12, 7)) == dt.date(2026, 12, 7)
    assert last_cut_day(rules, TODAY) == TODAY


@pytest.mark.parametrize("due", ["2026-01-31", "2026-02-28", "2028-02-29", "2026-12-31", "2026-11-30"])
def test_days_are_counted_over_month_ends_and_leap_days(due):
    due = dt.date.fromisoformat(due)
    invoice = Owed(1, "A-1", due, Decimal(10))
    rules = Rules(notices=(notice(-3), notice(1)), cut_after_days=2)
    found = {
        step: [type(a) for a in decide(rules, account(invoice), due + dt.timedelta(days=step)).actions]
        for step in (-4, -3, 0, 1, 2)
    }
    assert found == {-4: [], -3: [Remind], 0: [], 1: [Remind], 2: [Cut]}


def test_only_who_is_cut_gets_to_the_second_step_and_only_once():
    cut = Line(7, "active", None, held=True)
    stop = Rules(second_step="stop_billing", second_step_after_days=60)
    assert kinds(stop, owed(59), line=cut) == []
    assert kinds(stop, owed(60), line=cut) == [StopBilling]
    assert kinds(stop, owed(60)) == [Cut]
    assert kinds(stop, owed(90), line=cut._replace(stopped=True)) == []
    end = Rules(second_step="cancel", second_step_after_days=60)
    assert kinds(end, owed(75), line=cut._replace(stopped=True)) == [Cancel]
    assert codes(end, owed(75), line=cut) == ["overdue", "second_cancel"]
    assert kinds(Rules(second_step="cancel", never_cut=True), owed(75), line=cut) == [Spare]


def test_a_part_payment_starts_the_days_anew_only_when_the_policy_says_so():
    half = owed(10, "300", paid_ago=1)
    assert kinds(Rules(cut_after_days=5), half) == [Cut]
    again = Rules(cut_after_days=5, partial_restarts=True, notices=(notice(1),))
    assert kinds(again, half) == [Remind]
    assert kinds(again, half, today=TODAY + dt.timedelta(days=4)) == [Cut]
    assert kinds(again, owed(10, "300")) == [Cut]


@pytest.mark.parametrize(
    "wrong",
    [
        "x", [1], [{}], notices(-90), notices(0, since="x"), notices(0, hour="9"), notices(0, hour=""),
        notices(0, template=""), notices(1, 1), notices(*range(13)), [{**notices(0)[0], "channel": "fax"}],
        [{**notices(0)[0], "days": True}], [{**notices(0)[0], "days": "1"}], None,
    ],
)  # fmt: skip
def test_what_are_no_notices_is_refused_in_words(wrong):
    with pytest.raises(BadNotices) as refused:
        clean_notices(wrong)
    assert str(refused.value)


amounts = st.decimals("0.01", 2000, places=2)
invoices = st.lists(
    st.builds(
        Owed,
        st.integers(1, 99),
        st.just("A-1"),
        st.dates(dt.date(2026, 9, 1), dt.date(2027, 2, 1)),
        amounts,
        st.none() | st.dates(dt.date(2026, 9, 1), dt.date(2027, 2, 1)),
        st.none() | st.dates(dt.date(2026, 11, 1), TODAY),
    ),
    max_size=5,
    unique_by=lambda invoice: invoice.invoice_id,
)
lines = st.lists(
    st.builds(
        Line,
        st.integers(1, 99),
        st.sampled_from(["active", "free", "cancelled"]),
        st.none() | st.dates(dt.date(2026, 11, 1), dt.date(2027, 1, 1)),
        st.booleans(),
        st.booleans(),
    ),
    max_size=4,
    unique_by=lambda line: line.service_id,
)
hours = st.integers(0, 23).map(dt.time)
rules_ = st.builds(
    Rules,
    notices=st.lists(st.builds(notice, st.integers(-10, 10), st.sampled_from(["due", "pay"]), st.integers(0, 23))).map(
        tuple
    ),
    cut_from=st.sampled_from(["due", "pay"]),
    cut_after_days=st.integers(0, 30),
    min_debt=st.decimals(0, 500, places=2),
    min_unpaid_invoices=st.integers(1, 3),
    never_cut=st.booleans(),
    second_step=st.sampled_from(["none", "stop_billing", "cancel"]),
    second_step_after_days=st.integers(31, 90),
    quiet_from=hours,
    quiet_until=hours,
    spare_weekends=st.booleans(),
    spare_holidays=st.booleans(),
    spare_eves=st.booleans(),
    partial_restarts=st.booleans(),
    country=st.sampled_from(["MX", "CO", "AR"]),
)
days = st.dates(dt.date(2026, 11, 15), dt.date(2027, 1, 15))


def cut_services(rules, owing, services, day, credit=0):
    verdict = decide(rules, Account(1, "MXN", tuple(owing), tuple(services), Decimal(credit)), day)
    return {action.service_id for action in verdict.cuts}


@given(rules_, invoices, lines, days, st.data())
def test_paying_never_makes_a_cut_appear(rules, owing, services, day, data):
    before = cut_services(rules, owing, services, day)
    paid = []
    for invoice in owing:
        part = data.draw(st.decimals(0, invoice.owed, places=2))
        left = invoice.owed - part
        paid += [invoice._replace(owed=left, paid_on=day if part else invoice.paid_on)] if left else []
    assert cut_services(rules, paid, services, day) <= before
    assert cut_services(rules, owing, services, day, credit=100) <= before


@given(rules_, invoices, lines, days)
def test_everybody_is_decided_once_with_reasons_and_who_is_spared_is_not_cut(rules, owing, services, day):
    found = decide(rules, Account(1, "MXN", tuple(owing), tuple(services)), day).actions
    told = [action.invoice_id for action in found if isinstance(action, Remind)]
    assert len(told) == len(set(told))
    touched = [action for action in found if not isinstance(action, Remind)]
    assert len({action.service_id for action in touched}) == len(touched)
    by_id = {line.service_id: line for line in services}
    for action in found:
        assert all(reason.code in SENTENCES for reason in action.reasons)
        assert explain([reason.as_data() for reason in action.reasons])
    for action in touched:
        if isinstance(action, Spare):
            assert len(action.reasons) > 1
            continue
        assert day_off(rules, day) is None
        assert not rules.never_cut
        # The steps come in order: what follows a cut is for who is cut, the cut for who is not.
        assert by_id[action.service_id].held is not isinstance(action, Cut)


@given(rules_, invoices, lines, days)
def test_nobody_is_written_to_in_quiet_hours(rules, owing, services, day):
    for action in decide(rules, Account(1, "MXN", tuple(owing), tuple(services)), day).actions:
        if isinstance(action, Remind):
            assert not is_quiet(rules, action.hour)


@given(rules_, invoices, lines, days)
def test_a_part_payment_changes_nothing_where_the_policy_does_not_restart(rules, owing, services, day):
    rules = type(rules)(**{**{n: getattr(rules, n) for n in rules.__slots__}, "partial_restarts": False})
    paid = [invoice._replace(paid_on=day) for invoice in owing]
    assert cut_services(rules, paid, services, day) == cut_services(rules, owing, services, day)
