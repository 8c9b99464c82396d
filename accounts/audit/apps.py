from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "accounts.audit"
    label = "audit"

    def ready(self) -> None:
        from celery.signals import beat_init

        from accounts.audit import sealing, sign_ins

        sign_ins.connect()
        beat_init.connect(sealing.start_beside_beat, dispatch_uid="audit-sealer", weak=False)
