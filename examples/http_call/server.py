"""The shop that http_call.yaml talks to: `python server.py 8765`. It knows the order A-1, and is busy at first."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "let-me-in"


class Shop(BaseHTTPRequestHandler):
    """GET /orders/A-1 and POST /shipments, both with a token."""

    keys_seen: list[str | None] = []  # noqa: RUF012 – shared by all requests, on purpose

    def do_GET(self) -> None:
        if self.path == "/orders/A-1":
            self.answer(200, {"id": "A-1", "address": "12 rue des Lilas"})
        else:
            self.answer(404, {"error": "no such order"})

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.keys_seen.append(self.headers["idempotency-key"])
        if len(self.keys_seen) == 1:
            self.answer(503, {"error": "busy, come back later"})
        else:
            self.answer(201, {"parcel": f"parcel-{order['order_id']}"})

    def answer(self, status: int, body: dict[str, str]) -> None:
        if self.headers["authorization"] != f"Bearer {TOKEN}":
            status, body = 401, {"error": "who are you?"}
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        print(format % args, flush=True)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8765
    print(f"the shop is open at http://127.0.0.1:{port}", flush=True)
    ThreadingHTTPServer(("127.0.0.1", port), Shop).serve_forever()
