"""Images on their way from a source to a post.

Who decides what:

* `sources.feed.entry_media`: which of a feed entry's pictures show the entry;
* `media.page_images`: which pictures a web page names for itself (Open Graph, Twitter cards);
* `core.compose.images_of`: which media of an entry may be images, by their stated type;
* `media.fetch`: fetches the images of a post, and the pages that name images;
* `media.convert`: the real type of the bytes, and how they are made to fit the server's limits;
* `targets.mastodon.media`: uploads images and waits until the server has processed them.
"""
