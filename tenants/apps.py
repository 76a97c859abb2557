from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"

    def ready(self) -> None:
        from tenants import checks, hosts  # noqa: F401, PLC0415 -- receivers and checks register on import
