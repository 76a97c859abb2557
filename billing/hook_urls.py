"""Where gateways send their notifications. On a provider's host, or on the platform's for all of them."""

from django.urls import path

from billing import hooks

urlpatterns = [path("pasarelas/<uuid:account>/", hooks.notice, name="hook_gateway")]
