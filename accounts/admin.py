"""People in the admin: a bank's own, and the operators in public."""

from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.models import Role, User
from accounts.sites import bank_site, operator_site
from accounts.versions import VersionedAdmin


class OneAddressMixin:
    """An e-mail address signs in one person, however its letters are written."""

    def clean_email(self) -> str:
        form: Any = self
        email: str = form.cleaned_data["email"].strip()
        if User.objects.filter(email__iexact=email).exclude(pk=form.instance.pk).exists():
            raise forms.ValidationError(_("Somebody signs in with this address already."))
        return email


class PersonCreationForm(OneAddressMixin, AdminUserCreationForm[User]):
    class Meta:
        model = User
        fields = ("email", "role")


class PersonForm(OneAddressMixin, UserChangeForm[User]):
    pass


class PersonAdmin(VersionedAdmin, DjangoUserAdmin[User]):
    """Staff and customers of this bank. People are closed, never deleted: their acts stay theirs."""

    add_form = PersonCreationForm
    form = PersonForm
    list_display = ("email", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("email",)
    ordering = ("email",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Rights"), {"fields": ("role", "is_active")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "role", "usable_password", "password1", "password2")}),
    )
    roles: tuple[str, ...] = (Role.CUSTOMER, Role.VIEWER, Role.ANALYST, Role.ADMIN)

    def index_count(self) -> int:
        return User.objects.count()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Nobody locks themselves out; a colleague does it.
        mine = obj is not None and obj.pk == request.user.pk
        return ("role", "is_active") if mine else ()

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "role":
            kwargs["choices"] = [c for c in Role.choices if c[0] in self.roles]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        services.confirm_email(user=obj)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class OperatorPersonAdmin(PersonAdmin):
    roles = (Role.OPERATOR,)


class ReadOnlyAdmin(ModelAdmin[Any]):
    """Shown, never changed here: the product writes these itself."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


bank_site.register(User, PersonAdmin)
operator_site.register(User, OperatorPersonAdmin)
