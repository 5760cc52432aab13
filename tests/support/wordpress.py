"""A real WordPress on loopback: Debian's packages, with a MariaDB of its own behind a socket."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from harness import wait_until

PACKAGES = "wordpress php-cli php-mysql php-xml php-gd mariadb-server-core mariadb-client-core"
SOURCE = Path("/usr/share/wordpress")
PROGRAMS = ("php", "mariadbd", "mariadb-install-db", "setpriv")
EXTENSIONS = ("mysqli", "gd", "simplexml")
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_CONFIG = """<?php
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:{socket}');
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
define('WP_HOME', '{url}');
define('WP_SITEURL', '{url}');
// over http, application passwords are for local environments alone
define('WP_ENVIRONMENT_TYPE', 'local');
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('DISABLE_WP_CRON', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_DEBUG', true);
define('WP_DEBUG_DISPLAY', false);
define('WP_DEBUG_LOG', '{log}');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {{
    define($name . '_KEY', '{salt}');
    define($name . '_SALT', '{salt}');
}}
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {{ define('ABSPATH', __DIR__ . '/'); }}
require_once ABSPATH . 'wp-settings.php';
"""
_INSTALL = """
define('WP_INSTALLING', true);
require 'wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('A blog', 'admin', 'admin@blog.example', true, '', 'only-for-tests');
update_option('permalink_structure', '/%postname%/');
switch_theme('plain');
"""
# Debian has the themes in packages of their own
_THEME = """<!DOCTYPE html><html><head><?php wp_head(); ?></head><body>
<?php while (have_posts()) { the_post(); ?>
<h1><?php the_title(); ?></h1><div class="entry-content"><?php the_content(); ?></div>
<?php } wp_footer(); ?></body></html>
"""
_ADD_USER = """
$id = wp_insert_user(['user_login' => $input['name'], 'user_pass' => 'only-for-tests',
    'user_email' => $input['name'] . '@blog.example', 'role' => $input['role']]);
[$password, $item] = WP_Application_Passwords::create_new_application_password(
    $id, ['name' => 'reblogbot']);
$output = ['id' => $id, 'password' => WP_Application_Passwords::chunk_password($password)];
"""


@dataclass(frozen=True)
class BlogUser:
    """A user of the blog; the password is an application password as WordPress shows it."""

    name: str
    password: str
    id: int


class WordPress:
    """A running blog; `url` is its address."""

    def __init__(self, url: str, folder: Path, run: dict[str, Any]) -> None:
        self.url = url
        self.folder = folder
        self._run = run
        self._admin: BlogUser | None = None

    def add_user(self, role: str = "editor") -> BlogUser:
        """Add a user with an application password."""
        name = f"bot-{secrets.token_hex(4)}"
        output = self.php(_ADD_USER, name=name, role=role)
        return BlogUser(name, output["password"], output["id"])

    def php(self, code: str, **values: Any) -> Any:
        """Run PHP within WordPress; `$input` holds the values, `$output` is returned."""
        prelude = "require 'wp-load.php'; $input = json_decode(stream_get_contents(STDIN), true);"
        return json.loads(self._php(f"{prelude} $output = null; {code}; {_PRINT}", values))

    def api(self, method: str, path: str, **options: Any) -> Any:
        """What the REST API answers to an administrator; `path` is below `wp/v2/`."""
        if self._admin is None:
            self._admin = self.add_user("administrator")
        answer = requests.request(
            method,
            f"{self.url}/wp-json/wp/v2/{path}",
            auth=(self._admin.name, self._admin.password),
            timeout=60,
            **options,
        )
        return answer.json()

    def posts(self, **query: Any) -> list[dict[str, Any]]:
        """The posts of any status but the trash, as an editor sees them."""
        defaults = {"status": "any", "context": "edit", "per_page": 100}
        return self.api("GET", "posts", params={**defaults, **query})

    def page(self, address: str) -> str:
        """The page at an address, as a visitor sees it."""
        return requests.get(address, timeout=60).text

    def _php(self, code: str, values: Any = None) -> str:
        result = subprocess.run(
            ["php", "-d", "display_errors=stderr", "-r", code],
            input=json.dumps(values or {}),
            cwd=self.folder / "wp",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            **{key: value for key, value in self._run.items() if key != "cwd"},
        )
        assert result.returncode == 0, result.stderr[-2000:]
        # WordPress may print notices before
        return result.stdout.rpartition("\n")[2]


_PRINT = r'echo "\n" . json_encode($output);'


@contextmanager
def running_wordpress() -> Iterator[WordPress]:
    """A fresh blog for as long as the `with` lasts.

    Skips where the packages are missing, and says what is not tested then; REQUIRE_WORDPRESS in
    the environment makes it fail instead.
    """
    missing = [name for name in PROGRAMS if shutil.which(name, path=_PATH) is None]
    if not (SOURCE / "wp-settings.php").exists():
        missing.append("wordpress")
    if "php" not in missing:
        loaded = subprocess.run(["php", "-m"], capture_output=True, text=True, check=True).stdout
        missing += [name for name in EXTENSIONS if name not in loaded.lower().split()]
    if missing:
        _unavailable(", ".join(missing))
    with tempfile.TemporaryDirectory(prefix="reblogbot-wp-") as name:
        folder = Path(name)
        run = _user(folder)
        with _database(folder, run) as socket_file, _php_server(folder, socket_file, run) as blog:
            yield blog


def _unavailable(missing: str) -> None:
    reason = f"{missing}: not installed; on Debian: apt-get install {PACKAGES}"
    if os.environ.get("REQUIRE_WORDPRESS"):
        pytest.fail(reason)
    pytest.skip(f"NOT TESTED ON WORDPRESS: {reason}")


def _user(folder: Path) -> dict[str, Any]:
    """The options of subprocesses: never as root, which MariaDB refuses, and with a plain PATH."""
    run: dict[str, Any] = {"env": {**os.environ, "PATH": _PATH, "HOME": str(folder)}, "cwd": "/"}
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
        run |= {"user": "nobody", "group": "nogroup", "extra_groups": []}
    return run


def _guarded(*command: object) -> list[str]:
    """The command, which ends with this process even if that is killed."""
    return ["setpriv", "--pdeathsig", "KILL", *map(str, command)]


@contextmanager
def _database(folder: Path, run: dict[str, Any]) -> Iterator[Path]:
    """The socket of a MariaDB server with an empty database `wordpress`."""
    data, socket_file = folder / "db", folder / "s"
    quiet = {**run, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    install = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db"]
    # the default asks who the user of the socket is, which is nobody here
    install += ["--auth-root-authentication-method=normal"]
    subprocess.run(install, check=True, timeout=120, **quiet)
    # nothing has to survive a power cut
    fast = ["--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=0"]
    fast += ["--innodb-flush-method=nosync", "--innodb-buffer-pool-size=32M"]
    where = [f"--datadir={data}", f"--socket={socket_file}", "--skip-networking"]
    init = folder / "init.sql"
    init.write_text("CREATE DATABASE IF NOT EXISTS wordpress CHARACTER SET utf8mb4;\n")
    init.chmod(0o644)
    server = subprocess.Popen(
        _guarded("mariadbd", "--no-defaults", *where, *fast, f"--init-file={init}"), **quiet
    )
    try:
        wait_until(lambda: socket_file.exists() or server.poll() is not None, "MariaDB")
        assert server.poll() is None, "MariaDB ended at once"
        yield socket_file
    finally:
        server.kill()
        server.wait(timeout=60)


@contextmanager
def _php_server(folder: Path, socket_file: Path, run: dict[str, Any]) -> Iterator[WordPress]:
    """The installed blog, served by PHP's own web server."""
    files = folder / "wp"
    subprocess.run(["cp", "-aL", SOURCE, files], check=True, timeout=120)
    # of Debian: it reads the configuration of the system
    (files / "wp-config.php").unlink(missing_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    salt = secrets.token_hex(16)
    log = folder / "debug.log"
    config = _CONFIG.format(socket=socket_file, url=url, log=log, salt=salt)
    (files / "wp-config.php").write_text(config, encoding="utf-8")
    uploads = files / "wp-content" / "uploads"
    uploads.mkdir(exist_ok=True)
    if "user" in run:
        shutil.chown(uploads, "nobody", "nogroup")
    theme = files / "wp-content" / "themes" / "plain"
    theme.mkdir(parents=True, exist_ok=True)
    (theme / "style.css").write_text("/* Theme Name: Plain */\n", encoding="utf-8")
    (theme / "index.php").write_text(_THEME, encoding="utf-8")
    blog = WordPress(url, folder, run)
    blog._php(_INSTALL)
    options = {**run, "cwd": files, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    # one process: workers of PHP outlive the process that started them
    options["env"] = {k: v for k, v in run["env"].items() if k != "PHP_CLI_SERVER_WORKERS"}
    settings = ["-d", "opcache.enable_cli=1", "-d", "upload_max_filesize=10M"]
    settings += ["-d", "post_max_size=16M", "-d", "display_errors=0"]
    server = subprocess.Popen(_guarded("php", *settings, "-S", f"127.0.0.1:{port}"), **options)
    try:
        wait_until(lambda: server.poll() is not None or _answers(port), "WordPress")
        assert server.poll() is None, "PHP ended at once"
        yield blog
    finally:
        server.kill()
        server.wait(timeout=60)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
