from django.urls import path

from inbox import views_bulk, views_list, views_merge, views_organise

urlpatterns = [
    path("lista/", views_list.conversations, name="list"),
    path("colas/", views_list.queues, name="queues"),
    path("filtros/", views_list.filter_form, name="filters"),
    path("vistas/", views_list.keep_view, name="keep_view"),
    path("vistas/<int:pk>/quitar/", views_list.drop_view, name="drop_view"),
    path("varias/", views_bulk.bulk, name="bulk"),
    path("<int:pk>/unir/", views_merge.merge, name="merge"),
    path("<int:pk>/pendiente/", views_merge.pending, name="pending"),
    path("<int:pk>/desbloquear/", views_merge.unblock, name="unblock"),
    path("<int:pk>/cliente/desvincular/", views_merge.unlink, name="unlink"),
    path("etiquetas/", views_organise.labels, name="labels"),
    path("etiquetas/nueva/", views_organise.label, name="add_label"),
    path("etiquetas/<int:pk>/", views_organise.label, name="edit_label"),
    path("etiquetas/<int:pk>/borrar/", views_organise.drop_label, name="drop_label"),
    path("equipos/", views_organise.teams, name="teams"),
    path("equipos/nuevo/", views_organise.team, name="add_team"),
    path("equipos/<int:pk>/", views_organise.team, name="edit_team"),
    path("equipos/<int:pk>/borrar/", views_organise.drop_team, name="drop_team"),
    path("politica/", views_organise.policy, name="policy"),
]
