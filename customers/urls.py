from django.urls import path

from customers.views import detail, edit, equipment, lists

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
]
