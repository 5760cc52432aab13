"""Targets: where an account publishes. One package for each kind of server.

A target implements `ports.Target`, and `ports.Reader` too if sources may read through it. To add
one, write a package beside `mastodon` and choose it in `app.py` by the account's settings. It

* decides about an answer from the answer itself: what may have been posted must end as Doubtful,
  what certainly was not as one of the other errors of `reblogbot.errors`;
* sends the idempotency key wherever the server takes one;
* sends nothing after the lease has ended, which it checks before every write to the network;
* lists the account's own latest posts, so that a doubtful one can be looked for;
* keeps every call within `[delivery] timeout`, and the token out of every message.
"""
