"""A database's URL: what asyncpg takes of it, what we do in its stead, and how it is named without its password.

The options are libpq's (PostgreSQL manual, "Parameter Key Words"), and a service file may hold them too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from kagzi_dsl.dsl.nearest import did_you_mean
from kagzi_dsl.errors import ConfigError
from kagzi_dsl.runtime.store.postgres import service

_HANDED_ON = frozenset(
    {
        "database", "dbname", "gsslib", "host", "krbsrvname", "options", "password", "port", "ssl_max_protocol_version",
        "ssl_min_protocol_version", "sslcert", "sslcrl", "sslkey", "sslmode", "sslnegotiation", "sslpassword",
        "sslrootcert", "target_session_attrs", "user",
    }
)  # fmt: skip
_OURS = frozenset({"application_name", "connect_timeout", "fallback_application_name", "hostaddr", "passfile"})
_WITHOUT_EFFECT = frozenset(
    {
        "channel_binding", "client_encoding", "gssdelegation", "gssencmode", "keepalives", "keepalives_count",
        "keepalives_idle", "keepalives_interval", "load_balance_hosts", "requiressl", "sslcompression", "sslsni",
        "tcp_user_timeout",
    }
)  # fmt: skip
"""What changes nothing a user could miss: the driver does without, or we set it ourselves."""
_REFUSED = {
    "channel_binding": "require",
    "gssencmode": "require",
    "requiressl": "1",
}
"""Values that ask for a protection the driver cannot give, so that they must not pass unheard."""
_UNSUPPORTED = frozenset(
    {
        "max_protocol_version", "min_protocol_version", "replication", "require_auth", "requirepeer", "sslcertmode",
        "sslcrldir", "sslkeylogfile",
    }
)  # fmt: skip
_FILES = ("sslcert", "sslkey", "sslrootcert", "sslcrl", "passfile")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is: `url` for asyncpg, `place` for people, and how long connecting may take (s)."""

    url: str
    place: str
    connect_timeout: float | None
    _password: str
    passfile: Path | None = None
    application_name: str | None = None

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
        options = service.with_service(dict(parse_qsl(parts.query, keep_blank_values=True)))
        _check(options)
        timeout = float(options.get("connect_timeout", 0)) or None
        password = options.get("password") or unquote(parts.password or "")
    except ValueError as error:
        raise ConfigError(
            "the database URL cannot be read; special characters in it must be percent-encoded"
        ) from error
    login, at, hosts = parts.netloc.rpartition("@")
    if address := options.get("hostaddr"):
        hosts = _by_address(address, options)
    _check_ports(hosts, options.get("port", ""))
    name = unquote(parts.path.lstrip("/")) or options.get("dbname") or options.get("database")
    place = f"{unquote(hosts) or options.get('host') or 'the local server'}{f'/{name}' if name else ''}"
    kept = urlencode({key: value for key, value in options.items() if key in _HANDED_ON}, quote_via=quote)
    return Address(
        f"postgresql://{login}{at}{hosts}{parts.path}{f'?{kept}' if kept else ''}",
        place,
        timeout,
        password,
        Path(options["passfile"]) if options.get("passfile") else None,
        options.get("application_name") or options.get("fallback_application_name"),
    )


def _check(options: dict[str, str]) -> None:
    """Raises ConfigError for an option that is none, or asks for what cannot be had."""
    for key, value in options.items():
        if key in _UNSUPPORTED or _REFUSED.get(key) == value:
            asked = key if key in _UNSUPPORTED else f"{key}={value}"
            raise ConfigError(f"the database URL asks for {asked}, which is not supported here")
        if key not in _HANDED_ON | _OURS | _WITHOUT_EFFECT:
            meant = did_you_mean(key, sorted(_HANDED_ON | _OURS), most=40)
            raise ConfigError(
                f"the database URL has an option {key!r} that PostgreSQL does not know; {meant} (a setting of the "
                "server goes into `options`, as in options=-c%20statement_timeout%3D5s)"
            )
    for key in _FILES:
        if options.get(key) and not Path(options[key]).exists():
            raise ConfigError(f"the database URL names {options[key]} as its {key}, and there is no such file")


def _check_ports(hosts: str, ports: str) -> None:
    """Raises ConfigError for a port that is none."""
    written = [host.rpartition("]")[2].partition(":")[2] for host in hosts.split(",")]
    for port in (*written, *ports.split(",")):
        if port and not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65_535):
            raise ConfigError(f"the database URL has the port {port!r}; a port is a number from 1 to 65535")


def _by_address(address: str, options: dict[str, str]) -> str:
    """The address as a host; the name it stands for is looked up nowhere, and so cannot be what a certificate names."""
    if options.get("sslmode") == "verify-full":
        raise ConfigError("with sslmode=verify-full the database URL needs `host`, not `hostaddr`: the name is checked")
    port = options.pop("port", "")
    options.pop("host", None)
    return (f"[{address}]" if ":" in address else address) + (f":{port}" if port else "")
