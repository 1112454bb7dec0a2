"""What takes a GPU: the activity of the queue `gpu`."""

from kagzi_dsl import activity


@activity
def render_frame(frame: str) -> str:
    """Renders one frame, and returns where the picture is."""
    return f"{frame}.png"
