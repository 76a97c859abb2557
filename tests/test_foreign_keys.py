"""Foreign keys point down the stack, and none leaves a provider's schema for the public one."""

from __future__ import annotations

import tomllib

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from config.launch.places import ROOT

STACK = next(
    contract["layers"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    if contract["name"] == "Apps form one stack"
)
# The lowest layer is 0; siblings share a number.
HEIGHT = {app: height for height, layer in enumerate(reversed(STACK)) for app in layer.split(" | ")}
PUBLIC_ONLY = {app.rsplit(".", 1)[-1] for app in settings.SHARED_APPS} - {
    app.rsplit(".", 1)[-1] for app in settings.TENANT_APPS
}


def our_models():
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in HEIGHT]


def keys_of(model):
    return [field for field in model._meta.get_fields() if isinstance(field, models.ForeignKey)]


def test_every_app_of_ours_has_its_place_in_the_stack():
    ours = {config.label for config in apps.get_app_configs() if str(config.path).startswith(f"{ROOT}/")}
    outside = {label for label in ours if ".venv" in str(apps.get_app_config(label).path)}
    assert ours - outside <= set(HEIGHT)


def test_foreign_keys_point_down_or_stay_in_their_app():
    upward = [
        f"{field} -> {field.related_model._meta.label}"
        for model in our_models()
        for field in keys_of(model)
        if (target := field.related_model._meta.app_label) in HEIGHT
        and target != model._meta.app_label
        and HEIGHT[target] >= HEIGHT[model._meta.app_label]
    ]
    assert upward == []


def test_no_tenant_table_has_a_foreign_key_into_public():
    leaving = [
        f"{field} -> {field.related_model._meta.label}"
        for model in our_models()
        if model._meta.app_label not in PUBLIC_ONLY
        for field in keys_of(model)
        if field.related_model._meta.app_label in PUBLIC_ONLY
    ]
    assert leaving == []


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label)
def test_keys_are_bigint(model):
    key = model._meta.pk
    key = key.target_field if isinstance(key, models.ForeignKey) else key
    assert isinstance(key, (models.BigAutoField, models.BigIntegerField, models.UUIDField))
