"""A browser for `$BROWSER` that allows every app: it opens the consent page of the tests' server.

Run as `approving_browser.py ADDRESS`. It follows the redirect back to the app.
"""

import sys
import urllib.request
from urllib.parse import parse_qsl, urlencode, urlsplit


def approve(address: str, account: str = "news") -> str:
    """Allow the app as a user of the server; the text of the last page."""
    form = {**dict(parse_qsl(urlsplit(address).query)), "account": account, "decision": "allow"}
    # after the redirect the method is GET again
    with urllib.request.urlopen(address, urlencode(form).encode(), timeout=30) as response:
        return response.read().decode()


if __name__ == "__main__":
    approve(sys.argv[1])
