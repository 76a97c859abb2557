from django.urls import path, re_path

from billing.views import nights, policy, what_if

urlpatterns = [
    path("esta-noche/", nights.tonight, name="tonight"),
    path("esta-noche/preparar", nights.plan, name="night_plan"),
    re_path(r"^esta-noche/(?P<pk>\d+)/(?P<verb>detener|seguir)$", nights.turn, name="night_turn"),
    path("esta-noche/<int:pk>/aprobar", nights.approve, name="night_approve"),
    re_path(r"^esta-noche/decision/(?P<pk>\d+)/(?P<verb>quitar|devolver|deshacer)$", nights.move, name="decision_move"),
    path("politica/avisos", policy.notices, name="policy_notices"),
    path("politica/y-si", what_if.policy, name="what_if"),
    path("condiciones/zona/<int:pk>/y-si", what_if.zone, name="what_if_zone"),
    path("condiciones/cliente/<int:pk>/y-si", what_if.customer, name="what_if_customer"),
]
