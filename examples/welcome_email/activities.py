"""The activities of welcome_email.yaml."""

from typing import TypedDict

from kagzi_dsl import ActivityContext, activity


class Sent(TypedDict):
    message_id: str
    template: str


@activity(timeout="30s")
async def send_email(to: str, template: str, context: ActivityContext) -> Sent:
    """Sends one mail. The key keeps a mail that is tried again from being delivered twice."""
    context.logger.info("sending %s to %s (key %s)", template, to, context.idempotency_key)
    return {"message_id": f"{template}/{to}", "template": template}


@activity
def has_signed_in(email: str) -> bool:
    """Whether the customer has been back since they registered."""
    return email.startswith("bob@")
