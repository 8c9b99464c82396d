from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "accounts.customers"
    label = "customers"
