from django.urls import path

from desk.views import brand, home, styleguide

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("buscar/", home.palette, name="palette"),
    path("trabajos/", home.work, name="work"),
    path("styleguide", styleguide.styleguide, name="styleguide"),
    path("brand.css", brand.stylesheet, name="brand_css"),
    path("brand/icon.svg", brand.icon, name="brand_icon"),
    path("brand/logo", brand.logo, name="brand_logo"),
]
