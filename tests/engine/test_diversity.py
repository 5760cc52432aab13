"""Filters that look at what an account published lately: similar titles, too much of one host."""

from harness import Item, accepted_posts, items


def feed_of(clock, *titled):
    return [
        Item(title, link, at=item.at)
        for (title, link), item in zip(
            titled, items(clock, *[str(n) for n in range(len(titled))]), strict=True
        )
    ]


def links(sandbox):
    return [text.splitlines()[-1] for text in accepted_posts(sandbox)]


def reasons(bot):
    with bot.store() as store:
        return store.history.refused(bot.clock.now().replace(year=2000))


def test_a_similar_title_from_another_source_is_filtered(bot, feeds, sandbox, clock):
    first = feeds.show(
        "/a.xml", feed_of(clock, ("天文台拍到一颗没人要的彗星", "https://a.example/1"))
    )
    other = feeds.show(
        "/b.xml",
        feed_of(
            clock,
            ("天文台拍到一颗没人要的彗星！", "https://b.example/1"),
            ("高铁静音车厢试行三个月", "https://b.example/2"),
        ),
    )
    close = {"filter": {"similar": 0.8}}
    bot.configure(
        {"a": {"url": first, **close}, "b": {"url": other, **close}}, {"news": (sandbox, "")}
    )
    bot.sync()
    assert links(sandbox) == ["https://a.example/1", "https://b.example/2"]
    assert reasons(bot) == {"similar": 1}


def test_similar_titles_pass_by_default(bot, feeds, sandbox, clock):
    url = feeds.show(
        "/a.xml",
        feed_of(
            clock,
            ("The same news", "https://a.example/1"),
            ("The same news", "https://b.example/2"),
        ),
    )
    bot.configure({"a": {"url": url}}, {"news": (sandbox, "")})
    bot.sync()
    assert len(accepted_posts(sandbox)) == 2


def test_no_more_than_so_many_a_day_from_one_host(bot, feeds, sandbox, clock):
    titled = [(f"News {n}", f"https://busy.example/{n}") for n in range(4)]
    url = feeds.show("/a.xml", feed_of(clock, *titled, ("Other", "https://calm.example/1")))
    bot.configure({"a": {"url": url, "filter": {"max_per_domain": 2}}}, {"news": (sandbox, "")})
    bot.sync()
    assert sorted(links(sandbox)) == [
        "https://busy.example/2",
        "https://busy.example/3",
        "https://calm.example/1",
    ]
    assert reasons(bot) == {"max_per_domain": 2}
    clock.advance(hours=25)
    feeds.show("/a.xml", feed_of(clock, ("News 9", "https://busy.example/9")))
    bot.sync()
    assert links(sandbox)[-1] == "https://busy.example/9"
