"""The activities of approval.yaml."""

from kagzi_dsl import ActivityContext, activity


@activity
async def ask_for_approval(employee: str, amount: float, run_id: str, context: ActivityContext) -> None:
    """Writes to whoever approves expenses; the run's id is what their answer has to name."""
    context.logger.info("%s asks for %.2f; decide with `kagzi-dsl signal %s decision`", employee, amount, run_id)


@activity
async def pay_out(employee: str, amount: float, context: ActivityContext) -> None:
    """Pays an expense."""
    context.logger.info("paying %.2f to %s", amount, employee)


@activity
def tell_employee(employee: str, decided_by: str, context: ActivityContext) -> None:
    """Tells the employee that there is no money."""
    context.logger.info("%s: not approved by %s", employee, decided_by)
