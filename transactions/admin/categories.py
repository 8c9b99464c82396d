"""The bank's category tree. Categories are renamed, hidden and merged, never deleted."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import action, display
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.audit import services as audit
from accounts.cards import cut_card_numbers
from accounts.sites import bank_site
from accounts.versions import VersionedAdmin
from transactions.categories.merging import MergeRefused, merge_category
from transactions.models import Category


class CategoryChoice(forms.ModelChoiceField[Category]):
    """Categories by their place in the tree."""

    def label_from_instance(self, category: Any) -> str:
        return f"{category.parent.name} · {category.name}" if category.parent_id else category.name


class CategoryForm(forms.ModelForm[Category]):
    class Meta:
        model = Category
        fields = ("name", "parent", "kind", "pfc", "position", "is_hidden")
        help_texts = {"kind": gettext_lazy("Below another category its kind is that one's.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "parent" in self.fields:
            first_level = Category.objects.of_bank().filter(parent=None, merged_into=None)
            self.fields["parent"].queryset = first_level.exclude(pk=self.instance.pk)  # type: ignore[attr-defined]
            self.fields["parent"].label = _("Below")
        if "kind" in self.fields:
            self.fields["kind"].required = False

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        parent = cleaned.get("parent")
        if parent:
            cleaned["kind"] = parent.kind
            if (
                self.instance.pk
                and Category.objects.of_bank().filter(parent=self.instance).exists()
            ):
                self.add_error(
                    "parent", _("It has categories below it; there are two levels only.")
                )
        elif not cleaned.get("kind") and "kind" not in self.errors:
            self.add_error("kind", _("Say whether it is income, expense or transfer."))
        return cleaned


class MergeForm(forms.Form):
    into = CategoryChoice(queryset=Category.objects.none(), label=gettext_lazy("Merge into"))

    def __init__(self, *args: Any, source: Category, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = Category.objects.of_bank().filter(kind=source.kind, merged_into=None)
        self.fields["into"].queryset = (  # type: ignore[attr-defined]
            choices.exclude(pk=source.pk).exclude(parent=source).select_related("parent")
        )


class CategoryAdmin(VersionedAdmin):
    form = CategoryForm
    list_display = ("name", "kind", "parent", "code", "is_hidden", "merge_link")
    list_filter = ("kind", "is_hidden")
    list_select_related = ("parent", "merged_into")
    search_fields = ("name", "code")
    readonly_fields = ("code", "merged_into")
    list_per_page = 200
    actions = ("hide", "show")

    def index_count(self) -> int:
        return Category.objects.of_bank().count()

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Category]":
        # A person's own categories are that person's.
        return super().get_queryset(request).filter(customer=None)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = ("name", "parent", "kind", "pfc", "position", "is_hidden")
        return fields if obj is None else (*fields, "code", "merged_into")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None or obj.merged_into_id is None

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        if not change:
            obj.code = _free_code(cut_card_numbers(obj.name))
        super().save_model(request, obj, form, change)
        if change and "kind" in form.changed_data:
            Category.objects.filter(parent=obj).update(kind=obj.kind)

    @action(description=gettext_lazy("Hide from choices"))
    def hide(self, request: HttpRequest, categories: "QuerySet[Category]") -> None:
        count = _set_hidden(categories, True)
        text = ngettext("%(n)d category is hidden.", "%(n)d categories are hidden.", count)
        self.message_user(request, text % {"n": count}, messages.SUCCESS)

    @action(description=gettext_lazy("Show in choices"))
    def show(self, request: HttpRequest, categories: "QuerySet[Category]") -> None:
        count = _set_hidden(categories.filter(merged_into=None), False)
        text = ngettext("%(n)d category is shown.", "%(n)d categories are shown.", count)
        self.message_user(request, text % {"n": count}, messages.SUCCESS)

    @display(description="")
    def merge_link(self, category: Category) -> SafeString | str:
        if category.merged_into:
            return _("merged into %(name)s") % {"name": category.merged_into.name}
        url = reverse("admin:transactions_category_merge", args=[category.pk])
        return format_html('<a href="{}">{}</a>', url, _("Merge"))

    def get_urls(self) -> list[URLPattern]:
        merge = path(
            "<path:object_id>/merge/",
            self.admin_site.admin_view(self.merge_view),
            name="transactions_category_merge",
        )
        return [merge, *super().get_urls()]

    def merge_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Everything of this category goes to another one; this one stays, hidden."""
        source = self.get_object(request, object_id)
        if source is None:
            return self._missing(request, object_id)
        if not self.has_change_permission(request, source):
            raise PermissionDenied
        form = MergeForm(request.POST or None, source=source)
        if request.method == "POST" and form.is_valid():
            into = form.cleaned_data["into"]
            try:
                moved = merge_category(source=source, into=into)
            except MergeRefused as refused:
                form.add_error("into", str(refused))
            else:
                self.log_change(request, into, f"merged: {source.pk}")
                text = ngettext(
                    "Merged into %(name)s; %(n)d line moved.",
                    "Merged into %(name)s; %(n)d lines moved.",
                    moved,
                )
                messages.success(request, text % {"name": into.name, "n": moved})
                return redirect("admin:transactions_category_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Merge %(name)s") % {"name": source.name},
            "opts": self.opts,
            "original": source,
            "form": form,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/transactions/category/merge.html", context)

    def _missing(self, request: HttpRequest, object_id: str) -> HttpResponse:
        answer: HttpResponseRedirect = self._get_obj_does_not_exist_redirect(  # type: ignore[attr-defined]
            request, self.opts, object_id
        )
        return answer


def _set_hidden(categories: "QuerySet[Category]", hidden: bool) -> int:
    """One act for all that were ticked; those that are so already are left."""
    with transaction.atomic():
        ids = sorted(categories.exclude(is_hidden=hidden).values_list("pk", flat=True))
        if ids:
            Category.objects.filter(pk__in=ids).update(is_hidden=hidden)
            act = "category.hidden" if hidden else "category.shown"
            audit.record(act=act, after=audit.listed(ids))
    return len(ids)


def _free_code(name: str) -> str:
    """A stable code for a new category, from its name."""
    base = slugify(name).replace("-", "_")[:40] or "category"
    code, number = base, 2
    while Category.objects.filter(code=code).exists():
        code, number = f"{base}_{number}", number + 1
    return code


def choices_for(customer: Any, *keep: Model | None) -> "QuerySet[Category]":
    """Categories that a line of this customer may stand in, and those in `keep`."""
    shown = Category.objects.visible_to(customer)
    kept = Category.objects.filter(pk__in=[c.pk for c in keep if c is not None])
    return (
        (shown | kept)
        .select_related("parent")
        .order_by("kind", "parent__position", "position", "id")
    )


bank_site.register(Category, CategoryAdmin)
