from taskarith.recipes.retrieval.facts import (
    ANSWERS,
    ASKED,
    KINDS,
    LEARNED,
    MOST_FACTS,
    changed,
    questions,
    world,
)
from taskarith.recipes.retrieval.protocol import closed_lessons, reader_lessons
from taskarith.worlds.texts import split_words, vocabulary


def test_a_question_has_one_answer_in_its_world() -> None:
    facts = world(0, MOST_FACTS)
    asked = questions(facts, range(MOST_FACTS), wordings=(*LEARNED, ASKED))
    assert len({one.question for one in asked}) == len(asked) == MOST_FACTS * len(KINDS) * 3
    assert {one.answer for one in asked} <= set(ANSWERS)


def test_all_words_are_known_to_the_models() -> None:
    facts = world(3, 200)
    said = [fact.passage for fact in facts]
    said += [one.question for one in questions(facts, range(200), wordings=(*LEARNED, ASKED))]
    assert set(split_words(" ".join([*said, *ANSWERS]))) <= set(vocabulary())


def test_changed_facts_have_other_places_and_the_same_questions() -> None:
    facts = world(0, 40)
    moved = changed(facts, range(1, 40, 2))
    for at, (one, two) in enumerate(zip(facts, moved, strict=True)):
        assert (one.place != two.place) == bool(at % 2)
        assert [one.question(kind, ASKED) for kind in KINDS] == [
            two.question(kind, ASKED) for kind in KINDS
        ]


def test_a_readers_lessons_hold_the_right_passage_and_no_wording_that_counts() -> None:
    alone, among = reader_lessons()
    assert len(alone) == len(among) == 4 * 200 * len(KINDS) * len(LEARNED)
    for one, other in zip(alone[:200], among[:200], strict=True):
        assert (len(one.text), len(other.text)) == (1, 3)
        assert one.text[0] == other.text[0]
        assert one.answer == other.answer
        assert one.answer in split_words(one.text[0])
    asked = {one.question for one in questions(world(0, 60), range(60), wordings=[ASKED])}
    learned = {lesson.text for lesson in closed_lessons(0, range(60), size=60)}
    assert len(learned) == 60 * len(KINDS) * len(LEARNED)
    assert not asked & learned
    assert not any(text.endswith(tuple(asked)) for lesson in among for text in lesson.text)
