"""The limiter: every pace and quota that a server has, in one place, for one identity of a caller.

Who calls is an address (`network_of`): the one thing a visitor cannot make up. Behind a proxy or
in a classroom it is many people, and the numbers are made for that.
"""

import time
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network

from gradio.context import LocalContext

from taskarith.ui.serving.pace import Pace, Quota, Windows

__all__ = ["Limiter", "address", "network_of"]

GIB = 2**30
ENDLESS = 2**60  # bytes
HOUR = 3600.0


class Limiter:
    """How often and how much one address may ask, and all together.

    Args:
        public: whether there are visitors; the owner may upload what the disk holds.

    Attributes:
        calls: a hundred people make about a hundred calls a second, which is near all that two
            cores can answer.
        pages: loads of pages and their configuration.
        files: what pages load beside it, and streams that they open; about eighty a page.
        uploads: requests with files; a folder of pictures comes in a hundred of them.
        uploaded: bytes of files; Gradio removes them after an hour or two.
        windows: windows that are new.
        window_calls: calls of one window.
        talks: talks that are new.
        told: states of one talk.
    """

    def __init__(self, *, public: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        self.calls = Pace(every=1 / 150, burst=300, clock=clock)
        self.pages = Pace(every=1 / 20, burst=400, clock=clock)
        self.files = Pace(every=1 / 400, burst=20_000, clock=clock)
        self.uploads = Pace(every=1 / 2, burst=200, clock=clock)
        each, together = (4 * GIB, 16 * GIB) if public else (ENDLESS, ENDLESS)
        self.uploaded = Quota(each=each, together=together, seconds=HOUR, clock=clock)
        self.windows = Windows()
        self.window_calls = Pace(clock=clock)
        self.talks = Pace(every=20, burst=10, clock=clock)
        self.told = Pace(every=1 / 25, burst=25, clock=clock)


def network_of(host: str) -> str:
    """Who calls from an address. Of IPv6 its first half: the rest a visitor chooses freely.

    >>> network_of("192.0.2.7"), network_of("2001:db8:0:1:a:b:c:d")
    ('192.0.2.7', '2001:db8:0:1::/64')
    """
    try:
        return str(IPv6Network((IPv6Address(host), 64), strict=False))
    except ValueError:
        return host


def address() -> str:
    """Who makes the call that is being answered; "" outside of one. All that say nothing are one.

    Gradio keeps the request at hand for its handlers and for the threads they wait for.
    """
    request = LocalContext.request.get(None)
    client = None if request is None else request.client
    return "" if client is None else network_of(client.host)
