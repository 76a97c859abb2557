"""Addresses of the notices' texts and of what the channels approved."""

from django.urls import path

from inbox import views_templates

urlpatterns = [
    path("", views_templates.templates, name="templates"),
    path("canal/<int:pk>/sincronizar", views_templates.sync, name="templates_sync"),
    path("<int:pk>/", views_templates.approval, name="template_approval"),
    path("aviso/<int:pk>/", views_templates.notice, name="text"),
]
