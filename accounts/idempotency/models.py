"""Answers kept for a day under the key that a program gave its request."""

from django.conf import settings
from django.db import models


class KeptAnswer(models.Model):
    """One key of one person at one operation. Without a status: asked for, not answered well so far."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    # Method and route, such as "PATCH v1/transactions/<str:transaction_id>".
    operation = models.CharField(max_length=200)
    # SHA-256 of the key: a program may put into it what no table should hold.
    key_hash = models.CharField(max_length=64)
    # SHA-256 over address, media type and body of the request that was answered.
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=bytes)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "operation", "key_hash"], name="kept_answer_once"
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="kept_answer_age")]

    def __str__(self) -> str:
        return f"{self.operation} {self.pk}"
