"""Reads every bazaar again, and makes searchable what they list, on a schedule or when asked."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from activities.discovery.refreshing import CatalogueActivities
from domain.refreshing import BazaarRefreshed, CatalogueRefreshed, RefreshBazaar
from workflows import _policies as policy
from workflows._failures import reason_of


@workflow.defn
class RefreshCatalogueWorkflow:
    """One reading of all bazaars; one that fails stops none of the others."""

    @workflow.run
    async def run(self) -> CatalogueRefreshed:
        """Read the most trusted bazaar first, for its word is held against the others'."""
        named = await workflow.execute_activity_method(
            CatalogueActivities.name_bazaars,
            **policy.named(policy.CATALOGUE, "which bazaars there are"),
        )
        read = [await self._refreshed(bazaar) for bazaar in named.urls]
        indexed, problem = await self._indexed()
        return CatalogueRefreshed(bazaars=tuple(read), indexed=indexed, index_problem=problem)

    async def _refreshed(self, bazaar: str) -> BazaarRefreshed:
        try:
            return await workflow.execute_activity_method(
                CatalogueActivities.refresh_bazaar,
                RefreshBazaar(bazaar=bazaar),
                **policy.named(policy.IMPORT, f"read {bazaar}"),
            )
        except ActivityError as err:
            if is_cancelled_exception(err):
                raise
            return BazaarRefreshed(bazaar=bazaar, problem=reason_of(err)[1])

    async def _indexed(self) -> tuple[int, str]:
        try:
            made = await workflow.execute_activity_method(
                CatalogueActivities.index_catalogue,
                **policy.named(policy.INDEX, "make searchable what is new"),
            )
        except ActivityError as err:
            if is_cancelled_exception(err):
                raise
            return 0, reason_of(err)[1]
        return made.indexed, ""
