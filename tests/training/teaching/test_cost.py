from taskarith.suites import Suite
from taskarith.training.teaching.cost import Speed, measured_speed
from taskarith.training.teaching.how import How


def test_more_work_is_said_to_take_longer() -> None:
    speed = Speed(picture=0.01, starting=0.1, parameters=1000, encoding=600)

    def seconds(how: How, learned: int = 12) -> float:
        return speed.seconds(how, learned=learned, validated=4)

    plain = seconds(How())
    assert seconds(How(steps=120)) > plain
    assert seconds(How(sharpness=0.05)) > plain > seconds(How(anchor=False))
    assert seconds(How(), learned=30) > plain
    assert seconds(How(), learned=32) == seconds(How(), learned=3000)  # a batch holds no more
    assert speed.memory(How(way="lora")) < speed.memory(How())


def test_a_base_is_measured(tiny_suite: Suite) -> None:
    speed = measured_speed(tiny_suite)
    assert 0 < speed.picture < 1
    assert 0 < speed.encoding < speed.parameters
