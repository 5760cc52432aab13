from rig import *
def test_x(bot, feeds, sandbox, clock):
    bot.configure({"hot": {"url": feeds.show("/hot.xml", items(clock, "c","b","a"))}}, {"news": (sandbox, "")})
    t=time.time()
    r=bot.sync(); print(time.time()-t)
    print(r.as_json()); print(posted(sandbox))
    for _ in range(5):
        t=time.time()
        r=bot.sync(); print(time.time()-t)
    print(r.counts())
