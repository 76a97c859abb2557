"""The texts of the notices, as they were approved."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import needs
from inbox.forms import TemplateForm
from inbox.models import Template


@require_http_methods(["GET", "POST"])
@needs("settings.edit")
def text(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the words of a notice and say under which id they were approved."""
    found = get_object_or_404(Template, pk=pk)
    form = TemplateForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("El texto quedó guardado."))
        return redirect("inbox:channels")
    status = 422 if request.method == "POST" else 200
    return render(request, "inbox/text.html", {"form": form, "template": found}, status=status)
