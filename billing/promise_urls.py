"""Addresses of promises to pay."""

from django.urls import path, re_path

from billing.views import promise_list, promises

urlpatterns = [
    path("promesas/", promise_list.promises, name="promises"),
    re_path(r"^promesas\.(?P<form>csv|xlsx)$", promise_list.export, name="promises_export"),
    path("promesas/<int:pk>/prolongar", promises.extend, name="promise_extend"),
    path("promesas/<int:pk>/anular", promises.cancel, name="promise_cancel"),
    path("cliente/<int:customer_id>/promesas", promises.customer_promises, name="customer_promises"),
    path("cliente/<int:customer_id>/promesa", promises.grant, name="promise_grant"),
]
