"""Telegram and customers: the link that says who they are."""

from django.urls import path

from inbox import views_telegram

urlpatterns = [
    path("<int:customer>/", views_telegram.offer, name="telegram_offer"),
    path("<int:customer>/enlace/", views_telegram.invite, name="telegram_invite"),
]
