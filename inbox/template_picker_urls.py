"""Addresses of the composer's templates, under a conversation."""

from django.urls import path

from inbox import views_template_picker as picker

urlpatterns = [
    path("", picker.picker, name="template_picker"),
    path("datos/", picker.fields, name="template_fields"),
    path("vista/", picker.preview, name="template_preview"),
    path("enviar/", picker.send, name="template_send"),
]
