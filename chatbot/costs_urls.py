from django.urls import path

from chatbot import views_costs, views_turns

urlpatterns = [
    path("costos/", views_costs.costs, name="costs"),
    path("turnos/", views_turns.turns, name="turns"),
    path("turnos/etiquetas.jsonl", views_turns.labels, name="labels"),
    path("turnos/<int:turn_id>/asunto/", views_turns.label, name="label"),
]
