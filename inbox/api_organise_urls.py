from django.urls import path

from inbox import api_organise as api

ACTS = {
    "snooze": api.Snooze,
    "pending": api.Pending,
    "reopen": api.Reopen,
    "block": api.Block,
    "unblock": api.Unblock,
    "labels": api.SetLabels,
    "priority": api.SetPriority,
    "team": api.SetTeam,
    "merge": api.Merge,
    "link": api.Link,
}
urlpatterns = [
    path("labels/", api.Labels.as_view({"get": "list"}), name="api_labels"),
    path("teams/", api.Teams.as_view({"get": "list"}), name="api_teams"),
    path("views/", api.Views.as_view({"get": "list"}), name="api_views"),
    path("inbox-policy/", api.InboxPolicy.as_view(), name="api_inbox_policy"),
    path("conversations/bulk/", api.Bulk.as_view(), name="api_conversations_bulk"),
    *(
        path(f"conversations/<int:pk>/{name}/", view.as_view(), name=f"api_conversation_{name}")
        for name, view in ACTS.items()
    ),
]
