import datetime as dt
import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing.domain.dunning import decide
from billing.domain.ladder import Notice, Rules
from billing.domain.reasons import SENTENCES, explain
from billing.domain.verdicts import Account, Cut, Line, Owed, Remind, Spare

TODAY = dt.date(2026, 12, 3)


def notice(days, since="due", hour=9):
    return Notice(days, since, dt.time(hour), "whatsapp", "payment_reminder")


def policy(**changes):
    return Rules(**{"notices": (notice(-3), notice(0)), "country": "MX", **changes})


LINE = Line(7, "active")


def account(*invoices, services=(LINE,), credit="0"):
    return Account(1, "MXN", tuple(invoices), tuple(services), Decimal(credit))


def owed(days_ago, amount="600", pk=1):
    return Owed(pk, f"A-{pk}", TODAY - dt.timedelta(days=days_ago), Decimal(amount))


def kinds(verdict):
    return [type(action).__name__ for action in verdict.actions]


def test_reminds_three_days_before_and_on_the_day_and_cuts_on_the_day():
    assert kinds(decide(policy(), account(owed(-3)), TODAY)) == ["Remind"]
    assert kinds(decide(policy(), account(owed(-2)), TODAY)) == []
    assert kinds(decide(policy(), account(owed(0)), TODAY)) == ["Remind", "Cut"]
    assert kinds(decide(policy(cut_after_days=2), account(owed(1)), TODAY)) == []


def test_the_cut_says_how_much_and_since_when():
    [cut] = decide(policy(), account(owed(30, "450", 1), owed(1, "600", 2)), TODAY).actions
    assert isinstance(cut, Cut)
    assert (cut.amount, cut.invoices, cut.oldest_due) == (Decimal(1050), 2, TODAY - dt.timedelta(days=30))
    assert explain([r.as_data() for r in cut.reasons]) == (
        "Debe $1,050.00 por 2 facturas; la más antigua, del 3 de noviembre (venció hace 30 días)."
    )


def test_spares_the_free_the_protected_the_small_and_the_covered_and_says_why():
    services = (Line(1, "free"), Line(2, "active", TODAY), Line(3, "active", TODAY - dt.timedelta(days=1)))
    found = {a.service_id: a for a in decide(policy(), account(owed(1), services=services), TODAY).actions}
    assert [r.code for r in found[1].reasons] == ["overdue", "free"]
    assert [r.code for r in found[2].reasons] == ["overdue", "never_cut"]
    assert isinstance(found[3], Cut)
    [small] = decide(policy(min_debt=Decimal(700)), account(owed(1)), TODAY).actions
    assert [r.code for r in small.reasons] == ["overdue", "small"]
    [covered] = decide(policy(), account(owed(1), credit="600"), TODAY).actions
    assert [r.code for r in covered.reasons] == ["overdue", "covered"]


def test_who_is_cut_already_and_who_left_are_not_cut_again():
    services = (Line(1, "active", None, True), Line(2, "cancelled"))
    assert decide(policy(), account(owed(1), services=services), TODAY).actions == ()


invoices = st.lists(
    st.builds(
        Owed,
        st.integers(1, 9),
        st.just("A-1"),
        st.dates(dt.date(2026, 9, 1), dt.date(2027, 2, 1)),
        st.decimals(0, 2000, places=2),
    ),
    max_size=5,
)
lines = st.lists(
    st.builds(
        Line,
        st.integers(1, 99),
        st.sampled_from(["active", "free", "cancelled"]),
        st.none() | st.dates(dt.date(2026, 11, 1), dt.date(2027, 1, 1)),
        st.booleans(),
    ),
    max_size=4,
    unique_by=lambda line: line.service_id,
)
policies = st.builds(
    policy,
    cut_after_days=st.integers(0, 30),
    min_debt=st.decimals(0, 500, places=2),
    notices=st.lists(st.builds(notice, st.integers(-10, 10)), max_size=4).map(tuple),
)


@given(policies, invoices, lines, st.decimals(0, 3000, places=2))
def test_nobody_is_cut_without_overdue_debt_and_every_action_has_reasons(rules, owing, services, credit):
    verdict = decide(rules, Account(1, "MXN", tuple(owing), tuple(services), credit), TODAY)
    late = [i for i in owing if i.owed > 0 and i.due_on + dt.timedelta(days=rules.cut_after_days) <= TODAY]
    by_id = {line.service_id: line for line in services}
    for action in verdict.actions:
        assert action.reasons
        json.dumps([r.as_data() for r in action.reasons])
        assert all(r.code in SENTENCES for r in action.reasons)
        assert explain([r.as_data() for r in action.reasons])
        if isinstance(action, Remind):
            assert action.due_on + dt.timedelta(days=action.step) == TODAY
            continue
        line = by_id[action.service_id]
        assert late
        assert line.status != "cancelled"
        if isinstance(action, Cut):
            assert action.amount == sum(i.owed for i in late) >= rules.min_debt
            assert action.amount > credit
            assert line.status == "active"
            assert not line.held
            assert not (line.never_cut_until and line.never_cut_until >= TODAY)
        else:
            assert isinstance(action, Spare)
            assert len(action.reasons) > 1


@given(policies, invoices, lines)
def test_paying_everything_always_ends_the_cuts(rules, owing, services):
    paid = tuple(Owed(i.invoice_id, i.label, i.due_on, Decimal(0)) for i in owing)
    assert decide(rules, Account(1, "MXN", paid, tuple(services)), TODAY).actions == ()


@given(policies, invoices, lines)
def test_deciding_is_pure(rules, owing, services):
    once = Account(1, "MXN", tuple(owing), tuple(services))
    assert decide(rules, once, TODAY) == decide(rules, once, TODAY)
