"""/api/v1/tickets/: opened, listed, changed, commented."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Needs
from accounts.models import User
from customers.models import Customer, Service
from events.domain import Actor
from inbox.domain.tickets import NewTicket, change_ticket, comment_ticket, open_ticket
from inbox.models import Conversation, Priority, Team, Ticket, TicketComment

MAY = Needs.to(read="inbox.view", write="tickets.edit")


class TicketOut(serializers.ModelSerializer[Ticket]):
    """A ticket without its comments."""

    class Meta:
        model = Ticket
        fields = [
            "id", "number", "subject", "category", "priority", "state", "customer", "service", "conversation",
            "assignee", "team", "source", "due_at", "created_at", "closed_at",
        ]  # fmt: skip


class TicketIn(serializers.Serializer[Any]):
    """A ticket to open. Without `due_at` the priority says until when."""

    subject = serializers.CharField(max_length=160)
    details = serializers.CharField(max_length=4000, required=False, allow_blank=True)
    category = serializers.ChoiceField(choices=Ticket.Category.choices, required=False)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    customer = serializers.PrimaryKeyRelatedField[Customer](queryset=Customer.objects.all(), required=False)
    service = serializers.PrimaryKeyRelatedField[Service](queryset=Service.objects.all(), required=False)
    conversation = serializers.PrimaryKeyRelatedField[Conversation](
        queryset=Conversation.objects.select_related("customer", "channel"), required=False
    )
    assignee = serializers.PrimaryKeyRelatedField[User](queryset=User.objects.filter(is_active=True), required=False)
    team = serializers.PrimaryKeyRelatedField[Team](queryset=Team.objects.all(), required=False)
    due_at = serializers.DateTimeField(required=False)
    key = serializers.CharField(
        max_length=80, help_text=_("Clave de idempotencia: la misma clave no abre dos tickets.")
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a service of somebody else."""
        service, customer = attrs.get("service"), attrs.get("customer")
        if service is not None and (customer is None or service.customer_id != customer.pk):
            raise serializers.ValidationError({"service": [_("Ese servicio no es de ese cliente.")]})
        return attrs


class TicketChange(serializers.Serializer[Any]):
    """What of a ticket changes; what is left out stays."""

    subject = serializers.CharField(max_length=160, required=False)
    category = serializers.ChoiceField(choices=Ticket.Category.choices, required=False)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    state = serializers.ChoiceField(choices=Ticket.State.choices, required=False)
    assignee = serializers.PrimaryKeyRelatedField[User](
        queryset=User.objects.filter(is_active=True), required=False, allow_null=True
    )
    team = serializers.PrimaryKeyRelatedField[Team](queryset=Team.objects.all(), required=False, allow_null=True)
    due_at = serializers.DateTimeField(required=False)


class CommentOut(serializers.ModelSerializer[TicketComment]):
    """Words under a ticket."""

    class Meta:
        model = TicketComment
        fields = ["id", "body", "is_public", "author_kind", "author_label", "created_at"]


class CommentIn(serializers.Serializer[Any]):
    """Words to write under a ticket; public ones are sent to the customer."""

    body = serializers.CharField(max_length=4000)
    is_public = serializers.BooleanField(default=False)


class Tickets(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Ticket]):
    """Tickets, newest first."""

    serializer_class = TicketOut
    permission_classes = [MAY]
    queryset = Ticket.objects.none()

    def get_queryset(self) -> Any:
        rows = Ticket.objects.visible_to(self.request.user).order_by("-id")
        if state := self.request.query_params.get("state"):
            rows = rows.filter(state=state)
        if customer := self.request.query_params.get("customer"):
            rows = (
                rows.filter(customer_id=int(customer)) if customer.isdecimal() and len(customer) < 18 else rows.none()
            )
        return rows

    @extend_schema(parameters=[OpenApiParameter("state", str), OpenApiParameter("customer", int)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List tickets."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=TicketIn, responses={201: TicketOut})
    def create(self, request: Request) -> Response:
        """Open a ticket and tell the customer. The same `key` again answers with the ticket it opened."""
        data = TicketIn(data=request.data)
        data.is_valid(raise_exception=True)
        values = {**data.validated_data, "key": f"api:{data.validated_data['key']}"}
        ticket = open_ticket(NewTicket(source="api", **values), actor=Actor.of_user(request.user), now=timezone.now())
        return Response(TicketOut(ticket).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=TicketChange, responses=TicketOut)
    def partial_update(self, request: Request, pk: str = "") -> Response:
        """Change a ticket; the customer is told when that closes it."""
        found = self.get_object()
        data = TicketChange(data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        changed = change_ticket(
            ticket_id=found.pk, actor=Actor.of_user(request.user), now=timezone.now(), **data.validated_data
        )
        return Response(TicketOut(changed).data)


class Comments(mixins.ListModelMixin, viewsets.GenericViewSet[TicketComment]):
    """The comments of one ticket, oldest first."""

    serializer_class = CommentOut
    permission_classes = [MAY]
    queryset = TicketComment.objects.none()

    def ticket(self) -> Ticket:
        """Return the ticket of the address, if this key may see it."""
        return get_object_or_404(Ticket.objects.visible_to(self.request.user), pk=self.kwargs["ticket"])

    def get_queryset(self) -> Any:
        if "ticket" not in self.kwargs:
            return TicketComment.objects.none()  # the schema is being drawn
        return TicketComment.objects.filter(ticket=self.ticket())

    @extend_schema(request=CommentIn, responses={201: CommentOut})
    def create(self, request: Request, ticket: str = "") -> Response:
        """Comment a ticket."""
        found = self.ticket()
        data = CommentIn(data=request.data)
        data.is_valid(raise_exception=True)
        made = comment_ticket(
            ticket_id=found.pk, actor=Actor.of_user(request.user), now=timezone.now(), **data.validated_data
        )
        return Response(CommentOut(made).data, status=status.HTTP_201_CREATED)
