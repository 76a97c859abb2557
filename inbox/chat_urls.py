"""The chat of a provider's page, under /chat/. Only on the provider's own hosts."""

from django.urls import path

from inbox import views_web_chat as views

urlpatterns = [
    path("<uuid:hook>.js", views.script, name="chat_script"),
    path("<uuid:hook>/", views.frame, name="chat_frame"),
    path("<uuid:hook>/session", views.session, name="chat_session"),
    path("<uuid:hook>/lines", views.lines, name="chat_lines"),
    path("<uuid:hook>/message", views.message, name="chat_message"),
    path("<uuid:hook>/state", views.state, name="chat_state"),
    path("<uuid:hook>/typing", views.typing, name="chat_typing"),
    path("<uuid:hook>/file/<str:link>", views.file, name="chat_file"),
]
