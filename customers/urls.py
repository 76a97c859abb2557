from django.urls import path, re_path

from customers.views import catalog, detail, edit, equipment, lists

app_name = "customers"
urlpatterns = [
    path("", lists.customer_list, name="list"),
    path("exportar.csv", lists.customer_export, name="export"),
    path("nuevo/", edit.customer_new, name="new"),
    path("<int:pk>/", detail.customer_detail, name="detail"),
    path("<int:pk>/ficha/", detail.customer_panel, name="panel"),
    path("<int:pk>/historia/", detail.customer_timeline, name="timeline"),
    path("<int:pk>/editar/", edit.customer_edit, name="edit"),
    path("<int:pk>/servicios/nuevo/", edit.service_new, name="service_new"),
    path("servicios/<int:pk>/claves/", equipment.equipment_secrets, name="equipment"),
    path("servicios/<int:pk>/editar/", edit.service_edit, name="service_edit"),
    path("planes/", catalog.plan_list, name="plans"),
    path("planes/nuevo/", catalog.plan_new, name="plan_new"),
    path("planes/<int:pk>/", catalog.plan_edit, name="plan_edit"),
    re_path(r"^planes/(?P<pk>\d+)/(?P<verb>retirar|ofrecer)$", catalog.plan_switch, name="plan_switch"),
    path("impuestos/", catalog.tax_list, name="taxes"),
    path("impuestos/nuevo/", catalog.tax_new, name="tax_new"),
    path("impuestos/<int:pk>/", catalog.tax_edit, name="tax_edit"),
    re_path(r"^impuestos/(?P<pk>\d+)/(?P<verb>retirar|ofrecer)$", catalog.tax_switch, name="tax_switch"),
    path("zonas/", catalog.zone_list, name="zones"),
    path("zonas/nueva/", catalog.zone_new, name="zone_new"),
    path("zonas/<int:pk>/", catalog.zone_edit, name="zone_edit"),
    path("zonas/<int:pk>/borrar", catalog.zone_remove, name="zone_remove"),
]
