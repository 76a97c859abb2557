"""From where the staff may ask."""

from django.urls import path

from chatbot import views_staff

urlpatterns = [
    path("", views_staff.numbers, name="numbers"),
    path("codigo/", views_staff.ask_code, name="ask_code"),
    path("<int:address_id>/quitar/", views_staff.forget, name="forget_number"),
]
