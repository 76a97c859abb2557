"""/api/v1/series/: what numbers documents."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api import Room, checked
from billing.domain.policies import current_policy
from billing.domain.series import SeriesRefused, change_series, create_series, ensure_series, list_series, use_series
from billing.models import Series


class SeriesOut(serializers.ModelSerializer[Series]):
    """A series; `used`: a document has a number of it; `current`: the next invoices take theirs from it."""

    used = serializers.BooleanField(read_only=True)
    current = serializers.SerializerMethodField()

    class Meta:
        model = Series
        fields = ["id", "kind", "prefix", "next_number", "used", "current"]

    def get_current(self, series: Series) -> bool:
        """Whether the policy names it."""
        return bool(series.prefix == self.context["prefix"])


class SeriesIn(serializers.Serializer[Any]):
    """A new series."""

    kind = serializers.ChoiceField(choices=Series.Kind.choices, default=Series.Kind.INVOICE)
    prefix = serializers.CharField(max_length=40)
    next_number = serializers.IntegerField(default=1, max_value=10**15, min_value=-(10**15))


class SeriesChange(serializers.Serializer[Any]):
    """What can change of a series. `gap` says that leaving numbers out is meant."""

    prefix = serializers.CharField(max_length=40, required=False)
    next_number = serializers.IntegerField(required=False, max_value=10**15, min_value=-(10**15))
    gap = serializers.BooleanField(required=False)


class SeriesRoom(mixins.ListModelMixin, mixins.RetrieveModelMixin, Room):
    """The series that number invoices and credit notes."""

    acts = dict.fromkeys(["create", "partial_update", "use"], "billing.policy")
    queryset = Series.objects.none()
    serializer_class = SeriesOut

    def get_queryset(self) -> QuerySet[Series]:
        ensure_series()
        return list_series().order_by()

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "prefix": current_policy().series_prefix}

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, SeriesRefused):
            exc = ValidationError({exc.field: [str(exc)]})
        return super().handle_exception(exc)

    def _shown(self, pk: int, code: int = status.HTTP_200_OK) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=pk)).data, status=code)

    @extend_schema(request=SeriesIn, responses={201: SeriesOut})
    def create(self, request: Request) -> Response:
        """Make a series."""
        made = create_series(**checked(SeriesIn, request), actor=self.actor, now=timezone.now())
        return self._shown(made.pk, status.HTTP_201_CREATED)

    @extend_schema(request=SeriesChange, responses=SeriesOut)
    def partial_update(self, request: Request, pk: str = "") -> Response:
        """Change its prefix while nothing is numbered, or its next number upwards."""
        row, values = self.get_object(), checked(SeriesChange, request)
        values = {"prefix": row.prefix, "next_number": row.next_number, **values}
        change_series(series_id=row.pk, **values, actor=self.actor, now=timezone.now())
        return self._shown(row.pk)

    @extend_schema(request=None, responses=SeriesOut)
    @action(detail=True, methods=["post"])
    def use(self, request: Request, pk: str = "") -> Response:
        """Number the next invoices with it."""
        return self._shown(use_series(series_id=self.get_object().pk, actor=self.actor, now=timezone.now()).pk)
