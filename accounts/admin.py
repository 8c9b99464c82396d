"""People in the admin. This class serves the operators; a bank's people, some of whom are customers, are
shown by accounts/customers/admin.py, which covers those.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.admin import action as admin_action
from django.contrib.admin import display as admin_display
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import invitations, second_factor, services, sessions
from accounts.audit import services as audit
from accounts.models import Role, User
from accounts.sites import operator_site
from accounts.versions import VersionedAdmin


class PersonForm(forms.ModelForm[User]):
    """Who and with which rights. No password: each person sets their own, by invitation."""

    class Meta:
        model = User
        fields = ("email", "role", "is_active")

    def clean_email(self) -> str:
        """An e-mail address signs in one person, however its letters are written."""
        email: str = self.cleaned_data["email"].strip().lower()
        known = User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).first()
        if known is not None:
            raise forms.ValidationError(invitations.address_in_use(known))
        return email


class PersonAdmin(VersionedAdmin, ModelAdmin[User]):
    """Who signs in at this door. People are closed, never deleted: their acts stay theirs."""

    form = PersonForm
    list_display = ("email", "role", "is_active", "has_password", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("email",)
    ordering = ("email",)
    actions = ("send_invitations", "sign_out", "forget_second_factors")
    fieldsets = ((None, {"fields": ("email", "role", "is_active"),
        "description": _("Only the person changes this address, under “E-mail” of their own sign-in. Was the "
            "invitation sent to a wrong one? Close this sign-in and invite again.")}),)  # fmt: skip
    add_fieldsets = ((None, {"fields": ("email", "role"),
        "description": _("An invitation is sent to this address; with it the person sets a password.")}),)  # fmt: skip
    roles: tuple[str, ...] = (Role.OPERATOR,)

    def index_count(self) -> int:
        return User.objects.count()

    @admin_display(boolean=True, description=_("has set a password"))
    def has_password(self, user: User) -> bool:
        return user.has_usable_password()

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # Whoever chooses an address comes in with it, by "Forgotten?": it is its owner's alone to change.
        return ("email",) if obj is not None else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody locks themselves out; a colleague does it."""
        mine = obj is not None and obj.pk == request.user.pk
        return not mine and super().has_change_permission(request, obj)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "role":
            kwargs["choices"] = [c for c in Role.choices if c[0] in self.roles]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not change:
            services.confirm_email(user=obj)
            self._invite(request, [obj])
        elif {"role", "is_active"} & set(form.changed_data):
            # What was signed in under the old rights ends with them.
            sessions.end_sessions(obj)

    @admin_action(description=_("Send an invitation"))
    def send_invitations(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        with transaction.atomic():
            invited = self._invite(request, list(queryset[:200]))
            if invited:
                audit.record(act="person.invited", after=audit.listed(invited))

    @admin_action(description=_("Sign out everywhere"))
    def sign_out(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        with transaction.atomic():
            people = list(queryset)
            # The page that asked goes on: an answer can't be given in a session that has ended.
            here = request.session.session_key
            mine = any(user.pk == request.user.pk for user in people)
            n = sum(
                sessions.end_sessions(user, keep=here if user.pk == request.user.pk else None)
                for user in people
            )
            if n:
                ended = audit.listed([user.pk for user in people])
                audit.record(act="session.ended", after={**ended, "sessions": n})
        self.message_user(
            request,
            ngettext("%(n)d session is ended.", "%(n)d sessions are ended.", n) % {"n": n},
        )
        if mine:
            said = _("You are signed out everywhere else; here you stay signed in.")
            self.message_user(request, said)

    @admin_action(description=_("Remove the second factor (lost phone)"))
    def forget_second_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """For who lost phone and codes; staff set a new one up before anything else opens to them."""
        n = 0
        for user in queryset.exclude(pk=str(request.user.pk)):
            removed = second_factor.forget(user)
            if removed:
                n += 1
                get_adapter(request).send_notification_mail("account/email/factors_removed", user)
        said = ngettext(
            "The second factor of %(n)d person is removed.",
            "The second factors of %(n)d people are removed.",
            n,
        )
        self.message_user(request, said % {"n": n})

    def _invite(self, request: HttpRequest, people: list[User]) -> list[int]:
        """Ids of the people who were sent one."""
        invited: list[int] = []
        for user in people:
            try:
                invitations.invite(request=request, user=user)
                invited.append(user.pk)
            except invitations.InvitationRefused as refused:
                self.message_user(request, f"{user}: {refused}", messages.WARNING)
        if invited:
            n = len(invited)
            said = ngettext("%(n)d invitation is sent.", "%(n)d invitations are sent.", n)
            self.message_user(request, said % {"n": n}, messages.SUCCESS)
        return invited

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(ModelAdmin[Any]):
    """Shown, never changed here: the product writes these itself."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


operator_site.register(User, PersonAdmin)
