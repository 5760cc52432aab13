"""The page behind the proxies of docs/admin-page.md: their very files, run by the real programs."""

import asyncio
import contextlib
import re
import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from admin_page_client import PASSWORD
from harness import MAX_WAIT, kill

DOCUMENT = (Path(__file__).parents[2] / "docs" / "admin-page.md").read_text("utf-8")
BLOCKS = {
    (language, domain): re.search(
        rf"^```{language}\n(?=[^`]*\b{re.escape(domain)}\b)([^`]*)^```$", DOCUMENT, re.MULTILINE
    )[1]
    for language in ("caddyfile", "nginx")
    for domain in ("bots.example", "example.org")
}
NGINX = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {server}
}}
"""
CADDY = """\
{{
	admin off
	auto_https disable_redirects
	storage file_system {folder}/caddy
}}
{site}
"""


def free_port():
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        return wire.getsockname()[1]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for localhost, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    files = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-out", files[0], "-keyout", files[1]],
        check=True, capture_output=True,
    )  # fmt: skip
    return files


def nginx(folder, block, domain, port, upstream, certificate):
    """The command that runs nginx with this block of the document."""
    server = re.sub(r"(ssl_certificate) .*;", rf"\1 {certificate[0]};", block)
    server = re.sub(r"(ssl_certificate_key) .*;", rf"\1 {certificate[1]};", server)
    server = server.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    server = server.replace(domain, "localhost").replace("127.0.0.1:8330", upstream)
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, server=server))
    return [program("nginx"), "-p", folder, "-c", config, "-e", folder / "error.log"]


def caddy(folder, block, domain, port, upstream, certificate):
    """The command that runs Caddy with this block of the document."""
    tls = f"\tbind 127.0.0.1\n\ttls {certificate[0]} {certificate[1]}\n"
    site = block.replace(f"{domain} {{\n", f"https://localhost:{port} {{\n{tls}")
    site = site.replace("127.0.0.1:8330", upstream)
    config = folder / "Caddyfile"
    config.write_text(CADDY.format(folder=folder, site=site))
    return [program("caddy"), "run", "--config", config, "--adapter", "caddyfile"]


def program(name):
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/bin")
    if path is None:
        pytest.skip(f"{name} is not installed: the admin's page is not tried behind it")
    return path


@pytest.fixture(params=["nginx", "caddyfile"])
async def proxied(request, serve, bot, sandbox, feeds, tmp_path, certificate):
    """Serves the page behind a proxy at a path; gives a client that uses only the proxy."""
    processes = []

    async def start(path, domain):
        port = free_port()
        url = f"https://localhost:{port}{path}"
        sources = {"hot": {"url": feeds.url("/hot.xml")}}
        bot.configure(sources, {"news": (sandbox, "")}, admin={"url": url})
        client = await serve(bot)
        make = {"nginx": nginx, "caddyfile": caddy}[request.param]
        block = BLOCKS[request.param, domain]
        command = make(tmp_path, block, domain, port, client.address, certificate)
        process = started(command, tmp_path)
        processes.append(process)
        await accepts(port, process, tmp_path / "proxy.log")
        return Behind(client, url, ssl.create_default_context(cafile=certificate[0]))

    yield start
    for process in processes:
        kill(process)


def started(command, folder):
    with (folder / "proxy.log").open("wb") as log:
        return subprocess.Popen(
            list(map(str, command)), stdout=log, stderr=log, env={"HOME": str(folder)}
        )


async def accepts(port, process, log):
    async with asyncio.timeout(MAX_WAIT):
        while True:
            assert process.poll() is None, log.read_text()
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


class Behind:
    """A browser before the proxy. It keeps cookies as browsers do, but for their prefixes."""

    def __init__(self, client, url, context):
        self.client = client
        self.url = url
        self.context = context
        self.cookies = {}

    async def ask(self, method, address, **options):
        parts = urlsplit(address)
        sent = {
            name: value
            for name, (value, path) in self.cookies.items()
            if parts.path.startswith(path)
        }
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in sent.items())}
        if method == "POST":
            headers |= {
                "Origin": f"{parts.scheme}://{parts.netloc}",
                "Sec-Fetch-Site": "same-origin",
            }
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            options |= {"headers": headers, "ssl": self.context, "allow_redirects": False}
            answer = await session.request(method, address, **options)
            text = await answer.text()
        for line in answer.headers.getall("Set-Cookie", []):
            pair, *attributes = line.split("; ")
            assert {"Secure", "HttpOnly", "SameSite=Strict"} <= set(attributes), line
            name, _, value = pair.partition("=")
            (path,) = (each[5:] for each in attributes if each.startswith("Path="))
            self.cookies[name] = value, path
        if answer.status == 303:
            target = answer.headers["Location"]
            assert re.match(r"/(?!/)", target)
            return await self.ask("GET", f"{parts.scheme}://{parts.netloc}{target}")
        return answer.status, address, text

    @contextlib.asynccontextmanager
    async def events(self):
        """The lines of the server-sent events."""
        self.client.site.streams.interval = 0.01
        cookie = "; ".join(f"{name}={value}" for name, (value, _) in self.cookies.items())
        async with aiohttp.ClientSession() as session:
            answer = await session.get(
                f"{self.url}events", headers={"Cookie": cookie}, ssl=self.context
            )
            assert answer.content_type == "text/event-stream"
            async with asyncio.timeout(MAX_WAIT):
                yield aiter(answer.content)
            answer.close()

    async def submit(self, text, action, fields):
        """Send the form of a page that leads to this address."""
        token = re.search(r'name="csrf" value="([^"]+)"', text)[1]
        assert f'action="{urlsplit(action).path}"' in text
        return await self.ask("POST", action, data={"csrf": token, **fields})


@pytest.mark.parametrize(
    ("path", "domain"), [("/", "bots.example"), ("/bots/", "example.org")], ids=["root", "path"]
)
async def test_an_admin_works_behind_a_proxy(proxied, path, domain):
    browser = await proxied(path, domain)
    url = browser.url
    origin = url.removesuffix(path)
    status, address, text = await browser.ask("GET", f"{url}queue")
    assert (status, address) == (200, f"{url}login?next=/queue")
    # what the page loads is there too
    loaded = re.findall(r'(?:src|href)="([^"#]*/static/[^"]+)"', text)
    assert len(loaded) >= 3
    for target in loaded:
        assert target.startswith(path)
        assert (await browser.ask("GET", origin + target))[0] == 200
    fields = {"name": "admin", "password": PASSWORD, "next": "/queue"}
    status, address, text = await browser.submit(text, f"{url}login", fields)
    assert (status, address) == (200, f"{url}queue")
    prefix = "__Host-" if path == "/" else "__Secure-"
    assert browser.cookies[f"{prefix}reblogbot_session"][1] == path
    for target in re.findall(r'(?:href|action)="(/[^"]*)"', text):
        assert target.startswith(path), target
    # something is changed
    status, address, text = await browser.submit(
        text, f"{url}language", {"language": "zh", "next": "/queue"}
    )
    assert (status, address) == (200, f"{url}queue")
    assert 'lang="zh-Hans"' in text
    # news come at once, and the end of the session too
    async with browser.events() as lines:
        assert b"event: store\n" in [await anext(lines) for _ in range(4)]
        status, address, text = await browser.submit(text, f"{url}logout", {})
        assert (status, address) == (200, f"{url}login")
        assert b"event: end\n" in [line async for line in lines]
    assert (await browser.ask("GET", f"{url}queue"))[1].startswith(f"{url}login")
    # without the slash, and what is not for everybody
    if path != "/":
        assert (await browser.ask("GET", f"{origin}/bots"))[0] in (200, 301, 302)
        assert "another site" in (await browser.ask("GET", f"{origin}/queue"))[2]
    assert "reblogbot_" not in (await browser.ask("GET", f"{origin}/metrics"))[2]


async def test_a_proxy_says_whom_it_speaks_for(proxied, caplog):
    """A browser that claims to be another is delayed all the same."""
    browser = await proxied("/", "bots.example")
    _, _, text = await browser.ask("GET", f"{browser.url}login")
    token = re.search(r'name="csrf" value="([^"]+)"', text)[1]
    cookie = "; ".join(f"{name}={value}" for name, (value, _) in browser.cookies.items())
    headers = {"Cookie": cookie, "X-Forwarded-For": "203.0.113.7"}
    fields = {"csrf": token, "name": "admin", "password": "wrong password"}
    connector = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0), ssl=browser.context)
    async with aiohttp.ClientSession(connector=connector) as session:
        answer = await session.post(f"{browser.url}login", data=fields, headers=headers)
        assert answer.status == 403
    (record,) = [record for record in caplog.records if "wrong password" in record.message]
    assert record.address == "127.0.0.2"
