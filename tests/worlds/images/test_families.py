"""Every family keeps the promises the rest of the project builds on."""

import numpy as np
import pytest

from taskarith.worlds.images import FAMILIES, Domain, Family

families = pytest.mark.parametrize("family", FAMILIES.values(), ids=list(FAMILIES))
looks = pytest.mark.parametrize(
    ("family", "domain"),
    [
        pytest.param(family, domain, id=f"{name}-{domain}")
        for name, family in FAMILIES.items()
        for domain in (("web", "task") if family.on_web else ("task",))
    ],
)


@looks
def test_a_picture_is_a_function_of_the_seed(family: Family, domain: Domain) -> None:
    last = len(family.classnames) - 1
    first = family.draw(np.random.default_rng(5), last, domain)
    again = family.draw(np.random.default_rng(5), last, domain)
    other = family.draw(np.random.default_rng(6), last, domain)
    assert first.shape == (64, 64, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@looks
def test_every_class_is_visible(family: Family, domain: Domain) -> None:
    rng = np.random.default_rng(0)
    for label in range(len(family.classnames)):
        assert family.draw(rng, label, domain).std() > 2, family.classnames[label]


@pytest.mark.parametrize("family", [f for f in FAMILIES.values() if f.on_web], ids=lambda f: f.name)
def test_captions_name_the_class_in_plain_words(family: Family) -> None:
    rng = np.random.default_rng(1)
    for label, name in enumerate(family.classnames):
        captions = {family.caption(rng, label) for _ in range(40)}
        assert len(captions) >= 5
        for caption in captions:
            words = caption.split()
            assert set(name.split()) <= set(words)
            assert len(words) <= 14
            assert caption.replace(" ", "").isalnum()
            assert caption == caption.lower()


@families
def test_names_and_templates_are_well_formed(family: Family) -> None:
    assert len(set(family.classnames)) == len(family.classnames) >= 8
    assert len(family.templates) >= 3
    assert all(template.count("{}") == 1 for template in family.templates)


def test_control_objects_appear_in_no_target() -> None:
    controls = ("objects", "everyday")
    nouns = {name.split()[-1] for name in FAMILIES["objects"].classnames}
    nouns |= {name.split()[0] for name in FAMILIES["everyday"].classnames}
    for name, family in FAMILIES.items():
        if name not in controls:
            assert not nouns & {word for c in family.classnames for word in c.split()}, name


def test_the_control_has_at_least_a_hundred_classes() -> None:
    assert len(FAMILIES["objects"].classnames) >= 100
