"""Every error has a row, and the row decides its class."""

import re

import pytest

from genmedia_live.core.errors import PROBLEMS, ClientFault, GenmediaError, OurFault, UpstreamFault, error

CLASSES = {"client": ClientFault, "upstream": UpstreamFault, "ours": OurFault}


@pytest.mark.parametrize("code", PROBLEMS)
def test_a_row_reads_as_one_plain_sentence_under_a_plain_code(code: str) -> None:
    problem = PROBLEMS[code]
    assert problem.code == code
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)
    assert re.fullmatch(r"[A-Z].*\.", problem.message)
    assert (problem.ref, problem.retry_after_ms) == (None, None)


@pytest.mark.parametrize("code", PROBLEMS)
def test_an_error_is_of_the_class_that_its_row_names(code: str) -> None:
    made = error(code)
    assert type(made) is CLASSES[PROBLEMS[code].fault]
    assert made.code == code
    assert made.problem == PROBLEMS[code]
    assert str(made) == PROBLEMS[code].message


def test_a_sharper_sentence_a_reference_and_a_wait_go_along() -> None:
    made = error("too_large", "The text is 9000 characters; 8000 is the limit.", ref="t7", retry_after_ms=250)
    assert str(made) == made.problem.message == "The text is 9000 characters; 8000 is the limit."
    assert (made.problem.ref, made.problem.retry_after_ms) == ("t7", 250)
    assert (made.problem.fault, made.problem.retryable) == ("client", False)


def test_the_table_does_not_remember_what_an_error_added() -> None:
    error("quota", "Not this one.", ref=1, retry_after_ms=9)
    assert PROBLEMS["quota"].message != "Not this one."
    assert PROBLEMS["quota"].retry_after_ms is None


def test_an_empty_sentence_is_no_sentence() -> None:
    assert str(error("full", "")) == PROBLEMS["full"].message


@pytest.mark.parametrize("code", ["", "Quota", "no_such_code"])
def test_a_code_without_a_row_is_refused(code: str) -> None:
    with pytest.raises(KeyError):
        error(code)
    with pytest.raises(KeyError):
        GenmediaError(code)


@pytest.mark.parametrize(
    "code", ["token_expired", "token_invalid", "token_scope", "sign_in_needed", "project_denied", "model_damaged"]
)
def test_what_only_a_person_can_mend_is_not_tried_again(code: str) -> None:
    assert not PROBLEMS[code].retryable


@pytest.mark.parametrize("code", ["upstream_lost", "upstream_timeout", "upstream_unreachable", "quota", "handle_refused"])
def test_what_passes_is_tried_again(code: str) -> None:
    assert PROBLEMS[code].retryable
