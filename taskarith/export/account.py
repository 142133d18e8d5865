"""Who may write to the Hub, and where: a token and what the Hub says about it.

A token is held in memory only: never written, shown, logged, or put into an address. Knows names of
repositories; nothing of what is in them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from taskarith.errors import ExportError, TaskArithError
from taskarith.sources.hub import huggingface_hub

__all__ = ["Account", "PassingError", "Repository"]

LOG_IN = (
    "log in with `hf auth login`, or set HF_TOKEN to a token that may write "
    "(https://huggingface.co/settings/tokens)"
)
MAX_WORDS = 300  # characters of what a server says that are passed on


class PassingError(ExportError):
    """Trouble of the network or the Hub that may be over at the next try."""


@dataclass(frozen=True)
class Repository:
    """A repository that is there: the commit it is at, its files, and whether it is private."""

    commit: str
    files: tuple[str, ...]
    private: bool

    @property
    def contents(self) -> tuple[str, ...]:
        """The files without the one that every new repository has, sorted."""
        return tuple(sorted(set(self.files) - {".gitattributes"}))


class Account:
    """A login at the Hub.

    `token` is that of a visitor who logged in on the page; without one it is the login of whoever
    runs this program. `log_in` says what to do where the token is no good.
    """

    def __init__(self, token: str | None = None, *, log_in: str = LOG_IN) -> None:
        hub = huggingface_hub()
        found = token or hub.get_token()
        if not found:
            raise ExportError(f"you are not logged in at the Hub: {log_in}")
        self._log_in = log_in
        self._token: str = found
        # Its own object, so that no other account's token is ever used in its place.
        self.api: Any = hub.HfApi(token=found)

    def __repr__(self) -> str:
        return "Account(…)"

    def names(self) -> tuple[str, ...]:
        """The user's name, then the organizations it may write to."""
        told = self.ask("your login", self.api.whoami)
        role = (told.get("auth") or {}).get("accessToken", {}).get("role")
        if role == "read":
            raise ExportError(f"your token may only read; {self._log_in}")
        readers = ("read", "no_access")
        organizations = [
            org["name"] for org in told.get("orgs", []) if org.get("roleInOrg") not in readers
        ]
        return (told["name"], *organizations)

    def writer_of(self, name: str) -> str:
        """The user, who may write to `name`; ExportError where it may not."""
        owner = name.partition("/")[0]
        names = self.names()
        if owner not in names:
            raise ExportError(
                f"you ({names[0]}) have no write access to {owner}; publish under "
                f"{' or '.join(names)}, or ask {owner} to let you in"
            )
        return names[0]

    def repository(self, name: str, *, kind: str = "model") -> Repository | None:
        """The repository `name` as it is now; None where there is none that may be seen.

        `kind` is what the Hub calls it: "model" or "space".
        """
        hub = huggingface_hub()

        def look() -> Any:
            try:
                return self.api.repo_info(name, repo_type=kind)
            except hub.errors.RepositoryNotFoundError:
                return None

        info = self.ask(name, look)
        if info is None:
            return None
        files = tuple(sibling.rfilename for sibling in info.siblings or [])
        return Repository(info.sha, files, private=bool(info.private))

    def ask(self, what: str, action: Callable[[], Any]) -> Any:
        """The answer of `action`, which talks to the Hub about `what`; every refusal in words.

        Raises ExportError, or PassingError where trying again may help. The client's own error is
        let go of: it holds the request, and the request the token.
        """
        hub = huggingface_hub()
        try:
            return action()
        except TaskArithError as error:
            trouble: TaskArithError = error
        except hub.errors.HfHubHTTPError as error:
            trouble = self._refused(what, error)
        except ValueError as error:  # what the client itself does not send, as a broken card
            trouble = ExportError(f"{what}: {self._clean(str(error))}")
        except Exception as error:
            if isinstance(error.__cause__, hub.errors.HfHubHTTPError):
                trouble = self._refused(what, error.__cause__)
            else:
                said = self._clean(f"{type(error).__name__}: {error}")
                trouble = PassingError(
                    f"{what}: the Hub could not be reached ({said}). What was sent is kept there; "
                    "try again, and it goes on"
                )
        raise trouble

    def _refused(self, what: str, error: Any) -> ExportError:
        status = error.response.status_code
        said = self._clean(str(getattr(error, "server_message", None) or ""))
        kind = PassingError if status >= 500 else ExportError
        return kind(_refusal(what, status, said, log_in=self._log_in))

    def _clean(self, text: str) -> str:
        """Without the token, should a message ever hold it."""
        cleaned = text.replace(self._token, "***")
        return re.sub(r"hf_[A-Za-z0-9_]{8,}", "***", cleaned)[:MAX_WORDS]


def _refusal(what: str, status: int, said: str, *, log_in: str) -> str:
    told = f" It says: {said}" if said else ""
    meanings: dict[int, str] = {
        401: f"your token is not, or no longer, valid; {log_in}",
        403: "the Hub does not let you do this (no write access, or no room left)."
        f"{told} Check the owner's name, your token's rights and your storage",
        409: f"there is a repository of that name already.{told} Choose another name",
        412: "the repository was changed meanwhile; look at it and publish again",
        413: f"that is more than the Hub takes from you.{told} Make room there, or publish less",
        422: f"the Hub does not take this.{told}",
        429: "the Hub has had too many requests from here; try again later",
    }
    meaning = meanings.get(status)
    if meaning is None:
        trouble = "the Hub is in trouble" if status >= 500 else "the Hub answered"
        meaning = f"{trouble} ({status}).{told} Try again: what was sent is kept there"
    return f"{what}: {meaning}"
