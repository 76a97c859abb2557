from django.urls import path

from chatbot import api_knowledge as api

urlpatterns = [
    path("knowledge/articles/", api.Articles.as_view({"get": "list", "post": "create"}), name="api_articles"),
    path(
        "knowledge/articles/<int:pk>/",
        api.Articles.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="api_article",
    ),
    path("knowledge/answer/", api.KnowledgeAnswer.as_view(), name="api_knowledge_answer"),
    path("knowledge/questions/", api.Questions.as_view({"get": "list"}), name="api_questions"),
    path("knowledge/questions/<int:pk>/", api.Questions.as_view({"get": "retrieve"}), name="api_question"),
    path("knowledge/questions/<int:pk>/answer/", api.Questions.as_view({"post": "answer"}), name="api_question_answer"),
    path(
        "knowledge/questions/<int:pk>/dismiss/", api.Questions.as_view({"post": "dismiss"}), name="api_question_dismiss"
    ),
]
