from django.urls import path

from inbox import api_whatsapp as api

urlpatterns = [
    path("stats", api.Stats.as_view(), name="api_whatsapp_stats"),
    path("conversations/<str:ref>/close", api.Close.as_view(), name="api_whatsapp_close"),
    path("conversations/<str:ref>/history", api.History.as_view(), name="api_whatsapp_history"),
]
