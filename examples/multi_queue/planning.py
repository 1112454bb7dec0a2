"""What any machine can do: the activities of the queue `studio`."""

from kagzi_dsl import activity


@activity
def plan(scene: str, frames: int) -> list[str]:
    """The names of the frames to render."""
    return [f"{scene}-{number:04}" for number in range(1, frames + 1)]


@activity
def cut(pictures: list[str]) -> str:
    """Puts the pictures together."""
    return "+".join(pictures)
