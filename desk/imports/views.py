"""Importar: bring, review, watch, and read what came of it."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs
from desk.imports.checking import is_empty
from desk.imports.forms import ImportForm
from desk.imports.lines import count_lines
from desk.imports.problems import group_problems, problems_csv
from desk.imports.run import ImportRefused, check_import, discard_import, receive_import, run_import
from desk.imports.samples.generate import FOLDER
from desk.imports.sources.base import Problem, SourceFile, UnreadableFilesError
from desk.models import ImportRun
from events.domain import Actor
from tenants.sealing import SealError

PAGE = 30
SAMPLES = {"clientes": "norte_clientes.json", "facturas": "norte_facturas.json"}


@needs("imports.run")
@require_GET
def imports(request: HttpRequest) -> HttpResponse:
    """The imports so far, newest first."""
    runs = ImportRun.objects.defer("report").prefetch_related("files").order_by("-id")
    before = request.GET.get("before", "")
    if before.isdecimal():
        runs = runs.filter(pk__lt=int(before))
    page = list(runs[: PAGE + 1])
    context = {"runs": page[:PAGE], "next": page[PAGE - 1].pk if len(page) > PAGE else None}
    return render(request, "desk/imports/rows.html" if before else "desk/imports/list.html", context)


@needs("imports.run")
def import_new(request: HttpRequest) -> HttpResponse:
    """Bring files. They are checked at once; what cannot be read is said here and nothing is kept."""
    form = ImportForm(request.POST or None, request.FILES or None)
    problems: list[Problem] = []
    if request.method == "POST" and form.is_valid():
        files = [SourceFile(file.name or "", file.read()) for file in form.cleaned_data["brought"]]
        try:
            run = receive_import(
                source=form.cleaned_data["source"],
                files=files,
                update_existing=form.cleaned_data["update_existing"],
                actor=Actor.of_user(request.user),
                now=timezone.now(),
            )
        except UnreadableFilesError as error:
            problems = error.problems
        else:
            return redirect("desk:import", run.pk)
    wrong = request.method == "POST"
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(request, "desk/imports/new.html", {"form": form, "problems": problems}, status=status)


@needs("imports.run")
@require_GET
@never_cache
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One import, whatever its stage."""
    return render(request, "desk/imports/detail.html", _context(get_object_or_404(ImportRun, pk=pk)))


@needs("imports.run")
@require_GET
@never_cache
def import_state(request: HttpRequest, pk: int) -> HttpResponse:
    """The moving part of a running import. When it ends the whole page comes anew."""
    run = get_object_or_404(ImportRun.objects.defer("report"), pk=pk)
    if run.stage != ImportRun.Stage.RUNNING:
        response = HttpResponse(status=HTTPStatus.NO_CONTENT)
        response["HX-Refresh"] = "true"
        return response
    return render(request, "desk/imports/running.html", {"run": run})


@needs("imports.run")
@require_POST
def import_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Start a checked import, or go on with one that stopped."""
    get_object_or_404(ImportRun, pk=pk)
    try:
        run_import(run_id=pk, actor=Actor.of_user(request.user), now=timezone.now())
    except ImportRefused as error:
        messages.error(request, str(error))
    return redirect("desk:import", pk)


@needs("imports.run")
@require_POST
def import_recheck(request: HttpRequest, pk: int) -> HttpResponse:
    """Check again against what there is now."""
    run = get_object_or_404(ImportRun, pk=pk, stage=ImportRun.Stage.CHECKED)
    try:
        check_import(run=run)
    except (SealError, OSError, UnreadableFilesError):
        messages.error(request, _("No se pueden leer los archivos guardados. Tráigalos otra vez."))
    return redirect("desk:import", pk)


@needs("imports.run")
@require_POST
def import_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Give it up and delete its files."""
    get_object_or_404(ImportRun, pk=pk)
    try:
        discard_import(run_id=pk, actor=Actor.of_user(request.user), now=timezone.now())
    except ImportRefused as error:
        messages.error(request, str(error))
        return redirect("desk:import", pk)
    messages.success(request, _("Importación descartada. Sus archivos se borraron."))
    return redirect("desk:imports")


@needs("imports.run")
@require_GET
def import_problems(_request: HttpRequest, pk: int) -> HttpResponse:
    """Every problem as a table to take away."""
    run = get_object_or_404(ImportRun, pk=pk)
    response = HttpResponse(problems_csv(run.report), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="problemas-importacion-{run.pk}.csv"'
    return response


@needs("imports.run")
@require_GET
def import_sample(_request: HttpRequest, which: str) -> FileResponse:
    """An invented list, to see what an import does before bringing one's own."""
    name = SAMPLES[which]
    return FileResponse((FOLDER / name).open("rb"), as_attachment=True, filename=name, content_type="application/json")


def _context(run: ImportRun) -> dict[str, object]:
    foretold = run.report.get("counts", {})
    counts = foretold if run.stage == ImportRun.Stage.CHECKED else run.counters
    return {
        "run": run,
        "counts": counts,
        "lines": count_lines(counts, foretold),
        "groups": group_problems(run.report),
        "nothing_to_do": run.stage == ImportRun.Stage.CHECKED and is_empty(run.report),
        "steps": _steps(run),
    }


def _steps(run: ImportRun) -> list[tuple[str, str]]:
    """Each step with "done", "now" or nothing."""
    at = {"uploaded": 2, "checked": 2, "running": 3, "failed": 3}.get(run.stage, 5)
    words = [_("Archivos"), _("Revisión"), _("En curso"), _("Informe")]
    return [(word, "done" if step < at else "now" if step == at else "") for step, word in enumerate(words, 1)]
