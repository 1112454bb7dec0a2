"""The server of the HTTP example, started for a test."""

from __future__ import annotations

import importlib.util
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from types import ModuleType

import pytest
from command_line import ROOT


@pytest.fixture
def shop() -> Iterator[str]:
    """The address of a shop nobody has asked anything yet."""
    handler = type("Shop", (_module().Shop,), {"keys_seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("shop_server", ROOT / "examples/http_call/server.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
