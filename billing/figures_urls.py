from django.urls import path, re_path

from billing.views import figure_lists, figures

app_name = "figures"
urlpatterns = [
    path("", figures.overview, name="overview"),
    path("cobranza/", figures.family_page, {"family": "collections"}, name="collections"),
    path("cartera/", figures.family_page, {"family": "debt"}, name="debt"),
    path("recurrente/", figures.family_page, {"family": "recurring"}, name="recurring"),
    path("cortes/", figures.family_page, {"family": "cuts"}, name="cuts"),
    path("cortes/lista/", figure_lists.cut_list, name="cut_list"),
    re_path(r"^lista/(?P<what>billed|collected|owed|moved)/$", figure_lists.listing, name="list"),
    re_path(r"^lista/(?P<what>billed|collected|owed|moved)\.xlsx$", figure_lists.list_export, name="list_export"),
    path("informe.xlsx", figures.export, name="export"),
]
