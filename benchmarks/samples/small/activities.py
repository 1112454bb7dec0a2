"""The activities of greeting.yaml."""

from kagzi_dsl import activity


@activity
def write_text(name: str) -> str:
    return f"hello, {name}"


@activity
async def send_text(text: str) -> None: ...
