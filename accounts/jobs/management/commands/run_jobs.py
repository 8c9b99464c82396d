import signal
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from accounts.banks.tenancy import for_each_bank
from accounts.jobs import runner


class Command(BaseCommand):
    help = (
        "Work through the due jobs of every bank, without Celery and without Redis. "
        "Any number of these may run at once, beside Celery's workers too."
    )

    # A worker serves no address: it starts in half the time, also beside a broken page.
    requires_system_checks = []
    stopping = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--schema", help="only this bank")
        parser.add_argument("--once", action="store_true", help="stop when nothing is due")
        parser.add_argument(
            "--pause", type=float, default=2.0, help="seconds between looks at the tables (2)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self.stdout.write("ready")
        self.stdout.flush()
        while not self.stopping:
            done = self._round(options["schema"])
            if not done:
                if options["once"]:
                    return
                time.sleep(options["pause"])

    def _round(self, schema: str | None) -> int:
        """One look at every bank. A bank with much to do is left after a while for the others."""
        close_old_connections()
        done = 0
        try:
            for _schema in for_each_bank(schema):
                while not self.stopping and (count := runner.run_due(limit=1)):
                    done += count
                    if done % 20 == 0:
                        break
        except (DatabaseError, InterfaceError) as error:
            self.stderr.write(f"The database does not answer ({type(error).__name__}).")
            connection.close()
        return done

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """Finish the job at hand, then leave."""
        self.stopping = True
