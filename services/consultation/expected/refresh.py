"""Refresh: the job that makes the samples of the latest answers, so that opening a consultation reads two rows."""

from dataclasses import dataclass

from services.consultation.expected import repository
from services.consultation.expected.domain import samples
from shared.jobs.job import Run

REFRESH = "expected.refresh"
EVERY_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Refreshing:
    """Whose answers they are."""

    answering: str

    async def __call__(self, run: Run) -> None:
        """One run of the job."""
        await repository.act_as(run.connection, self.answering)
        cells = await repository.latest_answers(run.connection, self.answering, run.now)
        await repository.replace_samples(run.connection, samples(cells), run.now)
