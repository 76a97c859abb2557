from django.urls import include, path

from inbox import api, api_canned, api_channels, views_transcript

urlpatterns = [
    path("", include("inbox.api_organise_urls")),
    path("conversations/", api.Conversations.as_view({"get": "list"}), name="api_conversations"),
    path("conversations/<int:pk>/", api.Conversations.as_view({"get": "retrieve"}), name="api_conversation"),
    path(
        "conversations/<int:pk>/close/",
        api.Conversations.as_view({"post": "close"}),
        name="api_conversation_close",
    ),
    path(
        "conversations/<int:pk>/assign/",
        api.Conversations.as_view({"post": "assign"}, permission_classes=[api.MAY_ASSIGN]),
        name="api_conversation_assign",
    ),
    path("conversations/<int:pk>/notes/", api.Conversations.as_view({"post": "notes"}), name="api_conversation_notes"),
    path("channels/", api_channels.Channels.as_view({"get": "list"}), name="api_channels"),
    path("channels/<int:pk>/", api_channels.Channels.as_view({"get": "retrieve"}), name="api_channel"),
    path("conversations/<int:pk>/transcript/", views_transcript.Transcript.as_view(), name="api_transcript"),
    path(
        "canned-replies/",
        api_canned.CannedReplies.as_view({"get": "list", "post": "create"}),
        name="api_canned_replies",
    ),
    path(
        "canned-replies/<int:pk>/",
        api_canned.CannedReplies.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
        name="api_canned_reply",
    ),
    path("tickets/", include("inbox.api_tickets_urls")),
    path("notifications/", include("inbox.api_notifications_urls")),
    path("templates/", api.Templates.as_view({"get": "list"}), name="api_templates"),
    path(
        "conversations/<int:conversation>/messages/",
        api.Messages.as_view({"get": "list", "post": "create"}),
        name="api_messages",
    ),
]
