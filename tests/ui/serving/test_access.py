"""For whom a server is, and under which names it may be called."""

import pytest

from taskarith.errors import TaskArithError
from taskarith.ui.serving.access import ACCESS, ALLOW_HOST, Access, said_access

OWNER, SAID, PUBLIC = Access(), Access(said=True, hosts=frozenset({"box"})), Access(public=True)


@pytest.mark.parametrize(
    ("host", "environment", "public"),
    [
        ("127.0.0.1", {}, False),
        ("localhost", {}, False),
        ("::1", {}, False),
        ("127.0.0.1", {"SPACE_ID": "me/demo"}, True),
        ("127.0.0.1", {"GRADIO_ROOT_PATH": "/demo"}, True),
        ("0.0.0.0", {}, True),
        ("192.168.0.7", {}, True),
        ("127.0.0.1", {ACCESS: "public"}, True),
        ("0.0.0.0", {ACCESS: "owner"}, False),
        ("0.0.0.0", {ACCESS: " Owner "}, False),
    ],
)
def test_only_who_is_reached_directly_on_this_machine_is_the_owner_unasked(
    host: str, environment: dict[str, str], public: bool
) -> None:
    access = said_access(public=None, host=host, environment=environment)
    assert access.public is public
    assert access.said is (ACCESS in environment)


@pytest.mark.parametrize("public", [True, False])
def test_the_command_line_has_the_last_word(public: bool) -> None:
    environment = {ACCESS: "owner" if public else "public", "SPACE_ID": "me/demo"}
    access = said_access(public=public, host="0.0.0.0", environment=environment)
    assert (access.public, access.said) == (public, True)


def test_nonsense_is_no_answer() -> None:
    with pytest.raises(TaskArithError, match="TASKARITH_ACCESS is 'everybody'; say owner or"):
        said_access(public=None, host="127.0.0.1", environment={ACCESS: "everybody"})


def test_names_come_from_everywhere_and_from_the_address_that_was_chosen() -> None:
    environment = {ALLOW_HOST: "Box.local, other:7860,,"}
    access = said_access(public=False, host="10.0.0.7", hosts=["MINE"], environment=environment)
    assert access.hosts == {"box.local", "other", "mine", "10.0.0.7"}
    assert said_access(public=False, host="0.0.0.0", environment={}).hosts == frozenset()


def refused(access: Access, *pairs: tuple[str, str]) -> bool:
    headers: dict[str, list[str]] = {}
    for name, value in pairs:
        headers.setdefault(name, []).append(value)
    return access.refusal(headers) is not None


@pytest.mark.parametrize(
    "host", ["localhost:7860", "127.0.0.1", "127.5.5.5:1", "[::1]:7860", "LOCALHOST."]
)
def test_the_owner_comes_under_this_machines_names(host: str) -> None:
    assert not refused(OWNER, ("host", host))


@pytest.mark.parametrize(
    "host", ["evil.test", "127.0.0.1.evil.test", "0.0.0.0:7860", "", "localhost.evil.test", "box"]
)
def test_and_under_no_other_than_are_allowed(host: str) -> None:
    assert refused(OWNER, ("host", host))
    assert refused(SAID, ("host", host)) is (host != "box")
    assert not refused(PUBLIC, ("host", host))


def test_two_names_at_once_are_none() -> None:
    assert refused(OWNER, ("host", "localhost"), ("host", "evil.test"))
    assert refused(OWNER)


@pytest.mark.parametrize(
    "name", ["X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via", "X-Forwarded-Host"]
)
def test_behind_a_proxy_nobody_is_the_owner_unless_it_was_said(name: str) -> None:
    came = (("host", "localhost"), (name.lower(), "203.0.113.9"))
    assert refused(OWNER, *came)
    assert not refused(SAID, *came)
    assert not refused(PUBLIC, *came)


@pytest.mark.parametrize("access", [OWNER, SAID, PUBLIC])
@pytest.mark.parametrize(
    ("origin", "fine"),
    [
        ("http://localhost:7860", True),
        ("https://localhost:7860", True),
        ("http://LOCALHOST:7860", True),
        ("http://localhost:7861", False),
        ("https://evil.test", False),
        ("https://localhost:7860.evil.test", False),
        ("null", False),
        ("", False),
        ("http://", False),
    ],
)
def test_a_call_comes_from_the_servers_own_page(access: Access, origin: str, fine: bool) -> None:
    assert refused(access, ("host", "localhost:7860"), ("origin", origin)) is not fine


def test_a_proxy_may_have_another_name_where_there_may_be_one() -> None:
    came = (
        ("host", "localhost:7860"),
        ("x-forwarded-host", "demo.example, inner"),
        ("origin", "https://demo.example"),
    )
    assert not refused(PUBLIC, *came)
    assert not refused(SAID, *came)
    assert refused(OWNER, *came)
    assert refused(PUBLIC, came[0], came[2])
