import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from taskarith.errors import AssetError
from taskarith.heads import linear_probe
from taskarith.heads.linear_probe import LinearProbe


def clouds(seed: int, *, n: int = 90, apart: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    centres = np.random.default_rng(0).normal(size=(3, 6))
    return apart * centres[labels] + rng.normal(size=(n, 6)), labels.astype(np.int32)


def test_it_is_ridge_regression_of_one_hot_labels() -> None:
    x, labels = clouds(1)
    probe = LinearProbe(x, labels, classes=3)
    scale = (np.linalg.svd(x - x.mean(0), compute_uv=False) ** 2).mean()
    peer = Ridge(alpha=probe.penalty * scale).fit(x, np.eye(3)[labels])
    unseen, _ = clouds(2)
    assert (probe.predict(unseen) == peer.predict(unseen).argmax(1)).all()


def test_the_penalty_is_that_of_leaving_each_image_out(monkeypatch: pytest.MonkeyPatch) -> None:
    x, labels = clouds(3, n=30, apart=0.4)
    scale = (np.linalg.svd(x - x.mean(0), compute_uv=False) ** 2).mean()

    def left_out_share(penalty: float) -> float:
        right = 0
        for i in range(len(x)):
            others = np.arange(len(x)) != i
            peer = Ridge(alpha=penalty * scale).fit(x[others], np.eye(3)[labels[others]])
            right += peer.predict(x[i : i + 1]).argmax() == labels[i]
        return right / len(x)

    shares = {penalty: left_out_share(penalty) for penalty in linear_probe.PENALTIES}
    assert len(set(shares.values())) > 1
    assert shares[LinearProbe(x, labels, classes=3).penalty] == max(shares.values())


def test_clouds_apart_are_told_apart_and_noise_is_not() -> None:
    (x, labels), (unseen, truth) = clouds(4, apart=4.0), clouds(5, apart=4.0)
    assert (LinearProbe(x, labels, classes=3).predict(unseen) == truth).mean() > 0.95
    (x, labels), (unseen, truth) = clouds(6, apart=0.0), clouds(7, apart=0.0)
    assert (LinearProbe(x, labels, classes=3).predict(unseen) == truth).mean() < 0.55


def test_as_a_head_it_gives_the_same_answers() -> None:
    (x, labels), (unseen, _) = clouds(8), clouds(9)
    head = linear_probe.linear_probe(
        torch.from_numpy(x).float(), torch.from_numpy(labels).long(), classes=3
    )
    logits = head.logits(torch.from_numpy(unseen).float())
    assert logits.argmax(1).tolist() == LinearProbe(x, labels, classes=3).predict(unseen).tolist()
    with pytest.raises(AssetError, match="no training example of class 3"):
        linear_probe.linear_probe(
            torch.from_numpy(x).float(), torch.from_numpy(labels).long(), classes=4
        )
