"""Settings of the counter: the bank accounts and tills by name, and whether cash needs an open drawer."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import needs
from billing.counter_forms import AccountForm, CounterForm
from billing.domain.counter_settings import change_counter, counter_settings
from billing.domain.drawers import held_by
from billing.domain.money_accounts import AccountRefused, add_account, named_accounts, rename_account, use_account
from billing.models import LedgerAccount
from events.domain import Actor
from tenants.current import current_tenant

Kind = LedgerAccount.Kind


@require_http_methods(["GET", "POST"])
@needs("billing.policy")
def accounts(request: HttpRequest) -> HttpResponse:
    """The accounts with what each holds, and how drawers are used."""
    form = CounterForm(
        request.POST or None,
        currency=current_tenant().currency,
        initial={
            "cash_drawers": counter_settings().cash_drawers,
            "difference_free": counter_settings().difference_free,
        },
    )
    if request.method == "POST" and form.is_valid():
        change_counter(changes=form.cleaned_data, actor=Actor.of_user(request.user))
        messages.success(request, _("Quedó guardado."))
        return redirect("billing:accounts")
    rows = [
        (account, held_by(account.pk))
        for kind in (Kind.BANK, Kind.CASH)
        for account in named_accounts(kind, only_active=False)
    ]
    context = {"rows": rows, "form": form, "currency": current_tenant().currency}
    return render(request, "billing/accounts.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@needs("billing.policy")
def new(request: HttpRequest) -> HttpResponse:
    """Name another account."""
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_account(**form.cleaned_data, actor=Actor.of_user(request.user))
        except AccountRefused as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, _("La cuenta quedó lista."))
            return redirect("billing:accounts")
    return _form(request, form, None)


@require_http_methods(["GET", "POST"])
@needs("billing.policy")
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name."""
    account = _named(pk)
    form = AccountForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        try:
            rename_account(account_id=pk, name=form.cleaned_data["name"], actor=Actor.of_user(request.user))
        except AccountRefused as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, _("La cuenta quedó lista."))
            return redirect("billing:accounts")
    return _form(request, form, account)


@require_POST
@needs("billing.policy")
def use(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop using an account, or use it again."""
    account = _named(pk)
    try:
        use_account(account_id=pk, active=not account.is_active, actor=Actor.of_user(request.user))
    except AccountRefused as error:
        messages.error(request, str(error))
    return redirect("billing:accounts")


def _named(pk: int) -> LedgerAccount:
    return get_object_or_404(LedgerAccount.objects.filter(kind__in=[Kind.BANK, Kind.CASH]).exclude(name=""), pk=pk)


def _form(request: HttpRequest, form: AccountForm, account: LedgerAccount | None) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    return render(request, "billing/account_form.html", {"form": form, "account": account}, status=status)
