"""What the loopback Hub does with what is sent to it: repositories, large files, commits.

Spoken as the Hub speaks it: create, preupload, LFS batch and PUT, one commit of many lines, and
settings. Who may write is told by tokens.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from tests.hub.server import Content, LoopbackHub

UPLOADS = re.compile(
    r"/api/(?P<kind>models|spaces)/(?P<name>[^/]+/[^/]+)/(?P<verb>preupload|commit|settings)"
    r"(?:/(?P<revision>[^/]+))?"
)
BATCH = re.compile(r"/(?:(?P<kind>spaces)/)?(?P<name>[^/]+/[^/]+)\.git/info/lfs/objects/batch")
PUT = re.compile(r"/blobs/(?P<oid>[0-9a-f]{64})")
MAX_YAML_ERROR = 200


class Refused(Exception):
    """An answer other than yes."""

    def __init__(
        self, status: int, error: str = "", code: str = "", *, body: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(error)
        self.status = status
        self.body = json.dumps(body or {}).encode()
        self.headers = {
            key: value
            for key, value in (("X-Error-Message", error), ("X-Error-Code", code))
            if value
        }


def answer_upload(
    hub: "LoopbackHub", method: str, path: str, body: bytes, *, token: str | None
) -> Any:
    """The JSON answer to a request that writes; None where it is none of those."""
    if path == "/api/whoami-v2":
        return _whoami(hub, token)
    if path == "/api/validate-yaml":
        return _validate(json.loads(body))
    if path == "/api/repos/create" and method == "POST":
        return _create(hub, json.loads(body), token)
    if match := UPLOADS.fullmatch(path):
        kind, name = match["kind"], match["name"]
        _check_writer(hub, kind, name, token)
        if match["verb"] == "preupload":
            return _preupload(json.loads(body))
        if match["verb"] == "settings":
            hub.private.discard(name) if _is_public(json.loads(body)) else hub.private.add(name)
            return {}
        return _commit(hub, kind, name, [json.loads(line) for line in body.splitlines()])
    if match := BATCH.fullmatch(path):
        _check_writer(hub, match["kind"] or "models", match["name"], token)
        return _batch(hub, json.loads(body))
    if method == "PUT" and (match := PUT.fullmatch(path)):
        hub.blobs[match["oid"]] = body
        hub.received += len(body)
        return {}
    return None


def _whoami(hub: "LoopbackHub", token: str | None) -> dict[str, Any]:
    user = _user(hub, token)
    return {
        "type": "user",
        "fullname": user.name.title(),
        "avatarUrl": "",
        "isPro": False,
        "name": user.name,
        "orgs": [{"name": org, "roleInOrg": "write"} for org in user.organizations],
        "auth": {"accessToken": {"displayName": "test", "role": user.role}},
    }


def _user(hub: "LoopbackHub", token: str | None) -> Any:
    if token not in hub.users:
        raise Refused(401, "Invalid username or password.")
    return hub.users[token]


def _check_writer(hub: "LoopbackHub", kind: str, name: str, token: str | None) -> None:
    user = _user(hub, token)
    if name.partition("/")[0] not in (user.name, *user.organizations) or user.role == "read":
        raise Refused(403, "Forbidden: pass `create_pr=1` to create a pull request")
    if (kind, name) not in hub.commits:
        raise Refused(404, "Repository not found", "RepoNotFound")


def _create(hub: "LoopbackHub", asked: Mapping[str, Any], token: str | None) -> dict[str, Any]:
    user = _user(hub, token)
    owner = asked.get("organization") or user.name
    name = f"{owner}/{asked['name']}"
    if owner not in (user.name, *user.organizations) or user.role == "read":
        raise Refused(403, f"You don't have the rights to create a model under {owner}")
    kind = f"{asked.get('type') or 'model'}s"
    if (kind, name) in hub.commits:
        there = {"url": f"{hub.url}/{name}"}
        raise Refused(409, "You already created this model repo", body=there)
    if kind == "spaces" and asked.get("sdk") != "static":
        raise Refused(402, "Spaces that compute cost something here")
    hub.add(name, {".gitattributes": b"*.safetensors filter=lfs\n"}, kind=kind)
    if not _is_public(asked):
        hub.private.add(name)
    return {"url": f"{hub.url}/{name}"}


def _is_public(asked: Mapping[str, Any]) -> bool:
    return asked.get("visibility") == "public" or asked.get("private") is False


def _preupload(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "files": [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(".safetensors") else "regular",
                "shouldIgnore": False,
            }
            for file in asked["files"]
        ]
    }


def _batch(hub: "LoopbackHub", asked: Mapping[str, Any]) -> dict[str, Any]:
    if hub.quota is not None and sum(item["size"] for item in asked["objects"]) > hub.quota:
        raise Refused(403, "Private repository storage limit reached")
    objects = []
    for item in asked["objects"]:
        found = {"oid": item["oid"], "size": item["size"]}
        if item["oid"] not in hub.blobs:
            place = f"{hub.large_url}/blobs/{item['oid']}"
            found["actions"] = {"upload": {"href": place, "header": {}}}
        objects.append(found)
    return {"transfer": "basic", "objects": objects}


def _commit(
    hub: "LoopbackHub", kind: str, name: str, lines: list[dict[str, Any]]
) -> dict[str, Any]:
    head = hub.find(kind, name, "main")
    assert head is not None
    parent = lines[0]["value"].get("parentCommit")
    if parent is not None and parent != head.sha:
        raise Refused(412, "A commit has happened since. Please refresh and try again.")
    files: dict[str, Content] = dict(head.files)
    for line in lines[1:]:
        value = line["value"]
        if line["key"] == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        elif value["oid"] in hub.blobs:
            files[value["path"]] = hub.blobs[value["oid"]]
        else:
            raise Refused(400, f"Your push was rejected: {value['path']} was not uploaded")
    sha = hub.add(name, files, kind=kind, card=_card(files.get("README.md")))
    return {"commitUrl": f"{hub.url}/{name}/commit/{sha}", "commitOid": sha}


def _card(text: Any) -> Any:
    parts = text.decode().split("---\n") if isinstance(text, bytes) else []
    return yaml.safe_load(parts[1]) if len(parts) > 2 else None


def _validate(asked: Mapping[str, Any]) -> dict[str, Any]:
    parts = str(asked["content"]).split("---\n")
    try:
        yaml.safe_load(parts[1] if len(parts) > 2 else "")
    except yaml.YAMLError as error:
        raise Refused(400, str(error).replace("\n", " ")[:MAX_YAML_ERROR]) from error
    return {"errors": [], "warnings": []}
