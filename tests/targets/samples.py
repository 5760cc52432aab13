"""Posts, statuses and search answers that the target's tests share."""

from reblogbot.model import Post
from scripted_server import says

LINK = "https://paper.example/a?id=3&section=9"
POST = Post("post", text=f"Title\n{LINK}", link=LINK, visibility="unlisted", language="en")
URI = "https://far.example/users/ann/statuses/9"
BOOST = Post("boost", uri=URI, visibility="unlisted", text=f"Ann wrote\n{URI}", link=URI)
STATUSES = "/api/v1/statuses"
SEARCH = "/api/v2/search"
MINE = "/api/v1/accounts/7/statuses"


def status(id_="1", **more):
    base = f"http://x/@news/{id_}"
    return {"id": id_, "uri": base, "url": base, "visibility": "public", "reblogged": False, **more}


def far(**more):
    return status("55", **{"uri": URI, "url": "https://far.example/@ann/9", **more})


def search_result(*statuses):
    return says(200, {"accounts": [], "statuses": list(statuses), "hashtags": []})
