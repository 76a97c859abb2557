from django.urls import path

from network import views_drift, views_rules

urlpatterns = [
    path("routers/<int:router_id>/diferencias/corregir/", views_drift.agree, name="drift_agree"),
    path("routers/<int:router_id>/diferencias/adoptar/", views_drift.adopt, name="drift_adopt"),
    path("routers/<int:router_id>/diferencias/ignorar/", views_drift.ignore, name="drift_ignore"),
    path("routers/<int:router_id>/diferencias/atender/", views_drift.unignore, name="drift_unignore"),
    path("routers/<int:router_id>/diferencias/comparar/", views_drift.compare, name="drift_compare"),
    path("routers/<int:router_id>/diferencias/<int:drift_id>/enlazar/", views_drift.link, name="drift_link"),
    path("routers/<int:router_id>/reglas/", views_rules.rules, name="rules"),
    path("routers/<int:router_id>/reglas/adoptar/", views_rules.adopt, name="rules_adopt"),
    path("routers/<int:router_id>/reglas/instalar/", views_rules.install, name="rules_install"),
    path("routers/<int:router_id>/reglas/pasar/", views_rules.migrate, name="rules_migrate"),
]
