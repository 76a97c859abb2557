"""Work of the desk that is remembered: the imports and what came of each."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.sealing import SealedRow


class ImportRun(models.Model):
    """Bringing subscribers from another system. Checked first (writes nothing), then run in chunks that resume.

    `cursor` counts the people done, of `total`. `report` is what the check found; `counters` what the run did.
    """

    class Stage(models.TextChoices):
        UPLOADED = "uploaded", _("Recibida")
        CHECKED = "checked", _("Lista para empezar")
        RUNNING = "running", _("En curso")
        DONE = "done", _("Terminada")
        FAILED = "failed", _("Detenida")
        DISCARDED = "discarded", _("Descartada")

    source = models.CharField(max_length=20)
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.UPLOADED)
    update_existing = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=120)
    created_by_id = models.BigIntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cursor = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    counters = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [
            # Two at once would both find a customer missing, and both make them.
            models.UniqueConstraint(fields=["stage"], condition=models.Q(stage="running"), name="import_one_running")
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.pk} {self.stage}"

    @property
    def source_label(self) -> str:
        """Return the source's name as people know it."""
        from desk.imports.sources.registry import SOURCES  # noqa: PLC0415 -- sources are above their rows

        source = SOURCES.get(self.source)
        return str(source.label) if source else self.source

    @property
    def percent(self) -> int:
        """Return how far it is, 0 to 100."""
        return self.cursor * 100 // self.total if self.total else 0

    @property
    def is_over(self) -> bool:
        """Say whether nothing more will happen to it."""
        return self.stage in (self.Stage.DONE, self.Stage.DISCARDED)


class ImportFile(SealedRow):
    """A file as it was brought. Its content is kept sealed until the import is over, then deleted."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    content = models.FileField(blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
