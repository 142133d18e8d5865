"""What is remembered of sessions is bounded, and who fills it pushes out their own."""

from taskarith.ui.serving.sessions import Sessions


def test_who_fills_it_pushes_out_their_own() -> None:
    sessions = Sessions[int](most=4)
    sessions.put("real", 0, address="school")
    for number in range(9):
        sessions.put(f"made up {number}", number, address="robot")
    assert list(sessions.all()) == ["real", "made up 6", "made up 7", "made up 8"]
    gone = sessions.put("real", 1, address="school")  # what is there takes no room
    assert (gone, sessions.get("real"), len(sessions)) == ({}, 1, 4)


def test_of_one_address_goes_what_was_asked_for_longest_ago() -> None:
    sessions = Sessions[str](most=2)
    sessions.put("a", "first")
    sessions.put("b", "second")
    assert sessions.get("a") == "first"
    assert sessions.put("c", "third") == {"b": "second"}
    assert (sessions.drop("a"), sessions.drop("a"), sessions.get("b")) == ("first", None, None)


def test_of_as_many_the_newcomer_s_own_goes_first() -> None:
    sessions = Sessions[int](most=2)
    sessions.put("school", 1, address="school")
    sessions.put("robot", 2, address="robot")
    assert sessions.put("another", 3, address="robot") == {"robot": 2}


def test_what_is_spared_goes_last() -> None:
    sessions = Sessions[bool](most=2, spare=bool)
    sessions.put("kept", True, address="robot")
    sessions.put("plain", False, address="school")
    assert sessions.put("one", True, address="robot") == {"plain": False}
    assert sessions.put("two", True, address="robot") == {"kept": True}  # for nothing else can
