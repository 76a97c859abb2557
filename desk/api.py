"""/api/v1/: what spans the apps below: pausing and ending a service, and imports."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from billing.domain.leaving import preview_end
from customers.models import Service
from desk.domain.services import ServiceIsOver, end_service, pause_service, resume_service
from desk.imports.forms import MOST_BYTES, MOST_FILES
from desk.imports.run import ImportRefused, discard_import, receive_import, run_import
from desk.imports.sources.base import SourceFile, UnreadableFilesError
from desk.imports.sources.registry import SOURCES
from desk.models import ImportFile, ImportRun
from events.domain import Actor
from tenants.current import tenant_today


class PauseIn(serializers.Serializer[Any]):
    """Until when (inclusive; without it, until it is resumed) and why.

    `returns`: whether charged days after today are given back; without it as the policy says. To say otherwise than
    the policy takes the permission `billing.correct`.
    """

    until = serializers.DateField(required=False, allow_null=True)
    why = serializers.CharField(required=False, allow_blank=True, max_length=200)
    returns = serializers.BooleanField(required=False, allow_null=True, default=None)


class EndIn(serializers.Serializer[Any]):
    """Why it ends. `returns` and `charge_fee` say otherwise than the policy and the contract: `billing.correct`."""

    why = serializers.CharField(required=False, allow_blank=True, max_length=200)
    returns = serializers.BooleanField(required=False, allow_null=True, default=None)
    charge_fee = serializers.BooleanField(required=False, default=True)


class EndPreviewOut(serializers.Serializer[Any]):
    """What ending a service today would do. Amounts are in the provider's currency."""

    returned = serializers.DecimalField(max_digits=16, decimal_places=3, source="returns.amount")
    days = serializers.IntegerField(source="returns.days")
    returned_by_policy = serializers.BooleanField(source="returns.by_policy")
    fee = serializers.DecimalField(max_digits=16, decimal_places=3)
    term_ends = serializers.DateField(allow_null=True)


class ChangedOut(serializers.Serializer[Any]):
    """Whether anything changed; asking again changes nothing."""

    changed = serializers.BooleanField()


class ServiceAct(APIView):
    """An act on one service; `act` says which."""

    permission_classes = [Needs.to(read="customers.view", write="services.hold")]

    def service(self, request: Request, pk: int) -> Service:
        """Return the service, if this key may see it."""
        services = Service.objects.visible_to(request.user).select_related("plan", "customer")
        service: Service = get_object_or_404(services, pk=pk)
        return service

    @staticmethod
    def may_choose(request: Request, values: dict[str, Any]) -> None:
        """Refuse who says otherwise than the policy and may not."""
        if request.user.can("billing.correct"):
            return
        if values["returns"] is not None or not values.get("charge_fee", True):
            raise PermissionDenied(_("Sólo quien puede corregir cobros decide otra cosa que la política."))


class ServicePause(ServiceAct):
    """POST pauses, DELETE resumes."""

    @extend_schema(request=PauseIn, responses=ChangedOut)
    def post(self, request: Request, pk: int) -> Response:
        """Pause a service."""
        service = self.service(request, pk)
        data = PauseIn(data=request.data)
        data.is_valid(raise_exception=True)
        self.may_choose(request, data.validated_data)
        try:
            changed = pause_service(
                service_id=service.pk,
                until=data.validated_data.get("until"),
                why=data.validated_data.get("why", ""),
                returns=data.validated_data["returns"],
                actor=Actor.of_user(request.user),
                now=timezone.now(),
            )
        except ServiceIsOver:
            raise serializers.ValidationError({"status": [_("El servicio está cancelado.")]}) from None
        return Response({"changed": changed})

    @extend_schema(request=None, responses=ChangedOut)
    def delete(self, request: Request, pk: int) -> Response:
        """Resume a paused service. Other reasons to be cut stay."""
        service = self.service(request, pk)
        changed = resume_service(service_id=service.pk, actor=Actor.of_user(request.user), now=timezone.now())
        return Response({"changed": changed})


class ServiceEnd(ServiceAct):
    """GET says what it would do, POST ends a service."""

    @extend_schema(responses=EndPreviewOut)
    def get(self, request: Request, pk: int) -> Response:
        """What ending it today would give back and cost."""
        service = self.service(request, pk)
        return Response(EndPreviewOut(preview_end(service, today=tenant_today(timezone.now()))).data)

    @extend_schema(request=EndIn, responses=ChangedOut)
    def post(self, request: Request, pk: int) -> Response:
        """Cancel a service today. What is owed stays."""
        service = self.service(request, pk)
        data = EndIn(data=request.data)
        data.is_valid(raise_exception=True)
        self.may_choose(request, data.validated_data)
        changed = end_service(
            service_id=service.pk,
            why=data.validated_data.get("why", ""),
            returns=data.validated_data["returns"],
            charge_fee=data.validated_data["charge_fee"],
            actor=Actor.of_user(request.user),
            now=timezone.now(),
        )
        return Response({"changed": changed})


class ImportFileOut(serializers.ModelSerializer[ImportFile]):
    """A brought file; its content is not given back."""

    class Meta:
        model = ImportFile
        fields = ["name", "size", "sha256"]


class ImportOut(serializers.ModelSerializer[ImportRun]):
    """An import: `report` is what the check found, `counters` what the run did."""

    files = ImportFileOut(many=True, read_only=True)
    percent = serializers.IntegerField(read_only=True)

    class Meta:
        model = ImportRun
        fields = [
            "id", "source", "stage", "update_existing", "created_at", "created_by", "started_at", "finished_at",
            "cursor", "total", "percent", "counters", "report", "error", "files",
        ]  # fmt: skip


class ImportIn(serializers.Serializer[Any]):
    """The files of a source, as one multipart form."""

    source = serializers.ChoiceField(choices=sorted(SOURCES))  # type: ignore[assignment]  # the field's own name
    files = serializers.ListField(child=serializers.FileField(allow_empty_file=True), max_length=MOST_FILES)
    update_existing = serializers.BooleanField(default=False)

    def validate_files(self, files: list[Any]) -> list[Any]:
        """Refuse more than fits."""
        if sum(file.size for file in files) > MOST_BYTES:
            raise serializers.ValidationError(_("Los archivos son demasiado grandes: tráigalos en dos importaciones."))
        return files


class Imports(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ImportRun]):
    """Imports, the newest first."""

    serializer_class = ImportOut
    permission_classes = [Needs.to(read="imports.run", write="imports.run")]
    queryset = ImportRun.objects.prefetch_related("files").order_by()
    parser_classes = [MultiPartParser, JSONParser]

    @extend_schema(request={"multipart/form-data": ImportIn}, responses={201: ImportOut})
    def create(self, request: Request) -> Response:
        """Bring files and check them. Nothing else is written until it is started."""
        data = ImportIn(data=request.data)
        data.is_valid(raise_exception=True)
        values = data.validated_data
        try:
            run = receive_import(
                source=values["source"],
                files=[SourceFile(file.name, file.read()) for file in values["files"]],
                update_existing=values["update_existing"],
                actor=Actor.of_user(request.user),
                now=timezone.now(),
            )
        except UnreadableFilesError as error:
            raise serializers.ValidationError({"files": [p.sentence for p in error.problems]}) from None
        return Response(ImportOut(run).data, status=201)

    @extend_schema(request=None, responses=ImportOut)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str = "") -> Response:
        """Start a checked import, or go on with one that stopped."""
        return self._turn(run_import, request)

    @extend_schema(request=None, responses=ImportOut)
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: str = "") -> Response:
        """Give an import up and delete its files."""
        return self._turn(discard_import, request)

    def _turn(self, turn: Any, request: Request) -> Response:
        found = self.get_object()
        try:
            run = turn(run_id=found.pk, actor=Actor.of_user(request.user), now=timezone.now())
        except ImportRefused as error:
            raise serializers.ValidationError({"stage": [str(error)]}) from None
        return Response(ImportOut(run).data)
