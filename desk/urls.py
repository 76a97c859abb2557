from django.urls import include, path

from desk.views import brand, conversation, home, services, settings, styleguide

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("buscar/", home.palette, name="palette"),
    path("trabajos/", home.work, name="work"),
    path("ajustes/", settings.index, name="settings"),
    path("ajustes/marca/", settings.brand, name="brand"),
    path("ajustes/marca/vista/", settings.brand_preview, name="brand_preview"),
    path("clientes/<int:pk>/mensaje/", conversation.customer_message, name="customer_message"),
    path("servicios/<int:pk>/pausa/", services.service_pause, name="service_pause"),
    path("servicios/<int:pk>/baja/", services.service_cancel, name="service_cancel"),
    path("ajustes/importar/", include("desk.imports.urls")),
    path("styleguide", styleguide.styleguide, name="styleguide"),
    path("brand.css", brand.stylesheet, name="brand_css"),
    path("brand/icon.svg", brand.icon, name="brand_icon"),
    path("brand/logo", brand.logo, name="brand_logo"),
]
