"""Ready answers: offered while one types, and the page where they are kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import needs
from inbox.domain.canned import (
    ShortcutTaken,
    fill_reply,
    find_replies,
    note_used,
    replies_for,
    save_reply,
    variables,
)
from inbox.models import CannedReply, Conversation


class CannedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A ready answer."""

    class Meta:
        model = CannedReply
        fields = ("shortcut", "body")
        labels = {"shortcut": gettext_lazy("Atajo"), "body": gettext_lazy("Texto")}
        help_texts = {"shortcut": gettext_lazy("Una palabra sin espacios ni acentos: se escribe /saldo y aparece.")}
        widgets = {"body": forms.Textarea(attrs={"rows": 5, "maxlength": 4000})}

    for_all = forms.BooleanField(required=False, label=gettext_lazy("La usa todo el equipo"))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        if self.instance.pk:
            self.initial["for_all"] = self.instance.owner_id is None
        if not user.can("settings.edit"):
            del self.fields["for_all"]

    def clean(self) -> dict[str, Any]:
        """Say whose it will be."""
        data = super().clean() or {}
        self.instance.owner = None if data.get("for_all") else self.user
        return data

    def keep(self) -> bool:
        """Save a valid form; False, with a sentence at the field, when the shortcut is taken."""
        try:
            save_reply(self.instance)
        except ShortcutTaken:
            self.add_error("shortcut", _("Ya hay una respuesta con ese atajo."))
            return False
        return True


@require_GET
@never_cache
@needs("inbox.reply")
def found(request: HttpRequest, pk: int) -> HttpResponse:
    """The ready answers for what is being typed, filled in for this conversation."""
    rows = Conversation.objects.visible_to(request.user).select_related("customer", "channel")
    conversation = get_object_or_404(rows, pk=pk)
    user: Any = request.user
    now = timezone.now()
    replies = [
        {
            "id": reply.pk,
            "shortcut": reply.shortcut,
            "text": fill_reply(body=reply.body, conversation=conversation, user=user, now=now),
        }
        for reply in find_replies(user=user, text=request.GET.get("q", "").replace("\x00", "")[:30])
    ]
    return JsonResponse({"replies": replies})


@require_POST
@needs("inbox.reply")
def used(request: HttpRequest, pk: int, reply: int) -> HttpResponse:
    """A ready answer was put into the composer."""
    get_object_or_404(Conversation.objects.visible_to(request.user), pk=pk)
    user: Any = request.user
    note_used(get_object_or_404(replies_for(user), pk=reply))
    return HttpResponse(status=204)


@require_GET
@needs("inbox.reply")
def replies(request: HttpRequest) -> HttpResponse:
    """Everybody's ready answers and one's own."""
    user: Any = request.user
    rows = replies_for(user).order_by("shortcut")
    return render(request, "inbox/canned.html", {"rows": rows, "shared": user.can("settings.edit")})


@require_http_methods(["GET", "POST"])
@needs("inbox.reply")
def reply(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Write a ready answer or change it. Everybody's are changed by whoever keeps the settings."""
    user: Any = request.user
    kept = get_object_or_404(_mine(user), pk=pk) if pk else None
    form = CannedForm(request.POST or None, instance=kept, user=user)
    if request.method == "POST" and form.is_valid() and form.keep():
        messages.success(request, _("La respuesta quedó guardada."))
        return redirect("inbox:canned")
    context = {"form": form, "reply": kept, "variables": variables.values()}
    return render(request, "inbox/canned_reply.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@needs("inbox.reply")
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a ready answer away; what was sent with it stays."""
    user: Any = request.user
    get_object_or_404(_mine(user), pk=pk).delete()
    messages.success(request, _("La respuesta se borró. Los mensajes ya enviados no cambian."))
    return redirect("inbox:canned")


def _mine(user: Any) -> Any:
    """Return the ready answers this person may change."""
    rows = replies_for(user)
    return rows if user.can("settings.edit") else rows.filter(owner=user)
