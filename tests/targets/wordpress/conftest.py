"""A target for a blog, scripted or real."""

from datetime import timedelta

import pytest

from reblogbot.config.settings import AccountSettings
from reblogbot.targets.wordpress.target import WordPressTarget

PASSWORD = "abcdEFGHijklMNOPqrstUVWX"


@pytest.fixture
def make_blog(clock):
    def make(url, user="bot", password=PASSWORD, seconds=20.0, **keys):
        keys = {"status": "publish", **keys}
        account = AccountSettings(
            name="blog", kind="wordpress", server=url, user=user, token_env="T", **keys
        )
        password = password if callable(password) else password.replace(" ", "")
        return WordPressTarget(
            account,
            password if callable(password) else lambda: password,
            clock=clock,
            timeout=timedelta(seconds=seconds),
            user_agent="reblogbot/test",
        )

    return make
