"""An import from upload to report: received, checked, run in chunks that survive any kill, and over."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from time import monotonic

from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import gettext as _

from desk.imports.checking import report_on
from desk.imports.files import drop_files, keep_file, open_files
from desk.imports.people import Prepared, prepare_batch
from desk.imports.sources.base import Batch, SourceFile, UnreadableFilesError
from desk.imports.sources.registry import SOURCES
from desk.imports.writing import Chunk, write_chunk
from desk.models import ImportRun
from events.domain import Actor, record
from tenants.current import current_tenant
from tenants.live import publish_live
from tenants.sealing import SealError
from tenants.wakes import wake

logger = logging.getLogger(__name__)

CHUNK = 200
# A drain gives the worker back after this long; what is left is drained next time.
SECONDS_A_DRAIN = 60.0
LANE = "imports"


class ImportRefused(Exception):
    """The import cannot do that now; the message is a sentence for the person who asked."""


def receive_import(
    *, source: str, files: Sequence[SourceFile], update_existing: bool, actor: Actor, now: datetime
) -> ImportRun:
    """Keep the files sealed and check them. Raises UnreadableFilesError, having kept nothing."""
    batch = SOURCES[source].read(list(files), country=current_tenant().country)
    with transaction.atomic():
        run = ImportRun.objects.create(
            source=source,
            update_existing=update_existing,
            created_at=now,
            created_by=actor.label,
            created_by_id=actor.id,
        )
        for file in files:
            keep_file(run=run, file=file)
        _check(run, batch)
        record("import.checked", subject=run, actor=actor, at=now, people=run.total)
    return run


def check_import(*, run: ImportRun) -> ImportRun:
    """Compare the run's files with what there is now and write the report; nothing else is written.

    Raises UnreadableFilesError, SealError, OSError when the files cannot be read any more.
    """
    _check(run, _read(run))
    return run


def _check(run: ImportRun, batch: Batch) -> None:
    prepared = prepare_batch(batch)
    run.report = report_on(
        source=run.source, prepared=prepared, problems=batch.problems, update_existing=run.update_existing
    )
    run.report["void_invoices"] = batch.void_invoices
    run.total = len(prepared.people)
    run.stage = ImportRun.Stage.CHECKED
    run.save(update_fields=["report", "total", "stage"])


@transaction.atomic
def run_import(*, run_id: int, actor: Actor, now: datetime) -> ImportRun:
    """Start a checked import, or take up one that stopped. The worker does it in chunks.

    Raises ImportRefused when it is over, or another one is running.
    """
    run = ImportRun.objects.select_for_update().get(pk=run_id)
    if run.stage == ImportRun.Stage.RUNNING:
        return run
    if run.stage not in (ImportRun.Stage.CHECKED, ImportRun.Stage.FAILED):
        raise ImportRefused(_("Esta importación ya terminó. Traiga los archivos otra vez para repetirla."))
    run.stage, run.error, run.started_at = ImportRun.Stage.RUNNING, "", run.started_at or now
    try:
        with transaction.atomic():
            run.save(update_fields=["stage", "error", "started_at"])
    except IntegrityError:
        raise ImportRefused(_("Hay otra importación en curso. Espere a que termine y vuelva a intentarlo.")) from None
    record("import.started", subject=run, actor=actor, at=now, people=run.total)
    wake(LANE)
    return run


@transaction.atomic
def discard_import(*, run_id: int, actor: Actor, now: datetime) -> ImportRun:
    """Give up an import that is not running and delete its files. What it brought already stays."""
    run = ImportRun.objects.select_for_update().get(pk=run_id)
    if run.stage == ImportRun.Stage.RUNNING:
        raise ImportRefused(_("La importación está en curso: no se puede descartar a la mitad."))
    if not run.is_over:
        run.stage, run.finished_at = ImportRun.Stage.DISCARDED, now
        run.save(update_fields=["stage", "finished_at"])
        record("import.discarded", subject=run, actor=actor, at=now)
        transaction.on_commit(lambda: drop_files(run))
    return run


def drain(*, now: datetime) -> datetime | None:
    """Do the running import, chunk by chunk. Returns `now` when it is not done yet."""
    until = monotonic() + SECONDS_A_DRAIN
    run = ImportRun.objects.filter(stage=ImportRun.Stage.RUNNING).order_by("id").first()
    if run is None:
        return None
    try:
        prepared = prepare_batch(_read(run))
        while _next_chunk(run_id=run.pk, prepared=prepared, now=now):
            if monotonic() > until:
                return now
    except (SealError, OSError, UnreadableFilesError):
        logger.exception("import %s: its files cannot be read", run.pk)
        _fail(
            run.pk, _("No se pueden leer los archivos guardados. Descarte esta importación y tráigalos otra vez."), now
        )
    except (DatabaseError, ValueError, LookupError) as error:
        logger.exception("import %s stopped", run.pk)
        _fail(
            run.pk,
            _("Se detuvo por un error (%(kind)s). Lo ya importado queda; «Continuar» sigue donde se quedó.")
            % {"kind": type(error).__name__},
            now,
        )
    return None


def _next_chunk(*, run_id: int, prepared: Prepared, now: datetime) -> bool:
    """Write the next people and move the cursor in one transaction. Returns whether there may be more."""
    with transaction.atomic():
        run = (
            ImportRun.objects.select_for_update(skip_locked=True)
            .filter(pk=run_id, stage=ImportRun.Stage.RUNNING)
            .first()
        )
        if run is None:  # another worker has it, or a person stopped it
            return False
        people = prepared.people[run.cursor : run.cursor + CHUNK]
        actor = Actor("user", run.created_by_id, run.created_by)
        if people:
            done = write_chunk(Chunk(run.source, people, prepared, run.update_existing, actor, now))
            run.counters = {key: value for key, value in (Counter(run.counters) + done).items() if value}
            run.cursor += len(people)
        over = run.cursor >= len(prepared.people)
        if over:
            run.stage, run.finished_at = ImportRun.Stage.DONE, now
            record("import.done", subject=run, actor=actor, at=now, **run.counters)
            transaction.on_commit(lambda: drop_files(run))
        run.total = len(prepared.people)
        run.save(update_fields=["counters", "cursor", "total", "stage", "finished_at"])
        publish_live("work", kind="import", id=run.pk, percent=run.percent)
    return not over


def _fail(run_id: int, sentence: str, now: datetime) -> None:
    ImportRun.objects.filter(pk=run_id, stage=ImportRun.Stage.RUNNING).update(
        stage=ImportRun.Stage.FAILED, error=sentence, finished_at=now
    )


def _read(run: ImportRun) -> Batch:
    return SOURCES[run.source].read(open_files(run), country=current_tenant().country)
