from django.urls import path

from chatbot import views_knowledge as views
from chatbot import views_questions as questions

urlpatterns = [
    path("", views.articles, name="knowledge"),
    path("pregunta/", views.faq, name="knowledge_new"),
    path("documento/", views.document, name="knowledge_upload"),
    path("probar/", views.sample, name="knowledge_try"),
    path("<int:pk>/", views.article, name="knowledge_article"),
    path("<int:pk>/archivo/", views.file, name="knowledge_file"),
    path("<int:pk>/borrar/", views.remove, name="knowledge_remove"),
    path("sin-respuesta/", questions.questions, name="questions"),
    path("sin-respuesta/<int:pk>/", questions.answer, name="question_answer"),
    path("sin-respuesta/<int:pk>/descartar/", questions.dismiss, name="question_dismiss"),
]
