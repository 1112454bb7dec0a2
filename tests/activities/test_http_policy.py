from __future__ import annotations

from ipaddress import ip_address

import pytest

from kagzi_dsl.activities.builtin.http_policy import HttpPolicy
from kagzi_dsl.errors import ConfigError


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "fd20:ce::254",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "::ffff:169.254.169.254",
        "::169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
    ],
)
@pytest.mark.parametrize("policy", [HttpPolicy(), HttpPolicy(allow=("*", "0.0.0.0/0", "::/0", "169.254.169.254"))])
def test_metadata_services_are_never_reached_whatever_is_allowed(policy: HttpPolicy, address: str) -> None:
    assert policy.why_not_address("innocent.example", ip_address(address)) == (
        "link-local addresses and cloud metadata services are never reached"
    )


@pytest.mark.parametrize("address", ["93.184.216.34", "127.0.0.1", "10.0.0.1", "::1", "2606:2800:220:1::1", "fd00::1"])
def test_other_addresses_are_reached_by_default(address: str) -> None:
    policy = HttpPolicy()
    assert policy.why_not_host("any.example") is None
    assert policy.why_not_address("any.example", ip_address(address)) is None


def test_denied_hosts_are_refused_before_they_are_resolved() -> None:
    policy = HttpPolicy(deny=("evil.example", "*.bad.example"))
    assert policy.why_not_host("EVIL.example.") == "it is on the deny list"
    assert policy.why_not_host("a.b.bad.example") == "it is on the deny list"
    assert policy.why_not_host("bad.example") is None
    assert policy.why_not_host("notevil.example") is None


def test_denied_networks_are_refused_in_any_notation() -> None:
    policy = HttpPolicy(deny=("10.0.0.0/8", "[::1]"))
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "::1"):
        assert policy.why_not_address("x", ip_address(address)) == "it is on the deny list"
    assert policy.why_not_address("x", ip_address("11.0.0.1")) is None


def test_with_an_allow_list_nothing_else_is_reached() -> None:
    policy = HttpPolicy(allow=("api.example",))
    assert policy.why_not_host("api.example") is None
    assert policy.why_not_host("www.example") == "it is not on the allow list"
    assert policy.why_not_address("api.example", ip_address("10.0.0.1")) is None
    assert policy.why_not_address("www.example", ip_address("10.0.0.1")) == "it is not on the allow list"


def test_an_allowed_network_lets_any_name_in_it_through() -> None:
    policy = HttpPolicy(allow=("api.example", "10.0.0.0/8"))
    assert policy.why_not_host("any.example") is None
    assert policy.why_not_address("any.example", ip_address("10.0.0.1")) is None
    assert policy.why_not_address("any.example", ip_address("11.0.0.1")) == "it is not on the allow list"


def test_the_deny_list_wins() -> None:
    policy = HttpPolicy(allow=("*",), deny=("127.0.0.0/8", "api.example"))
    assert policy.why_not_host("api.example") is not None
    assert policy.why_not_address("x", ip_address("127.0.0.1")) is not None
    assert policy.why_not_address("x", ip_address("10.0.0.1")) is None


def test_the_lists_come_from_the_environment() -> None:
    environ = {"KAGZI_HTTP_ALLOW": " api.example, *.internal\n10.0.0.0/8,", "KAGZI_HTTP_DENY": ""}
    policy = HttpPolicy.from_env(environ)
    assert policy.allow == ("api.example", "*.internal", "10.0.0.0/8")
    assert policy.deny == ()


@pytest.mark.parametrize("entry", ["http://a.example", "10.0.0.0/33", "a b", "*.*.example", "300.1.1.1", "a..b", "-"])
def test_an_entry_that_is_none_of_these_is_a_configuration_error(entry: str) -> None:
    with pytest.raises(ConfigError, match=r"write api.example.com, \*.example.com, 10.1.2.3 or 10.0.0.0/8"):
        HttpPolicy(deny=(entry,))
