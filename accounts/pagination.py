"""The API pages by key: deep pages cost what the first does."""

from rest_framework.pagination import CursorPagination


class KeyPagination(CursorPagination):
    """Newest first; `?page_size=` up to 200."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 200
