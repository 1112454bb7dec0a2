"""What drives each peer, in its own environment; they know nothing of this project but `dialogue.py`."""
