from django.urls import include, path

from inbox import actions, live, telegram_pages, views, views_transcript

app_name = "inbox"
urlpatterns = [
    path("", views.home, name="home"),
    path("en-vivo/", live.live_token, name="live_token"),
    path("", include("inbox.organise_urls")),
    path("", include("inbox.thread_urls")),
    path("numeros/", include("inbox.channels_urls")),
    path("telegram/", telegram_pages.telegram, name="telegram"),
    path("telegram/conectar", telegram_pages.connect, name="telegram_connect"),
    path("telegram/vincular", telegram_pages.link, name="telegram_link"),
    path("telegram/desvincular", telegram_pages.unlink, name="telegram_unlink"),
    path("telegram/cliente/", include("inbox.telegram_urls")),
    path("telegram/guardia", telegram_pages.hours, name="telegram_hours"),
    path("tickets/", include("inbox.tickets_urls")),
    path("plantillas/", include("inbox.templates_urls")),
    path("avisos/", include("inbox.notifications_urls")),
    path("<int:pk>/", views.conversation, name="conversation"),
    path("<int:pk>/novedades/", views.lines, name="lines"),
    path("<int:pk>/transcripcion.pdf", views_transcript.transcript, name="transcript"),
    path("<int:pk>/anteriores/", views.older, name="older"),
    path("<int:pk>/plantillas/", include("inbox.template_picker_urls")),
    path("<int:pk>/reenviar/<int:message>/", actions.resend, name="resend"),
    path("<int:pk>/asignar/", actions.assign, name="assign"),
    path("<int:pk>/cerrar/", actions.close, name="close"),
    path("<int:pk>/cliente/", actions.find_customer, name="find_customer"),
    path("<int:pk>/cliente/sugerido/", actions.suggested, name="suggested"),
    path("<int:pk>/cliente/vincular/", actions.set_customer, name="set_customer"),
]
