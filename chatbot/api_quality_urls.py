from django.urls import path

from chatbot import api_quality as api

urlpatterns = [
    path("quality/", api.QualityView.as_view(), name="api_bot_quality"),
    path("budget/", api.BudgetView.as_view(), name="api_bot_budget"),
    path("turns/", api.Turns.as_view({"get": "list"}), name="api_turns"),
    path("turns/<int:pk>/", api.Turns.as_view({"patch": "partial_update"}), name="api_turn"),
]
