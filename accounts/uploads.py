"""Files are refused while they arrive: no more reaches the disk than this person may bring in."""

from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import limits
from accounts.permissions import IMPORT_TRANSACTIONS, OWN_DATA, has

# What a form has around its file: names, boundaries, other fields.
AROUND = 64 * 1024


class UploadTooLarge(RequestDataTooBig):
    """`limit` is the number of bytes that this person may bring in at once, 0 = none."""

    def __init__(self, limit: int) -> None:
        super().__init__("upload too large")
        self.limit = limit


class TooManyUploads(RequestDataTooBig):
    """This person has brought more files than one does by hand; the next is taken after `wait` seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__("too many uploads")
        self.wait = wait


def limit_of(user: Any) -> int:
    """Bytes of a file that this person may bring in."""
    if has(user, IMPORT_TRANSACTIONS):
        return int(settings.UPLOAD_LIMIT_STAFF)
    return int(settings.UPLOAD_LIMIT_CUSTOMER) if has(user, OWN_DATA) else 0


def count_one(user: Any) -> None:
    """One more file of this person. Raises TooManyUploads before anything of it is read.

    A file costs some CPU before it is refused, so nobody brings them without end: other banks' people are
    served by the same processes.
    """
    staff = has(user, IMPORT_TRANSACTIONS)
    most = settings.UPLOADS_PER_STAFF if staff else settings.UPLOADS_PER_CUSTOMER
    try:
        limits.take_upload(str(user.pk), most=most)
    except limits.TooManyTries as full:
        raise TooManyUploads(full.wait) from None


def too_large(limit: int) -> str:
    """What a person is told whose file has more bytes than `limit`."""
    return _("The file is larger than %(mb)d MB. Split it by year and bring in the parts.") % {
        "mb": limit // 2**20
    }


class LimitedUploadHandler(FileUploadHandler):
    """The first handler: counts what comes and passes it on."""

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, str],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        user = getattr(self.request, "user", None)
        self.limit = limit_of(user)
        self.count = 0
        # What the request says of itself is enough to refuse it unread.
        if content_length > self.limit + AROUND:
            raise UploadTooLarge(self.limit)
        if self.limit:
            count_one(user)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.count += len(raw_data)
        if self.count > self.limit:
            raise UploadTooLarge(self.limit)
        return raw_data

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        return None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page of a request that can't be read (handler400); too large a file is told its limit."""
    if not isinstance(exception, RequestDataTooBig):
        return render(request, "400.html", status=400)
    if isinstance(exception, TooManyUploads):
        minutes = -(-exception.wait // 60)
        message = ngettext(
            "You have brought in many files in a short time. The next one is taken in %(n)d minute.",
            "You have brought in many files in a short time. The next one is taken in %(n)d minutes.",
            minutes,
        ) % {"n": minutes}
        answer = render(
            request,
            "400.html",
            {"message": message, "heading": _("Many files at once")},
            status=429,
        )
        answer["Retry-After"] = str(exception.wait)
        return answer
    message = _("What was sent is too large. Nothing was changed.")
    if isinstance(exception, UploadTooLarge) and exception.limit:
        message = too_large(exception.limit)
    return render(request, "400.html", {"message": message}, status=413)
