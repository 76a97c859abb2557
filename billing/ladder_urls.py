from django.urls import path, re_path

from billing.views import nights, policy

urlpatterns = [
    path("esta-noche/", nights.tonight, name="tonight"),
    path("esta-noche/preparar", nights.plan, name="night_plan"),
    re_path(r"^esta-noche/(?P<pk>\d+)/(?P<verb>detener|seguir|aprobar)$", nights.turn, name="night_turn"),
    re_path(r"^esta-noche/decision/(?P<pk>\d+)/(?P<verb>quitar|devolver|deshacer)$", nights.move, name="decision_move"),
    path("politica/avisos", policy.notices, name="policy_notices"),
]
