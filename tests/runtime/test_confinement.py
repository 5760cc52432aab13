"""The parser child as a boundary: the promises of SECURITY.md, tested from within the child."""

import ctypes
import json
import os
import platform
import resource
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pillow_heif
import pytest

import escapes
from reblogbot.errors import SourceError
from reblogbot.media.convert import convert, image_type
from reblogbot.media.page_text import read_page
from reblogbot.media.robots_txt import rules_for
from reblogbot.runtime import confinement
from reblogbot.runtime.parser_pool import ParserProcessPool
from reblogbot.sources.fediverse import statuses
from reblogbot.sources.feed.worker import read_feed
from reblogbot.sources.shared.response_body import ResponseBody
from sample_images import saved

pillow_heif.register_heif_opener()

MEMORY = 256 * 1024 * 1024
REFUSED = ("EACCES", "EPERM")


def landlock_version():
    libc = ctypes.CDLL(None)
    create_ruleset, get_version = 444, 1
    return libc.syscall(create_ruleset, None, ctypes.c_size_t(0), get_version)


def kernel_has_landlock():
    return landlock_version() >= 1


landlock = pytest.mark.skipif(not kernel_has_landlock(), reason="this kernel has no Landlock")
seccomp = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "aarch64"), reason="no filter for this machine"
)


@pytest.fixture
async def child():
    """Runs a function in the only child."""
    async with ParserProcessPool(workers=1, deadline=timedelta(seconds=30), memory=MEMORY) as pool:
        yield pool


@pytest.fixture
def token(tmp_path):
    path = tmp_path / "news.token"
    path.write_text("secret")
    return path


async def test_the_protections_a_child_names_are_those_of_this_kernel(child):
    protections = await child.protections()
    assert any(name.startswith("Landlock") for name in protections) == kernel_has_landlock()
    assert ("seccomp" in protections) == (platform.machine() in ("x86_64", "aarch64"))


# files


@landlock
async def test_it_reads_no_token(child, token):
    assert escapes.read_file(str(token)) == "done"
    assert await child(escapes.read_file, str(token)) == "EACCES"
    assert await child(escapes.list_folder, str(token.parent)) == "EACCES"


@landlock
async def test_it_reads_nothing_beside_the_config_even_if_python_was_started_there(
    token, monkeypatch
):
    monkeypatch.chdir(token.parent)
    monkeypatch.syspath_prepend(str(token.parent))
    async with ParserProcessPool(workers=1) as child:
        assert await child(escapes.read_file, str(token)) == "EACCES"


@landlock
@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/self/environ", "/root", "/home", "/run"])
async def test_it_reads_nothing_of_the_system(child, path):
    read = escapes.read_file if escapes.list_folder(path) == "ENOTDIR" else escapes.list_folder
    if read(path) != "done":
        pytest.skip(f"nobody here reads {path}")
    assert await child(read, path) == "EACCES"


@landlock
@pytest.mark.parametrize("name", ["environ", "mem", "maps", "cmdline", "fd/0"])
async def test_it_reads_nothing_of_its_parent(child, name):
    assert await child(escapes.read_file, f"/proc/{os.getpid()}/{name}") in ("EACCES", "ENOENT")


@landlock
async def test_it_changes_no_file(child, token):
    assert await child(escapes.write_file, str(token)) == "EACCES"
    assert await child(escapes.write_file, str(token.parent / "new")) == "EACCES"
    assert await child(escapes.append_to_file, str(token)) == "EACCES"
    assert await child(escapes.remove_file, str(token)) == "EACCES"
    assert await child(escapes.make_folder, str(token.parent / "folder")) == "EACCES"
    assert token.read_text() == "secret"


@seccomp
async def test_it_changes_nothing_about_a_file(child, token):
    before = token.stat()
    assert await child(escapes.change_mode, str(token)) == "EPERM"
    assert await child(escapes.change_times, str(token)) == "EPERM"
    assert await child(escapes.change_attribute, str(token)) == "EPERM"
    assert token.stat() == before


@landlock
async def test_it_does_not_change_the_code_it_may_read(child):
    code = Path(confinement.__file__)
    assert await child(escapes.read_file, str(code)) == "done"
    assert await child(escapes.append_to_file, str(code)) == "EACCES"
    assert await child(escapes.write_file, str(code.parent / "new.py")) == "EACCES"


async def test_it_writes_nothing_without_landlock_either(child):
    assert escapes.grow_memory_file() == "done"
    assert await child(escapes.grow_memory_file) == "EFBIG"


# the network


@landlock
async def test_it_connects_to_nothing_by_tcp(child):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert escapes.connect_tcp(port) == "done"
        assert await child(escapes.connect_tcp, port) in REFUSED


@seccomp
async def test_it_sends_nothing_by_udp(child):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        port = server.getsockname()[1]
        assert await child(escapes.send_udp, port) == "EPERM"
        with pytest.raises(BlockingIOError):
            server.recv(1)


@seccomp
async def test_it_connects_to_no_local_service(child, tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "bus"))
        server.listen()
        assert escapes.connect_unix(str(tmp_path / "bus")) == "done"
        assert await child(escapes.connect_unix, str(tmp_path / "bus")) == "EPERM"
        assert await child(escapes.talk_through_own_socket, str(tmp_path / "bus")) != "done"


# processes


@seccomp
async def test_it_starts_no_process_and_no_program(child):
    assert await child(escapes.fork) == "EPERM"
    assert await child(escapes.execute, sys.executable) in REFUSED
    assert await child(escapes.start_program, "/bin/true") in REFUSED


@landlock
async def test_it_executes_nothing_it_may_read(child):
    assert await child(escapes.execute, sys.executable) in REFUSED


async def test_it_may_start_threads_as_image_libraries_do(child):
    assert await child(escapes.start_thread) == "done"


@pytest.fixture
def sibling():
    """A process of the same user, like the parent."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


@seccomp
async def test_it_signals_no_other_process(child, sibling):
    assert await child(escapes.signal_process, sibling.pid) == "EPERM"
    assert await child(escapes.queue_signal, sibling.pid) == "EPERM"
    assert await child(escapes.signal_process, 0) == "EPERM"
    assert await child(escapes.signal_by_descriptor, sibling.pid) == "EPERM"
    assert sibling.poll() is None


@seccomp
async def test_it_neither_traces_nor_reads_nor_slows_another_process(child, sibling):
    assert await child(escapes.trace, sibling.pid) == "EPERM"
    assert await child(escapes.read_memory, sibling.pid, 4096) == "EPERM"
    assert await child(escapes.slow_process, sibling.pid) == "EPERM"
    before = resource.prlimit(sibling.pid, resource.RLIMIT_NOFILE)
    assert await child(escapes.limit_process, sibling.pid) == "EPERM"
    assert resource.prlimit(sibling.pid, resource.RLIMIT_NOFILE) == before


@seccomp
async def test_it_cannot_bypass_the_filter(child):
    assert await child(escapes.ring) == "EPERM"
    assert await child(escapes.leave_namespace) == "EPERM"
    if platform.machine() == "x86_64":
        assert await child(escapes.call_as_32_bit) == "EPERM"


ONE_LAYER = """
import json, sys
import escapes
from reblogbot.runtime import confinement
from reblogbot.errors import SourceError
libc = confinement._libc()
libc.prctl(confinement._PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
confinement._restrict_files(libc, sys.path)
pid, port, path = json.loads(sys.argv[1])
print(json.dumps({
    "signal": escapes.signal_process(pid),
    "trace": escapes.trace(pid),
    "tcp": escapes.connect_tcp(port),
    "abstract": escapes.connect_unix(path),
    "execute": escapes.execute(sys.executable),
}))
"""


@landlock
def test_landlock_alone_denies_processes_tcp_and_programs(sibling):
    name = f"\0reblogbot-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as bus:
        bus.bind(name)
        bus.listen()
        given = json.dumps([sibling.pid, server.getsockname()[1], name])
        tried = subprocess.run(
            [sys.executable, "-c", ONE_LAYER, given],
            env={"PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
    outcomes = json.loads(tried.stdout)
    if landlock_version() < 6:
        del outcomes["signal"], outcomes["abstract"]
    if landlock_version() < 4:
        del outcomes["tcp"]
    assert set(outcomes.values()) <= set(REFUSED)


# what the child has


async def test_its_environment_has_none_of_our_variables(child, monkeypatch):
    monkeypatch.setenv("NEWS_TOKEN", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy.example")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/reblogbot.service")
    assert set(await child(escapes.environment)) <= {"LC_CTYPE", "LD_LIBRARY_PATH"}


async def test_it_has_no_descriptors_but_its_pipes(child, token):
    with ExitStack() as stack:
        files = [stack.enter_context(token.open()) for _ in range(20)]
        os.set_inheritable(files[0].fileno(), False)
        assert len(await child(escapes.descriptors)) <= 4


async def test_it_opens_few_descriptors_and_cannot_raise_a_limit(child):
    assert await child(escapes.open_many) == "EMFILE"
    assert await child(escapes.raise_own_limit) != "done"
    assert await child(escapes.limits) == {
        "RLIMIT_CORE": [0, 0],
        "RLIMIT_FSIZE": [0, 0],
        "RLIMIT_NOFILE": [16, 16],
        "RLIMIT_AS": [MEMORY, MEMORY],
    }


async def test_it_has_no_capabilities_even_if_root_started_it(child):
    assert await child(escapes.capabilities) == [0] * 6


async def test_it_writes_no_core_dump(child):
    assert await child(escapes.is_dumpable) is False
    with pytest.raises(SourceError) as caught:
        await child(escapes.crash)
    assert caught.value.slug == "parser_died"
    assert await child(escapes.is_dumpable) is False


# what the child is used for


@pytest.mark.parametrize("name", ["PNG", "JPEG", "GIF", "WEBP", "AVIF", "HEIF"])
async def test_it_converts_images_with_libraries_that_it_loads_when_confined(name):
    async with ParserProcessPool(workers=1) as pool:
        converted, mime = await pool(convert, saved(name, (400, 200)), 10_000, 5_000)
    assert (mime, image_type(converted)) == ("image/jpeg", "image/jpeg")


async def test_it_can_read_time_zones_languages_and_media_types(child):
    feed = b"""<rss version="2.0"><channel><language>zh</language><item><title>t</title>
    <link>https://x.example/1</link><pubDate>Fri, 27 Nov 2026 12:00:00</pubDate></item></channel></rss>"""
    now = datetime(2026, 11, 27, 12, tzinfo=UTC)
    batch = await child(
        read_feed, ResponseBody(feed, "", "https://x.example/", "", "Asia/Shanghai", now)
    )
    assert batch.entries[0].published_at == datetime(2026, 11, 27, 4, tzinfo=UTC)
    assert await child(statuses.mime_type, "https://x.example/a.webp", "image") == "image/webp"
    page = b'<meta property="og:image" content="/a.png">'
    page += b"<p>%s</p>" % (b"It is a long sentence, and it is said here for the tenth time. " * 10)
    read = await child(read_page, page, "text/html", "https://x.example/", 1, 30_000)
    assert read.images[0].url == "https://x.example/a.png"
    assert read.text.startswith("It is a long sentence")
    robots = b"User-agent: *\nDisallow: /a"
    rules = await child(rules_for, robots, "https://x.example/a")
    assert rules.no_text == "disallowed by robots.txt"


# the program itself

HIDDEN = """
import sys
from reblogbot.runtime import confinement
from reblogbot.errors import SourceError
confinement.hide_memory()
print("ready", flush=True)
sys.stdin.read()
"""
SPY = """
import sys
for name in ("environ", "mem"):
    try:
        open(f"/proc/{sys.argv[1]}/{name}", "rb").read(1)
        print("done")
    except OSError as error:
        print(type(error).__name__)
"""


def unprivileged(*command):
    """The command for a process without capabilities, even if root runs the tests."""
    if os.geteuid() != 0:
        return command
    return ("setpriv", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", *command)


@pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root needs setpriv for it"
)
@pytest.mark.parametrize(("hides", "seen"), [(True, "PermissionError"), (False, "done")])
def test_a_hidden_program_shows_its_environment_to_no_process_of_its_user(hides, seen):
    code = HIDDEN if hides else HIDDEN.replace("confinement.hide_memory()", "")
    with subprocess.Popen(
        unprivileged(sys.executable, "-c", code),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout.readline() == "ready\n"
        spied = subprocess.run(
            unprivileged(sys.executable, "-c", SPY, str(program.pid)),
            capture_output=True,
            text=True,
            check=True,
        )
        assert spied.stdout.split()[0] == seen
        program.stdin.close()


# the filter's program


def run_filter(number, first=0, second=0, *, architecture=0xC000003E):
    """The result of the filter's program, run by a small interpreter."""
    program = list(confinement._program())
    data = {0: number, 4: architecture, 16: first, 24: second}
    at, value = 0, 0
    while True:
        code, yes, no, operand = program[at]
        at += 1
        match code:
            case 0x20:
                value = data[operand]
            case 0x15:
                at += yes if value == operand else no
            case 0x45:
                at += yes if value & operand else no
            case 0x35:
                at += yes if value >= operand else no
            case 0x06:
                return operand


def pretend(monkeypatch, machine):
    name = os.uname_result(("Linux", "here", "6", "1", machine))
    monkeypatch.setattr(os, "uname", lambda: name)


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_refuses_the_calls_on_its_list_and_no_others(monkeypatch, machine):
    pretend(monkeypatch, machine)
    architecture, column = confinement._MACHINES[machine]
    refused = {numbers[column] for numbers in confinement._REFUSED.values()}
    conditional = {confinement._CLONE[column], confinement._CLONE3[column]}
    conditional.add(confinement._PRLIMIT[column])
    for number in set(range(500)) - conditional:
        answer = run_filter(number, architecture=architecture)
        assert (answer == 0x50001) == (number in refused), number
        assert answer in (0x50001, 0x7FFF0000)
    assert run_filter(confinement._CLONE3[column], architecture=architecture) == 0x50026
    for number, allowed, denied in [
        (confinement._CLONE[column], 0x3D0F00, 0x1200011),
        (confinement._PRLIMIT[column], 0, 1234),
    ]:
        assert run_filter(number, allowed, architecture=architecture) == 0x7FFF0000
        assert run_filter(number, denied, architecture=architecture) == 0x50001
    for numbers, commands in confinement._REFUSED_COMMANDS:
        for command in [*range(64), *range(0x8900, 0x8910)]:
            answer = run_filter(numbers[column], 0, command, architecture=architecture)
            assert answer == (0x50001 if command in commands else 0x7FFF0000)


def test_the_filter_kills_calls_with_the_numbers_of_another_architecture(monkeypatch):
    pretend(monkeypatch, "x86_64")
    assert run_filter(39, architecture=0x40000003) == 0x80000000


def test_a_machine_with_other_call_numbers_gets_no_filter(monkeypatch):
    pretend(monkeypatch, "riscv64")
    with pytest.raises(OSError, match="riscv64"):
        list(confinement._program())
