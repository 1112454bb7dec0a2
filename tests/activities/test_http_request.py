from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from patience import PATIENCE

from kagzi_dsl.activities.builtin import BUILTIN, close
from kagzi_dsl.activities.builtin.http import request
from kagzi_dsl.activities.builtin.http_answer import retry_after
from kagzi_dsl.activities.context import ActivityContext
from kagzi_dsl.activities.definition import definition_of
from kagzi_dsl.activities.executor import Threads
from kagzi_dsl.activities.failing import Failed
from kagzi_dsl.activities.invoke import Completed, invoke
from kagzi_dsl.activities.secrets import Secrets
from kagzi_dsl.errors import Code, Failure

PEM = Path(__file__).with_name("secure.test.pem")
Reply = tuple[int, dict[str, str], bytes]


class Server:
    """A web server on 127.0.0.1 that answers as it is told and remembers what it was asked."""

    def __init__(self, *, tls: bool = False) -> None:
        self.replies: dict[str, Reply | Callable[[BaseHTTPRequestHandler], Reply | None]] = {}
        self.asked: list[dict[str, Any]] = []
        self.connections = 0
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(PEM)
            context.sni_callback = lambda _socket, name, _context: self.names.append(name)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.names: list[str | None] = []
        self.port: int = self._http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(PATIENCE)

    def _handler(server) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                server.connections += 1
                super().setup()

            def answer(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                server.asked.append(
                    {
                        "method": self.command,
                        "path": parts.path,
                        "query": parse_qs(parts.query),
                        "headers": {key.lower(): value for key, value in self.headers.items()},
                        "body": body.decode(),
                    }
                )
                reply = server.replies.get(parts.path, (404, {}, b"nothing here"))
                made = reply(self) if callable(reply) else reply
                if made is None:
                    self.close_connection = True
                    return
                status, headers, content = made
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = answer

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def other() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


def ask(*calls: dict[str, Any], secrets: Secrets | None = None) -> list[Completed | Failed]:
    """Makes calls of `http.request`, one after the other, on one event loop."""
    definition = definition_of(request)
    assert definition in BUILTIN

    async def main() -> list[Completed | Failed]:
        threads = Threads(1)
        try:
            return [
                await invoke(
                    definition,
                    call,
                    ActivityContext.for_test(idempotency_key="key-1", traceparent=TRACE),
                    secrets=secrets or Secrets({}),
                    executor=threads,
                )
                for call in calls
            ]
        finally:
            await close()

    return asyncio.run(main())


def answered(**call: Any) -> dict[str, Any]:
    (end,) = ask(call)
    assert isinstance(end, Completed), end
    output: dict[str, Any] = end.output
    return output


def failed(**call: Any) -> Failure:
    (end,) = ask(call)
    assert isinstance(end, Failed), end
    return end.failure


def as_json(value: Any, status: int = 200) -> Reply:
    return status, {"content-type": "application/json"}, json.dumps(value).encode()


def test_json_comes_back_as_json(server: Server) -> None:
    server.replies["/orders"] = as_json({"id": 7})
    answer = answered(url=f"{server.url}/orders?a=1", params={"b": [2, None, "x"], "c": True, "d": None})
    assert (answer["status"], answer["body"]) == (200, {"id": 7})
    assert answer["headers"]["content-type"] == "application/json"
    (asked,) = server.asked
    assert asked["method"] == "GET"
    assert asked["query"] == {"a": ["1"], "b": ["2", "x"], "c": ["true"]}
    assert "idempotency-key" not in asked["headers"]
    assert "cookie" not in asked["headers"]


def test_every_request_carries_the_trace_of_its_attempt_unless_it_is_given_one(server: Server) -> None:
    server.replies["/"] = (204, {}, b"")
    answered(url=server.url)
    answered(url=server.url, method="POST", json=1)
    answered(url=server.url, headers={"Traceparent": "mine"})
    assert [asked["headers"]["traceparent"] for asked in server.asked] == [TRACE, TRACE, "mine"]


def test_json_goes_out_as_json_with_an_idempotency_key(server: Server) -> None:
    server.replies["/orders"] = as_json(None, 201)
    answer = answered(url=f"{server.url}/orders", method="post", json={"ü": [1.5, None]}, headers={"X-Count": 3})
    assert (answer["status"], answer["body"]) == (201, None)
    (asked,) = server.asked
    assert (asked["method"], asked["body"]) == ("POST", '{"ü":[1.5,null]}')
    headers = asked["headers"]
    assert (headers["content-type"], headers["idempotency-key"]) == ("application/json", "key-1")
    assert headers["x-count"] == "3"


def test_a_header_of_the_callers_own_wins(server: Server) -> None:
    server.replies["/"] = (204, {}, b"")
    answer = answered(
        url=server.url, method="PUT", body="hi", headers={"Idempotency-Key": "mine", "content-type": "text/csv"}
    )
    assert (answer["status"], answer["body"]) == (204, None)
    headers = server.asked[0]["headers"]
    assert (headers["idempotency-key"], headers["content-type"]) == ("mine", "text/csv")


def test_a_form_and_a_text_can_be_sent(server: Server) -> None:
    server.replies["/"] = (200, {}, b"")
    ask(
        {"url": server.url, "method": "POST", "form": {"a": "x y", "b": [1, 2], "c": None}},
        {"url": server.url, "method": "POST", "body": "grüße"},
    )
    form, text = server.asked
    assert (form["body"], form["headers"]["content-type"]) == ("a=x+y&b=1&b=2", "application/x-www-form-urlencoded")
    assert (text["body"], text["headers"]["content-type"]) == ("grüße", "text/plain; charset=utf-8")


@pytest.mark.parametrize(
    ("headers", "content", "body", "encoding"),
    [
        ({"content-type": "text/plain"}, "grüße".encode(), "grüße", None),
        ({"content-type": "text/plain; charset=latin-1"}, "grüße".encode("latin-1"), "grüße", None),
        ({"content-type": "application/problem+json; charset=utf-8"}, b'{"a": 1}', {"a": 1}, None),
        ({"content-type": "application/json"}, b"{oops", "{oops", None),
        ({"content-type": "application/json"}, b'{"n":18446744073709551615}', {"n": 2**64 - 1}, None),
        ({"content-type": "application/json"}, b'{"n":18446744073709551616}', '{"n":18446744073709551616}', None),
        ({"content-type": "application/json"}, b"[%s]" % (b"7" * 5_000), f"[{'7' * 5_000}]", None),
        ({}, b"plain", "plain", None),
        ({"content-type": "image/png"}, b"\x89PNG", "iVBORw==", "base64"),
        ({"content-type": "text/plain"}, b"a\0b", "YQBi", "base64"),
        ({"content-type": "text/plain", "content-encoding": "gzip"}, gzip.compress(b"packed", mtime=0), "packed", None),
    ],
)
def test_a_body_is_json_text_or_base64(
    server: Server, headers: dict[str, str], content: bytes, body: Any, encoding: str | None
) -> None:
    server.replies["/"] = (200, headers, content)
    answer = answered(url=server.url)
    assert answer["body"] == body
    assert answer.get("encoding") == encoding


def test_a_head_request_has_no_body(server: Server) -> None:
    server.replies["/"] = (200, {"x-a": "1"}, b"")
    answer = answered(url=server.url, method="HEAD")
    assert (answer["headers"]["x-a"], answer["body"]) == ("1", None)


@pytest.mark.parametrize(
    ("status", "code", "retryable", "outcome"),
    [
        (400, Code.INVALID_ARGUMENT, False, "none"),
        (401, Code.UNAUTHORIZED, False, "none"),
        (403, Code.UNAUTHORIZED, False, "none"),
        (404, Code.NOT_FOUND, False, "none"),
        (405, Code.INVALID_ARGUMENT, False, "none"),
        (408, Code.TIMEOUT, True, "unknown"),
        (409, Code.CONFLICT, False, "none"),
        (410, Code.NOT_FOUND, False, "none"),
        (412, Code.PRECONDITION_FAILED, False, "none"),
        (413, Code.PAYLOAD_TOO_LARGE, False, "none"),
        (422, Code.INVALID_ARGUMENT, False, "none"),
        (429, Code.UNAVAILABLE, True, "none"),
        (500, Code.UNAVAILABLE, True, "unknown"),
        (503, Code.UNAVAILABLE, True, "unknown"),
        (504, Code.TIMEOUT, True, "unknown"),
        (599, Code.UNAVAILABLE, True, "unknown"),
    ],
)
def test_a_status_becomes_a_code(server: Server, status: int, code: Code, retryable: bool, outcome: str) -> None:
    server.replies["/x"] = as_json({"why": "because"}, status)
    failure = failed(url=f"{server.url}/x?token=1", method="POST")
    assert (failure.code, failure.retryable, failure.outcome) == (code, retryable, outcome)
    assert failure.type == f"Http{status}"
    assert failure.message.startswith(f"POST {server.url}/x answered {status}")
    assert failure.message.endswith(': {"why":"because"}')
    assert failure.details == {"status": status, "body": {"why": "because"}}


def test_a_failing_get_has_surely_changed_nothing(server: Server) -> None:
    server.replies["/"] = (500, {}, b"")
    assert failed(url=server.url).outcome == "none"


@pytest.mark.parametrize(
    ("expect", "status", "fine"),
    [
        ([200, 404], 404, True),
        (404, 404, True),
        ("4xx", 404, True),
        (["2xx", 409], 409, True),
        ([200], 404, False),
        (200, 202, False),
        ("2xx", 302, False),
    ],
)
def test_the_statuses_to_accept_can_be_named(server: Server, expect: Any, status: int, fine: bool) -> None:
    server.replies["/"] = (status, {}, b"")
    (end,) = ask({"url": server.url, "method": "POST", "expect": expect})
    assert isinstance(end, Completed) == fine
    if isinstance(end, Failed) and status < 400:
        assert end.failure.code is Code.PRECONDITION_FAILED
        assert end.failure.outcome == "unknown"
        assert f"answered {status}" in end.failure.message
        assert end.failure.message.endswith(f", not {expect}")


def test_retry_after_is_honoured(server: Server) -> None:
    server.replies["/"] = (429, {"retry-after": "7"}, b"slow down")
    (end,) = ask({"url": server.url})
    assert isinstance(end, Failed)
    assert end.retry_after == 7_000
    assert end.failure.message.endswith("answered 429 Too Many Requests: slow down")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (formatdate(1_000_060, usegmt=True), 60.0),
        (formatdate(999_000, usegmt=True), 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, 1_000_000.0) == seconds


def test_a_redirect_is_returned_as_it_is(server: Server) -> None:
    server.replies["/"] = (302, {"location": "http://[bad"}, b"")
    answer = answered(url=server.url)
    assert (answer["status"], answer["headers"]["location"]) == (302, "http://[bad")


@pytest.mark.parametrize(
    ("status", "method", "then", "body"),
    [
        (301, "POST", "GET", ""),
        (302, "PUT", "PUT", '{"a":1}'),
        (303, "PUT", "GET", ""),
        (307, "POST", "POST", '{"a":1}'),
        (308, "DELETE", "DELETE", '{"a":1}'),
    ],
)
def test_a_redirect_is_followed_on_request(server: Server, status: int, method: str, then: str, body: str) -> None:
    server.replies["/from"] = (status, {"location": "/to?x=1"}, b"moved")
    server.replies["/to"] = as_json("there")
    answer = answered(url=f"{server.url}/from", method=method, json={"a": 1}, follow_redirects=True)
    assert answer["body"] == "there"
    asked = server.asked[1]
    assert (asked["method"], asked["body"], asked["query"]) == (then, body, {"x": ["1"]})
    assert asked["headers"].get("content-type") == ("application/json" if body else None)


def test_no_credential_follows_to_another_origin(server: Server, other: Server) -> None:
    server.replies["/"] = (307, {"location": f"{other.url}/to"}, b"")
    other.replies["/to"] = (200, {}, b"")
    headers = {"authorization": "Bearer t", "x-api-key": "k", "cookie": "c=1", "accept": "text/plain"}
    answered(url=server.url, method="POST", json=1, headers=headers, follow_redirects=True)
    assert server.asked[0]["headers"]["x-api-key"] == "k"
    (asked,) = other.asked
    assert {"authorization", "x-api-key", "cookie", "idempotency-key"} & set(asked["headers"]) == set()
    assert (asked["headers"]["accept"], asked["body"]) == ("text/plain", "1")
    assert asked["headers"]["host"] == f"127.0.0.1:{other.port}"


def test_redirects_in_a_circle_end(server: Server) -> None:
    server.replies["/"] = (302, {"location": "/"}, b"")
    failure = failed(url=server.url, follow_redirects=True)
    assert (failure.code, failure.type) == (Code.PRECONDITION_FAILED, "TooManyRedirects")
    assert len(server.asked) == 11


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data", "http://[fe80::1]/", "http://[::ffff:169.254.169.254]/"]
)
def test_a_redirect_does_not_lead_to_a_metadata_service(server: Server, target: str) -> None:
    server.replies["/"] = (302, {"location": target}, b"")
    failure = failed(url=server.url, follow_redirects=True)
    assert (failure.code, failure.type) == (Code.UNAUTHORIZED, "HttpTargetRefused")
    assert "cloud metadata services are never reached" in failure.message


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[fd00:ec2::254]",
    ],
)
def test_no_notation_of_a_link_local_address_gets_through(host: str) -> None:
    failure = failed(url=f"http://{host}/latest/meta-data")
    assert failure.type in ("HttpTargetRefused", "InvalidArgument")
    assert not failure.retryable
    assert failure.outcome == "none"


class Resolver:
    """Answers for names as it is told, in turn; counts how often it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **names: list[list[str]]) -> None:
        self.asked: list[str] = []
        self._names = {name.replace("_", "."): iter(answers) for name, answers in names.items()}
        self._real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self.answer)

    def answer(self, host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in self._names:
            return self._real(host, port, *args, **kwargs)
        self.asked.append(host)
        return [entry for each in next(self._names[host]) for entry in self._real(each, port, type=socket.SOCK_STREAM)]


def test_a_name_that_resolves_to_a_metadata_service_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Resolver(monkeypatch, innocent_test=[["169.254.169.254"]])
    failure = failed(url="http://innocent.test/")
    assert failure.message.startswith("http.request may not reach innocent.test (169.254.169.254): link-local")


def test_a_name_is_resolved_once_and_the_checked_address_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = Resolver(monkeypatch, innocent_test=[["127.0.0.1"], ["169.254.169.254"]])
    server.replies["/"] = as_json("hello")
    assert answered(url=f"http://innocent.test:{server.port}/")["body"] == "hello"
    assert resolver.asked == ["innocent.test"]
    assert server.asked[0]["headers"]["host"] == f"innocent.test:{server.port}"


def test_of_several_addresses_a_permitted_one_is_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    Resolver(monkeypatch, mixed_test=[["fe80::1", "127.0.0.2", "127.0.0.1"]])
    server.replies["/"] = as_json("hello")
    # Nothing listens on 127.0.0.2.
    assert answered(url=f"http://mixed.test:{server.port}/")["body"] == "hello"


def test_tls_goes_by_the_name_and_not_by_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    Resolver(monkeypatch, secure_test=[["127.0.0.1"]], impostor_test=[["127.0.0.1"]])
    server = Server(tls=True)
    server.replies["/"] = as_json("safe")
    try:
        good, bad = ask(
            {"url": f"https://secure.test:{server.port}/"}, {"url": f"https://impostor.test:{server.port}/"}
        )
    finally:
        server.stop()
    assert isinstance(good, Completed)
    assert good.output["body"] == "safe"
    assert server.names == ["secure.test", "impostor.test"]
    assert server.asked[0]["headers"]["host"] == f"secure.test:{server.port}"
    assert isinstance(bad, Failed)
    assert bad.failure.type == "ConnectError"
    assert "certificate" in bad.failure.message


def test_an_unknown_authority_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Resolver(monkeypatch, secure_test=[["127.0.0.1"]])
    server = Server(tls=True)
    try:
        assert "certificate verify failed" in failed(url=f"https://secure.test:{server.port}/").message
    finally:
        server.stop()


def test_the_lists_of_the_environment_hold(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.replies["/"] = (200, {}, b"")
    monkeypatch.setenv("KAGZI_HTTP_DENY", "127.0.0.0/8")
    assert failed(url=server.url).message == "http.request may not reach 127.0.0.1: it is on the deny list"
    monkeypatch.delenv("KAGZI_HTTP_DENY")
    monkeypatch.setenv("KAGZI_HTTP_ALLOW", "api.example")
    assert failed(url=server.url).type == "HttpTargetRefused"
    monkeypatch.setenv("KAGZI_HTTP_ALLOW", "api.example,127.0.0.1")
    assert answered(url=server.url)["status"] == 200


def test_a_proxy_of_the_environment_is_not_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.replies["/"] = (200, {}, b"")
    assert answered(url=server.url)["status"] == 200


def test_connections_are_kept_and_cookies_are_not(server: Server) -> None:
    server.replies["/"] = (200, {"set-cookie": "session=1"}, b"x")
    first, second = ask({"url": server.url}, {"url": server.url})
    assert isinstance(first, Completed)
    assert isinstance(second, Completed)
    assert server.connections == 1
    assert "cookie" not in server.asked[1]["headers"]


def test_a_server_that_does_not_answer_is_a_timeout(server: Server) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def hang(_: BaseHTTPRequestHandler) -> None:
        asked.set()
        go_on.wait(PATIENCE)

    server.replies["/"] = hang
    for timeout in ("50ms", "2s", "20s"):  # enough to ask, if not on this machine then the next one
        failure = failed(url=server.url, method="POST", timeout=timeout)
        if asked.is_set():
            break
    go_on.set()
    assert (failure.code, failure.type, failure.outcome) == (Code.TIMEOUT, "HttpTimeout", "unknown")
    assert failure.message == f"POST {server.url} had no answer within {timeout}"


def test_a_server_that_breaks_off_is_unavailable(server: Server) -> None:
    server.replies["/"] = lambda _: None
    failure = failed(url=server.url, method="POST")
    assert (failure.code, failure.type, failure.outcome) == (Code.UNAVAILABLE, "HttpBroken", "unknown")
    assert failed(url=server.url).outcome == "none"


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        port = taken.getsockname()[1]
        failure = failed(url=f"http://127.0.0.1:{port}/x", method="POST")
    assert (failure.code, failure.type, failure.outcome) == (Code.UNAVAILABLE, "ConnectError", "none")
    assert failure.message.startswith(f"POST http://127.0.0.1:{port}/x could not connect: Connection refused")


def test_a_name_nobody_knows_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    failure = failed(url="http://nowhere.test/")
    assert (failure.code, failure.type, failure.outcome) == (Code.UNAVAILABLE, "DnsError", "none")
    assert failure.message == "the host nowhere.test cannot be resolved: Name or service not known"


def test_a_body_over_the_limit_is_refused(server: Server) -> None:
    server.replies["/big"] = (200, {"content-encoding": "gzip"}, gzip.compress(b"x" * 3_000_000))
    failure = failed(url=f"{server.url}/big", method="POST")
    assert failure.code is Code.PAYLOAD_TOO_LARGE
    assert "answered with more than 2,000,000 bytes; fetch it in an activity of your own" in failure.message
    assert failure.outcome == "unknown"
    assert failed(url=f"{server.url}/big").outcome == "none"


def test_a_large_body_of_an_error_is_cut(server: Server) -> None:
    server.replies["/"] = (500, {}, b"x" * 3_000_000)
    failure = failed(url=server.url)
    assert failure.code is Code.UNAVAILABLE
    assert len(failure.details["body"]) == 10_000
    assert len(failure.message) < 500


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ({"url": "/orders"}, "'/orders' is not an absolute http or https URL; write for example https://"),
        ({"url": "ftp://a.example/"}, "is not an absolute http or https URL"),
        ({"url": "http://x:port/"}, "'http://x:port/' is not a URL: Invalid port: 'port'"),
        ({"url": "http://x", "json": 1, "body": "a"}, "json and body exclude each other; a request has one body"),
        ({"url": "http://x", "timeout": "5"}, "its timeout: 5 has no unit"),
        ({"url": "http://x", "timeout": "0s"}, "its timeout is 0"),
        ({"url": "http://x", "expect": "ok"}, "expect takes statuses from 100 to 599 and ranges such as 2xx, not 'ok'"),
        ({"url": "http://x", "expect": [99]}, "not 99"),
        ({"url": "http://x", "params": {"a": {}}}, "params.a holds an object"),
        ({"url": "http://x", "headers": {"a": "é"}}, "a header holds characters beyond ASCII"),
        ({"url": "http://x", "follow_redirects": "maybe"}, "follow_redirects: input should be a valid boolean"),
    ],
)
def test_a_call_that_makes_no_sense_says_why(call: dict[str, Any], says: str) -> None:
    failure = failed(**call)
    assert says in failure.message
    assert failure.code is Code.INVALID_ARGUMENT
    assert failure.outcome == "none"


@pytest.mark.parametrize("call", [{"headers": {"a": "x\ny"}}, {"method": "GET /"}, {"headers": {"a b": "x"}}])
def test_a_request_that_cannot_be_written_is_an_invalid_argument(server: Server, call: dict[str, Any]) -> None:
    failure = failed(url=server.url, **call)
    assert (failure.code, failure.outcome) == (Code.INVALID_ARGUMENT, "none")
    assert server.asked == []


def test_credentials_in_a_url_become_a_header_and_stay_out_of_messages(server: Server) -> None:
    failure = failed(url=f"http://user:pass@127.0.0.1:{server.port}/x?key=abc")
    assert server.asked[0]["headers"]["authorization"] == "Basic dXNlcjpwYXNz"
    assert failure.message == f"GET {server.url}/x answered 404 Not Found: nothing here"


def test_a_secret_the_server_echoes_is_not_shown(server: Server) -> None:
    secrets = Secrets({"KAGZI_SECRET_TOKEN": "s3cr3t-token"})
    token = secrets.get("TOKEN")
    server.replies["/"] = lambda handler: (400, {}, f"bad token {handler.headers['authorization']}".encode())
    (end,) = ask({"url": server.url, "headers": {"authorization": f"Bearer {token}"}}, secrets=secrets)
    assert isinstance(end, Failed)
    assert end.failure.message.endswith("bad token Bearer ***")
    assert token not in repr(end)


def test_closing_without_a_request_does_nothing() -> None:
    asyncio.run(close())
