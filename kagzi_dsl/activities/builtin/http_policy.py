"""Which hosts and addresses `http.request` may reach.

Link-local addresses and the other places where clouds keep a machine's credentials are refused whatever the lists say:
a workflow's URL may come from its input, and whoever starts a run must not thereby become the machine. Names are
checked before they are resolved, addresses after, so that a name cannot lead where its owner likes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from kagzi_dsl.errors import ConfigError
from kagzi_dsl.payload import LIMIT_BYTES

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

ALLOW_VARIABLE = "KAGZI_HTTP_ALLOW"
DENY_VARIABLE = "KAGZI_HTTP_DENY"

NEVER: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "169.254.0.0/16",  # link-local, RFC 3927; AWS, Azure, Google and most others serve metadata here
        "fe80::/10",  # link-local, RFC 4291 §2.5.6
        "fd00:ec2::/32",  # AWS over IPv6
        "fd20:ce::254/128",  # Google over IPv6
        "100.100.100.200/32",  # Alibaba
        "192.0.0.192/32",  # Oracle
        "168.63.129.16/32",  # Azure's wire server
    )
)
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))  # RFC 6052 §2.1, RFC 8215
_COMPATIBLE = IPv6Network("::/96")  # RFC 4291 §2.5.5.1
_HOST = re.compile(r"(\*|(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*)")


@dataclass(frozen=True, slots=True)
class _Rules:
    hosts: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, patterns: tuple[str, ...]) -> _Rules:
        parsed = [_parsed(pattern) for pattern in patterns]
        return cls(
            tuple(rule for rule in parsed if isinstance(rule, str)),
            tuple(rule for rule in parsed if not isinstance(rule, str)),
        )

    def has_host(self, host: str) -> bool:
        return any(_matches(pattern, host) for pattern in self.hosts)

    def has_address(self, address: Address) -> bool:
        return any(each in network for each in _meanings(address) for network in self.networks)


@dataclass(frozen=True, slots=True)
class HttpPolicy:
    """Lists of host names (`api.example.com`, `*.example.com` for what is below it, `*`), addresses and CIDR networks.

    With `allow`, nothing else may be reached; `deny` wins over it. `max_bytes` bounds the body of a response. Raises
    ConfigError for an entry that is none of these.
    """

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    max_bytes: int = LIMIT_BYTES
    _allowed: _Rules = field(init=False, repr=False, compare=False)
    _denied: _Rules = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_allowed", _Rules.of(self.allow))
        object.__setattr__(self, "_denied", _Rules.of(self.deny))

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> HttpPolicy:
        """The policy of KAGZI_HTTP_ALLOW and KAGZI_HTTP_DENY, lists divided by commas or white space."""
        environ = os.environ if environ is None else environ
        return cls(allow=_listed(environ.get(ALLOW_VARIABLE, "")), deny=_listed(environ.get(DENY_VARIABLE, "")))

    def why_not_host(self, host: str) -> str | None:
        """Why no connection to a host of this name may be tried, None when it may."""
        host = _normal(host)
        if self._denied.has_host(host):
            return "it is on the deny list"
        if self.allow and not self._allowed.networks and not self._allowed.has_host(host):
            return "it is not on the allow list"
        return None

    def why_not_address(self, host: str, address: Address) -> str | None:
        """Why `host` may not be reached at `address`, None when it may."""
        if any(each in network for each in _meanings(address) for network in NEVER):
            return "link-local addresses and cloud metadata services are never reached"
        if self._denied.has_address(address):
            return "it is on the deny list"
        if self.allow and not self._allowed.has_host(_normal(host)) and not self._allowed.has_address(address):
            return "it is not on the allow list"
        return None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(re.split(r"[,\s]+", text.strip(", \t\n"))) if text.strip(", \t\n") else ()


def _parsed(pattern: str) -> str | Network:
    try:
        return ip_network(pattern.strip("[]"), strict=False)
    except ValueError:
        host = _normal(pattern)
    if not _HOST.fullmatch(host) or host.replace(".", "").isdigit():
        raise ConfigError(
            f"{pattern!r} is no host, address or network for {ALLOW_VARIABLE} or {DENY_VARIABLE}; "
            "write api.example.com, *.example.com, 10.1.2.3 or 10.0.0.0/8"
        )
    return host


def _normal(host: str) -> str:
    return host.lower().rstrip(".")


def _matches(pattern: str, host: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return pattern in ("*", host)


def _meanings(address: Address) -> Iterator[Address]:
    """The address, and any IPv4 address it stands for."""
    if isinstance(address, IPv4Address):
        yield address
        return
    yield IPv6Address(int(address))  # without its zone, which no network contains
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address in _COMPATIBLE or any(address in network for network in _NAT64):
        yield IPv4Address(int(address) & 0xFFFFFFFF)


def address_of(text: str) -> Address:
    """An address as the resolver gives it."""
    return ip_address(text)
