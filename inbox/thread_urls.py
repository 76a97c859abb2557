from django.urls import path

from inbox import views_canned, views_files, views_presence, views_thread

urlpatterns = [
    path("archivos/<int:pk>/", views_files.attachment, name="attachment"),
    path("personas/", views_thread.people, name="people"),
    path("menciones/", views_thread.mentions, name="mentions"),
    path("menciones/cuantas/", views_thread.mentions_badge, name="mentions_badge"),
    path("<int:pk>/responder/", views_thread.reply, name="reply"),
    path("<int:pk>/reaccionar/<int:message>/", views_thread.react_to, name="react"),
    path("<int:pk>/presencia/", views_presence.presence, name="presence"),
    path("<int:pk>/aviso/", views_presence.alert, name="alert"),
    path("<int:pk>/listas/", views_canned.found, name="canned_found"),
    path("<int:pk>/listas/usada/<int:reply>/", views_canned.used, name="canned_used"),
    path("respuestas/", views_canned.replies, name="canned"),
    path("respuestas/nueva/", views_canned.reply, name="canned_new"),
    path("respuestas/<int:pk>/", views_canned.reply, name="canned_edit"),
    path("respuestas/<int:pk>/borrar/", views_canned.remove, name="canned_remove"),
]
