"""For whom a server is: its owner alone, or visitors; and which requests are refused for that.

It is said (`--owner`, `--public`, $TASKARITH_ACCESS). Where nobody says it, only a server that is
reached directly, on this machine, is its owner's. Knows headers; not what is asked for.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from taskarith.errors import TaskArithError

__all__ = ["ACCESS", "ALLOW_HOST", "Access", "Headers", "said_access"]

ACCESS = "TASKARITH_ACCESS"
ALLOW_HOST = "TASKARITH_ALLOW_HOST"
SAID = {"owner": False, "public": True}  # whether that is a server for visitors

Headers = Mapping[str, Sequence[str]]  # by name in lower case, every value that was sent

# What proxies add. A browser cannot set them on its own in a call to another site.
FORWARDED = (
    "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via",
)  # fmt: skip

PROXY = (
    "This server was started for its owner, on this machine, and here a proxy passes somebody on. "
    "Whoever runs it: start it with --public for visitors, or with --owner and --allow-host NAME "
    "if you alone come this way."
)
HOST = (
    "This server was started for its owner and does not answer to the name {name!r}. If that is "
    "how you reach it, start it with --allow-host {name}; for visitors, with --public."
)
ORIGIN = (
    "A page of another site ({origin:.80}) may not call this server. If this is its own page, the "
    "proxy in front has to pass the name on (in nginx: proxy_set_header Host $host)."
)


@dataclass(frozen=True)
class Access:
    """Who may come, and under which names.

    Attributes:
        public: whether others than the owner of this machine may come.
        said: whether somebody said so; if not, nobody comes through a proxy.
        hosts: names, beside this machine's own, under which the owner may come; lower case.
    """

    public: bool = False
    said: bool = False
    hosts: frozenset[str] = frozenset()

    def refusal(self, headers: Headers) -> str | None:
        """Why a request with these headers is refused, in words; None where it is not.

        >>> owner = Access()
        >>> owner.refusal({"host": ["localhost:7860"]}) is None
        True
        >>> owner.refusal({"host": ["evil.test"]})[:41]
        'This server was started for its owner and'
        >>> Access(public=True).refusal({"host": ["evil.test"]}) is None
        True
        """
        named = headers.get("host", ())
        host = named[0] if len(named) == 1 else ""
        if not self.public:
            if not self.said and any(name in headers for name in FORWARDED):
                return PROXY
            name = _name(host)
            if not (_is_loopback(name) or name in self.hosts):
                return HOST.format(name=name[:80])
        ways = [host]
        if self.public or self.said:  # then there may be a proxy that has another name
            ways += [name.partition(",")[0] for name in headers.get("x-forwarded-host", ())]
        for origin in headers.get("origin", ()):
            place = _place(urlsplit(origin).netloc) if "://" in origin else ""
            if not place or place not in map(_place, ways):
                return ORIGIN.format(origin=origin)
        return None


def said_access(
    *,
    public: bool | None,
    host: str,
    hosts: Collection[str] = (),
    environment: Mapping[str, str],
) -> Access:
    """Who may come, as the command line says it, else the environment, else how it is reached.

    Args:
        public: what the command line says; None for nothing.
        host: the address the server listens on.
        hosts: names under which the owner may come.

    Raises:
        TaskArithError: the environment says something that is neither.

    >>> said_access(public=None, host="127.0.0.1", environment={}).public
    False
    >>> said_access(public=None, host="0.0.0.0", environment={}).public
    True
    >>> said_access(public=None, host="127.0.0.1", environment={"SPACE_ID": "me/demo"}).public
    True
    """
    word = environment.get(ACCESS, "").strip().lower()
    if word and word not in SAID:
        raise TaskArithError(f"{ACCESS} is {word[:40]!r}; say {' or '.join(SAID)}")
    if public is None and word:
        public = SAID[word]
    listed = [*hosts, *environment.get(ALLOW_HOST, "").split(",")]
    names = {_name(name.strip()) for name in listed if name.strip()}
    if public is not None:
        # Who listens on one address of this machine, and says that it is the owner's, means it.
        own = {_name(host)} - {"0.0.0.0", "::", ""}
        return Access(public, said=True, hosts=frozenset(names | own))
    behind = bool(environment.get("SPACE_ID") or environment.get("GRADIO_ROOT_PATH"))
    return Access(behind or not _is_loopback(_name(host)), hosts=frozenset(names))


def _name(host: str) -> str:
    """The name in a Host header, without its port; "" where there is none.

    >>> _name("Box.local:7860"), _name("[::1]:7860"), _name("::1")
    ('box.local', '::1', '::1')
    """
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    if host.count(":") > 1:
        return host.lower()
    return host.partition(":")[0].rstrip(".").lower()


def _place(netloc: str) -> str:
    """A name with its port, where that is not the usual one of its scheme."""
    text = netloc.strip().rpartition("@")[2].lower()
    return text.removesuffix(":80").removesuffix(":443")


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
