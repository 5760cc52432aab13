"""The hosts that a config names, which may be in private networks."""

from types import SimpleNamespace

import pytest

from reblogbot.config.hosts import host_port, hosts_in, hosts_of
from reblogbot.config.settings import AccountSettings, SourceSettings


@pytest.mark.parametrize(
    ("url", "pair"),
    [
        ("https://Example.ORG/feed", "example.org:443"),
        ("http://example.org", "example.org:80"),
        ("http://127.0.0.1:1200/x?y", "127.0.0.1:1200"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("https://[fc00::2]", "[fc00::2]:443"),
    ],
)
def test_a_host_and_port_is_that_of_the_url(url, pair):
    assert host_port(url) == pair


def source(**keys):
    return SourceSettings(name="s", kind="k", to=("a",), **keys)


def test_a_source_names_its_own_addresses_and_the_server_it_reads_through():
    accounts = {
        "a": AccountSettings(name="a", server="https://a.example"),
        "reader": AccountSettings(name="reader", server="http://10.0.0.3:3000"),
    }
    plain = source(url="http://10.0.0.1:1200/f", fallbacks=("https://mirror.example/f",))
    assert hosts_of(plain, accounts) == {"10.0.0.1:1200", "mirror.example:443"}
    actor = source(options=SimpleNamespace(acct="@ann@10.0.0.2:8080", url=""))
    assert hosts_of(actor, accounts) == {"10.0.0.2:8080"}
    named = source(options=SimpleNamespace(acct="@ann@b.example", url="http://c.example/ann"))
    assert hosts_of(named, accounts) == {"b.example:443", "b.example:80", "c.example:80"}
    read = source(options=SimpleNamespace(via="reader"))
    assert hosts_of(read, accounts) == {"10.0.0.3:3000"}


def test_a_config_names_what_its_sources_and_accounts_name(load_toml, plain):
    assert hosts_in(load_toml(plain)) == {"social.example:443", "example.org:443"}
