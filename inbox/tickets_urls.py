"""Addresses of tickets."""

from django.urls import path, re_path

from inbox import views_ticket_list, views_tickets

urlpatterns = [
    path("", views_ticket_list.tickets, name="tickets"),
    path("varios", views_ticket_list.change_many, name="tickets_many"),
    re_path(r"^tickets\.(?P<form>csv|xlsx)$", views_ticket_list.export, name="tickets_export"),
    path("nuevo/", views_tickets.new, name="ticket_new"),
    path("nuevo/clientes/", views_tickets.find_person, name="ticket_people"),
    path("cliente/<int:customer_id>/", views_tickets.of_customer, name="customer_tickets"),
    path("<int:pk>/", views_tickets.ticket, name="ticket"),
    path("<int:pk>/guardar", views_tickets.edit, name="ticket_edit"),
    path("<int:pk>/comentar", views_tickets.comment, name="ticket_comment"),
    re_path(r"^(?P<pk>\d+)/(?P<verb>cerrar|reabrir)$", views_tickets.settle, name="ticket_settle"),
]
