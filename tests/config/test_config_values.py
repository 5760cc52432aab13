"""Each type of value in a config accepts what is documented and refuses the rest with a message."""

import pickle
from datetime import time, timedelta
from decimal import Decimal
from ipaddress import ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reblogbot.config import urls, values
from reblogbot.config.pattern_compiler import replacement_error
from reblogbot.config.patterns import MAX_LENGTH
from reblogbot.config.values import Budget, Pattern, QuietSpan

# durations and sizes


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("30s", 30),
        ("15m", 900),
        ("6h", 21600),
        ("2d", 172800),
        ("1w", 604800),
        ("500ms", 0.5),
        ("1.5h", 5400),
        (" 15 m ", 900),
        ("0.1s", 0.1),
        ("365000d", 365000 * 86400),
    ],
)
def test_a_duration_is_a_number_and_a_unit(written, seconds):
    assert values.read_duration(written) == timedelta(seconds=seconds)


@pytest.mark.parametrize("written", [15, 0.5, 0])
def test_a_number_without_a_unit_is_refused_with_a_hint(written):
    with pytest.raises(ValueError, match='write "15m"'):
        values.read_duration(written)


@pytest.mark.parametrize(
    "written",
    ["", "15", "m", "-5m", "15M", "15 min", "1h30m", "1e3s", "nan s", "١٥m", "1.s", True, None, []],
)
def test_the_error_for_a_wrong_duration_names_the_units(written):
    with pytest.raises(ValueError, match="ms, s, m, h, d, w"):
        values.read_duration(written)


@pytest.mark.parametrize("written", ["0s", "0.0d", "0.0001ms", timedelta(0), timedelta(-1)])
def test_a_duration_of_nothing_is_refused_but_for_a_gap(written):
    with pytest.raises(ValueError, match="longer than zero"):
        values.read_duration(written)
    assert values.read_span("0s") == timedelta(0)


@pytest.mark.parametrize("written", ["365001d", "999999999999w", "366000.5d"])
def test_a_duration_beyond_all_dates_is_refused(written):
    with pytest.raises(ValueError, match="thousand years"):
        values.read_duration(written)


@given(st.integers(1, 10**6), st.sampled_from(["ms", "s", "m", "h", "d"]))
def test_any_positive_duration_is_accepted_to_the_microsecond(number, unit):
    factor = {"ms": Decimal("0.001"), "s": 1, "m": 60, "h": 3600, "d": 86400}[unit]
    if number * factor <= 365_000 * 86400:
        assert values.read_duration(f"{number}{unit}") == timedelta(seconds=float(number * factor))


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("10MB", 10_000_000),
        ("512KiB", 524_288),
        ("1.5kb", 1500),
        ("1 GiB", 2**30),
        ("7B", 7),
        (7, 7),
    ],
)
def test_a_size_is_in_thousands_or_with_an_i_in_1024s(written, size):
    assert values.read_size(written) == size


@pytest.mark.parametrize(
    "written", ["", "MB", "10", "10XB", "-1MB", "0MB", 0, -1, True, 1.5, "2TB", None]
)
def test_what_is_no_size_is_refused(written):
    with pytest.raises(ValueError, match="a size is"):
        values.read_size(written)


# addresses


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "http://例え.jp:8080/ä?q=1#f",
        "https://[::1]:80/x",
        "https://example.org/a@b",
        "HTTPS://EXAMPLE.org/",
    ],
)
def test_a_url_of_a_host_is_taken_as_it_is_written(url):
    assert urls.read_http_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        *("", "example.org", "//example.org", "ftp://example.org", "https:example.org", "https://"),
        *(
            "https:///x",
            "https://:80",
            "https://[::1",
            "https://x:99999",
            "https://x:0",
            "https://x:y",
        ),
        *(
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://ex ample.org",
            "https://x/\n",
            "\x00",
        ),
        *(" https://x", "https://x/\u00a0", "http:/x.org", "https:///////x"),
    ],
)
def test_what_names_no_host_by_http_is_refused(url):
    with pytest.raises(ValueError, match="URL"):
        urls.read_http_url(url)


@pytest.mark.parametrize("url", ["https://a:b@x.org", "https://a@x.org", "https://@x.org"])
def test_a_url_carries_no_credentials(url):
    with pytest.raises(ValueError, match="Authorization header"):
        urls.read_http_url(url)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Social.Example/", "https://social.example"),
        ("https://social.example", "https://social.example"),
        ("http://127.0.0.1:8080//", "http://127.0.0.1:8080"),
    ],
)
def test_a_server_is_its_origin(url, origin):
    assert urls.read_server_url(url) == origin


@pytest.mark.parametrize("url", ["https://x.org/@me", "https://x.org/?a", "https://x.org#a"])
def test_a_page_of_a_server_is_no_server(url):
    with pytest.raises(ValueError, match="write only the server's address"):
        urls.read_server_url(url)


def test_a_proxy_may_carry_credentials():
    assert urls.read_proxy_url("socks5://u:p@127.0.0.1:1080") == "socks5://u:p@127.0.0.1:1080"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sqlite:x",
        "sqlite://",
        "sqlite:///",
        "sqlite:////",
        "sqlite:///:memory:",
        "mysql://x",
        "postgres://x",
        "x.db",
        "sqlite:///?a=b",
    ],
)
def test_a_store_that_would_forget_is_refused(url):
    with pytest.raises(ValueError, match="the store"):
        urls.read_store_url(url)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("127.0.0.1:8080", "127.0.0.1:8080"),
        ("LocalHost:80", "localhost:80"),
        ("[::1]:80", "[::1]:80"),
        ("[0:0::1]:080", "[::1]:80"),
        (" host:1 ", "host:1"),
    ],
)
def test_an_exception_is_one_exact_host_and_port(written, kept):
    assert urls.read_host_port(written) == kept


@pytest.mark.parametrize(
    "written",
    ["198.18.0.0/15", "fc00::/18", "10.0.0.7/32", "127.0.0.0/8", "2001:db8::/32", "::1/128"],
)
def test_an_exception_may_be_a_range_of_addresses(written):
    network = urls.read_private_exception(written)
    assert network == ip_network(written)
    assert urls.read_private_exception(network) == network


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("198.18.0.1/15", 'write "198.18.0.0/15"'),
        ("198.18.0.0/33", "write a range as in"),
        ("host/24", "write a range as in"),
        ("/", "write a range as in"),
        ("[fc00::]/18", "write a range as in"),
        ("http://x/", "write a range as in"),
        ("0.0.0.0/0", "covers this machine"),
        ("::/0", "covers this machine"),
        ("169.254.169.254/32", "covers link-local addresses"),
        ("128.0.0.0/1", "covers link-local addresses"),
        ("fe80::/64", "covers link-local addresses"),
        ("::ffff:7f00:0/104", "covers IPv4 addresses; write those as an IPv4 range"),
        ("224.0.0.0/4", "covers multicast"),
        ("10.0.0.1", "write a host and a port"),
        (8080, "host:port"),
        (["x:1"], "host:port"),
    ],
)
def test_a_range_that_cannot_be_meant_is_refused(written, hint):
    with pytest.raises(ValueError, match=hint):
        urls.read_private_exception(written)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "host",
        "host:",
        ":80",
        "host:0",
        "host:65536",
        "::1:80",
        "[::g]:80",
        "[host]:80",
        "*:80",
        "10.0.0.0/8:80",
        "http://x:80",
        "a b:80",
        "host:８０",
    ],
)
def test_what_is_no_host_and_port_is_refused(written):
    with pytest.raises(ValueError, match=r"host|IPv6"):
        urls.read_host_port(written)


@pytest.mark.parametrize(
    ("written", "kept"),
    [("Example.ORG", "example.org"), ("*.example.org", "example.org"), ("例え.jp", "例え.jp")],
)
def test_a_domain_is_a_bare_host(written, kept):
    assert urls.read_domain(written) == kept


# tongues and times


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("zh", "zh"),
        ("ZH-cn", "zh-CN"),
        ("pt-br", "pt-BR"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("yue", "yue"),
        ("es-419", "es-419"),
    ],
)
def test_a_language_tag_takes_its_usual_case(written, kept):
    assert values.read_language(written) == kept


@pytest.mark.parametrize(
    "written", ["", "z", "zh_CN", "english", "zh-", "zh-C", "中文", "en us", "en\n"]
)
def test_what_is_no_language_tag_is_refused(written):
    with pytest.raises(ValueError, match='"pt-BR"'):
        values.read_language(written)


@pytest.mark.parametrize("written", ["UTC", "Asia/Shanghai", "Europe/Zurich"])
def test_a_zone_of_the_iana_database_is_taken(written):
    assert values.read_timezone(written) == written


@pytest.mark.parametrize(
    "written", ["", "Asia", "..", "/etc/passwd", "../../etc/passwd", "a\0b", "x" * 10_000, "UTC+8"]
)
def test_what_is_no_zone_is_refused(written):
    with pytest.raises(ValueError, match="not an IANA time zone"):
        values.read_timezone(written)


@pytest.mark.parametrize(
    ("written", "at"),
    [("18:00", time(18)), ("7:05", time(7, 5)), ("00:00", time(0)), ("23:59", time(23, 59))],
)
def test_a_time_of_day(written, at):
    assert values.read_clocktime(written) == at


@pytest.mark.parametrize(
    "written", ["", "24:00", "18", "18:60", "6pm", "18:00:00", "1８:00", 18, None]
)
def test_what_is_no_time_of_day_is_refused(written):
    with pytest.raises(ValueError, match='written "18:00"'):
        values.read_clocktime(written)


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        ("23:00-07:00", time(23), time(7)),
        ("9:00 - 17:30", time(9), time(17, 30)),
        ("22:00-24:00", time(22), time(0)),
    ],
)
def test_a_quiet_span_has_two_ends(written, start, end):
    assert QuietSpan.parse(written) == QuietSpan(start, end)


@pytest.mark.parametrize(
    "written", ["", "23:00", "23:00-", "23-7", "07:00-07:00", "00:00-24:00", "24:00-07:00", 3, None]
)
def test_what_is_no_quiet_span_is_refused(written):
    with pytest.raises(ValueError, match=r"quiet span|time of day"):
        QuietSpan.parse(written)


@pytest.mark.parametrize(("written", "count", "days"), [("10/1d", 10, 1), ("1 / 2w", 1, 14)])
def test_a_budget_is_a_number_per_duration(written, count, days):
    assert Budget.parse(written) == Budget(count, timedelta(days=days))


@pytest.mark.parametrize(
    "written", ["", "10", "0/1d", "-1/1d", "10/d", "10/0d", "/1d", "1.5/1d", 10, None]
)
def test_what_is_no_budget_is_refused(written):
    with pytest.raises(ValueError, match=r"a budget is|a duration"):
        Budget.parse(written)


@pytest.mark.parametrize(
    "written", ["0 9 * * mon-fri", "*/5 * * * *", "0 9 last * MON,wed", "0 9 29 feb *"]
)
def test_a_cron_line_that_names_its_days_is_taken(written):
    assert values.read_cron(written) == written


@pytest.mark.parametrize(
    "written",
    [
        "",
        "@daily",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* * * * 0",
        "* * * * */2",
        "* * * * fri-mon",
        "* * * foo *",
        "0 0 31 apr,jun *",
    ],
)
def test_a_cron_line_that_would_surprise_is_refused(written):
    with pytest.raises(ValueError, match=r"cron|write the days|never comes true"):
        values.read_cron(written)


@pytest.mark.parametrize("written", ["gb18030", "utf-8", "latin-1", "Big5"])
def test_a_text_encoding_is_taken(written):
    assert values.read_encoding(written) == written


@pytest.mark.parametrize(
    "written", ["", "base64", "zlib", "rot13", "undefined", "a\0b", "utf-99", "x" * 10_000]
)
def test_what_is_no_text_encoding_is_refused(written):
    with pytest.raises(ValueError, match="not a known encoding"):
        values.read_encoding(written)


# patterns


def finds(written, text):
    return Pattern.parse(written).compiled.search(text) is not None


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("rust", "Rust 2.0"),
        ("AI", "用AI写代码"),
        ("ai", "The AI."),
        ("暴力", "反对暴力行为"),
        ("c++", "C++20"),
        ("machine  learning", "on Machine\nLearning"),
        ("straße", "STRASSE"),
        ("тест", "Тест пройден"),
        (" word ", "a word"),
        ("#news", "a #news"),
        ("カー", "スーパーカー"),
        (".", "a."),
    ],
)
def test_a_plain_word_is_found_whatever_its_case_and_neighbours_allow(word, text):
    assert finds(word, text)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("rust", "trust"),
        ("ai", "said"),
        ("тест", "протест"),
        ("a.b", "axb"),
        ("c++", "objc++"),
        ("é", "été"),
    ],
)
def test_a_plain_word_is_not_found_inside_another(word, text):
    assert not finds(word, text)


@pytest.mark.parametrize(
    ("written", "text", "found"),
    [
        ("/ru.t/", "trust", True),
        ("/RUST/", "rust", False),
        ("/RUST/i", "rust", True),
        ("/^b$/m", "a\nb", True),
        ("/a.b/s", "a\nb", True),
        ("/a b # why/x", "ab", True),
        ("/a/b/", "a/b", True),
        ("/[[a]]/", "a]", True),
    ],
)
def test_a_regex_is_written_between_slashes_with_its_flags(written, text, found):
    assert finds(written, text) is found


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("", "a word or a regex in quotes"),
        ("  ", "a word or a regex in quotes"),
        (3, "a word or a regex in quotes"),
        ("/abc", "ends with a slash"),
        ("/", "ends with a slash"),
        ("//", "would match everything"),
        ("/a/q", "unknown regex flag 'q'; there are i, m, s and x"),
        ("/(a/", "not a valid regex: missing )"),
        ("/a{2,1}/", "not a valid regex: "),
        ("/(?<=/", "not a valid regex: "),
        ("/" + "(" * 1000 + ")" * 900 + "/", "not a valid regex: "),
        ("x" * (MAX_LENGTH + 1), f"at most {MAX_LENGTH}"),
    ],
)
def test_a_bad_pattern_names_its_fault(written, fault):
    with pytest.raises(ValueError, match=fault.replace(")", r"\)")):
        Pattern.parse(written)


@given(
    st.text(st.sampled_from("/()[]{}?*+\\<>=!:|^$.-,#&~a1iP中Lp"), max_size=14).map("/{}/".format)
)
@example("/(?P<a>(?&a))/")
@example("/\\p{Nonsense}/")
@example("/(?(1)a|b)/")
def test_no_regex_raises_anything_but_value_error(written):
    try:
        pattern = Pattern.parse(written)
    except ValueError:
        return
    assert pattern.written == written


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12))
def test_a_plain_word_always_finds_itself(word):
    if word.strip() and not word.startswith("/"):
        assert finds(word, word.strip())


def test_a_pattern_survives_the_way_to_another_process():
    pattern = Pattern.parse("/a(b)/i")
    assert pickle.loads(pickle.dumps(pattern)) == pattern


@pytest.mark.parametrize("text", ["", "x", r"\1", r"\g<1>", r"\g<word>", r"\\9", r"\n"])
def test_a_replacement_names_groups_there_are(text):
    assert replacement_error(Pattern.parse(r"/(?<word>a)/").compiled, text) == ""


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (r"\2", "not a valid replacement: "),
        (r"\g<2>", "not a valid replacement: "),
        (r"\g<nobody>", "not a valid replacement: "),
        ("\\", "not a valid replacement: "),
        (r"\q", "not a valid replacement: "),
    ],
)
def test_an_invalid_replacement_is_refused(text, fault):
    assert fault in replacement_error(Pattern.parse(r"/(?<word>a)/").compiled, text)


@given(st.text(st.sampled_from(r"\g<>12x{}0a"), max_size=8))
def test_a_valid_replacement_never_fails_at_a_match(text):
    pattern = Pattern.parse(r"/(?<x>a)(b)?/")
    if not replacement_error(pattern.compiled, text):
        assert isinstance(pattern.compiled.sub(text, "a ab"), str)


# the rest


@pytest.mark.parametrize("written", ["none", "all", 0, 7])
def test_first_sight_is_none_all_or_a_number(written):
    assert values.read_first(written) == written


@pytest.mark.parametrize("written", ["", "some", "3", -1, True, 1.5, None, 10**10])
def test_what_is_no_first_sight_is_refused(written):
    with pytest.raises(ValueError, match='must be "none"'):
        values.read_first(written)


@pytest.mark.parametrize(
    ("written", "kept"), [("news", "news"), ("#news", "news"), ("热榜", "热榜")]
)
def test_a_tag_is_kept_without_its_sign(written, kept):
    assert values.read_hashtag(written) == kept


def outcome(read, written):
    """Words in either case: what was read, or why it was not."""
    try:
        return repr(read(written))
    except ValueError as fault:
        return str(fault)


any_toml = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.lists(st.text(max_size=3), max_size=2)
)


@given(any_toml)
@pytest.mark.parametrize(
    "read",
    [
        values.read_duration,
        values.read_size,
        values.read_clocktime,
        QuietSpan.parse,
        Budget.parse,
        Pattern.parse,
        values.read_first,
        values.read_path,
    ],
)
def test_no_toml_value_raises_anything_but_value_error(read, written):
    assert outcome(read, written)


@given(st.text(max_size=30))
@pytest.mark.parametrize(
    "read",
    [
        urls.read_http_url,
        urls.read_server_url,
        urls.read_proxy_url,
        urls.read_store_url,
        urls.read_host_port,
        urls.read_private_exception,
        urls.read_domain,
        urls.read_header,
        urls.read_header_name,
        values.read_language,
        values.read_cron,
        values.read_encoding,
        values.read_hashtag,
    ],
)
def test_no_text_raises_anything_but_value_error(read, written):
    assert outcome(read, written)


# the admin's page


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://bots.example", "https://bots.example/"),
        ("https://Bots.example:8443/", "https://bots.example:8443/"),
        ("https://example.org/bots", "https://example.org/bots/"),
        ("http://[::1]:8330/a/b-c_d.e~f/", "http://[::1]:8330/a/b-c_d.e~f/"),
    ],
)
def test_the_address_of_the_page_ends_with_a_slash(written, url):
    assert urls.read_page_url(written) == url
    assert urls.read_page_url(url) == url


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("bots.example", "must begin with https:// or http://"),
        ("ftp://bots.example/", "must begin with https:// or http://"),
        ("https:///bots", "is not a URL"),
        ("https://me:s3cr3t@bots.example/", "user and password do not belong"),
        ("https://bots.example/?a=b", "without"),
        ("https://bots.example/?", "without"),
        ("https://bots.example/#a", "without"),
        ("https://bots.example/a b", "spaces"),
        ("https://bots.example/{name}", "plain names"),
        ("https://bots.example/a%2fb", "plain names"),
        ("https://bots.example//evil", "plain names"),
        ("https://bots.example/../a", "plain names"),
        ("https://bots.example/a/.", "plain names"),
        ("https://bots.example/ä", "plain names"),
        ("https://bots.example/a;b", "plain names"),
    ],
)
def test_what_is_no_address_of_a_page_is_refused(written, message):
    with pytest.raises(ValueError, match=message) as raised:
        urls.read_page_url(written)
    assert "s3cr3t" not in str(raised.value)
