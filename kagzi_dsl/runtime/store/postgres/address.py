"""A database's URL: what asyncpg takes of it, and how it is named without its password."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from kagzi_dsl.errors import ConfigError

# Options of libpq that asyncpg would hand to the server as settings. It does without them, or we set them ourselves.
_IGNORED = frozenset(
    {
        "channel_binding", "client_encoding", "fallback_application_name", "gssdelegation", "gssencmode",
        "keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval", "load_balance_hosts", "requiressl",
        "sslcompression", "sslsni", "tcp_user_timeout",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is: `url` for asyncpg, `place` for people, and how long connecting may take (s)."""

    url: str
    place: str
    connect_timeout: float | None
    _password: str

    def scrub(self, text: str) -> str:
        """`text` without the password, in whatever form it may stand there."""
        for form in {self._password, quote(self._password, safe=""), unquote(self._password)} - {""}:
            text = text.replace(form, "***")
        return text


def parse(url: str) -> Address:
    """Takes a libpq URL apart. Raises ConfigError, never showing the password."""
    scheme, _, rest = url.partition("://")
    # A driver's name after a plus sign is how SQLAlchemy writes it.
    if scheme.partition("+")[0] not in ("postgresql", "postgres") or not rest:
        raise ConfigError("the database URL must look like postgresql://user:password@host:5432/database")
    try:
        parts = urlsplit(f"postgresql://{rest}")
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        hosts = options.get("host") or parts.netloc.rpartition("@")[2]
        name = options.get("dbname") or options.get("database") or unquote(parts.path.lstrip("/"))
        password = options.get("password") or unquote(parts.password or "")
        timeout = float(options.pop("connect_timeout", 0)) or None
    except ValueError as error:
        raise ConfigError(
            "the database URL cannot be read; special characters in it must be percent-encoded"
        ) from error
    kept = urlencode({key: value for key, value in options.items() if key not in _IGNORED}, quote_via=quote)
    cleaned = f"postgresql://{parts.netloc}{parts.path}{f'?{kept}' if kept else ''}"
    return Address(cleaned, f"{unquote(hosts) or 'the local server'}{f'/{name}' if name else ''}", timeout, password)
