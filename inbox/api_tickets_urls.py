"""Addresses of the tickets' API."""

from django.urls import path

from inbox.api_tickets import Comments, Tickets

urlpatterns = [
    path("", Tickets.as_view({"get": "list", "post": "create"}), name="api_tickets"),
    path("<int:pk>/", Tickets.as_view({"get": "retrieve", "patch": "partial_update"}), name="api_ticket"),
    path("<int:ticket>/comments/", Comments.as_view({"get": "list", "post": "create"}), name="api_ticket_comments"),
]
