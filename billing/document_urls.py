"""Addresses of documents for the staff. The same three acts in every room that keeps documents."""

from django.urls import path, re_path

from billing.views import documents

ROOM = r"^(?P<room>facturas|pagos|notas|cuenta)/(?P<pk>\d{1,18})"
urlpatterns = [
    re_path(rf"{ROOM}/pdf$", documents.pdf, name="document_pdf"),
    re_path(rf"{ROOM}/enviar$", documents.send, name="document_send"),
    re_path(rf"{ROOM}/enlace$", documents.link, name="document_link"),
    path("documentos/", documents.texts, name="document_texts"),
    path("documentos/vista", documents.preview, name="document_preview"),
]
