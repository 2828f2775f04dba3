"""The page of symptoms: complete, in words, and what the table says."""

from __future__ import annotations

from pcapsleuth.detect import registry
from pcapsleuth.symptoms.facts import Fact
from pcapsleuth.symptoms.manual import WORDS, manual
from pcapsleuth.symptoms.table import TABLE
from tools import pages


def test_every_symptom_has_a_chapter() -> None:
    page = pages.SYMPTOMS.read_text(encoding="utf-8")

    assert page == pages.symptoms(), "run `make docs`"
    assert [entry.id for entry in TABLE] == [f"S{n}" for n in range(1, 15)]
    assert all(f"\n## {entry.id}: " in page for entry in TABLE)


def test_every_fact_has_words() -> None:
    assert set(WORDS) == set(Fact)


def test_the_table_names_labels_that_a_detector_says() -> None:
    named = {label.partition(":")[0] for entry in TABLE for way in entry.ways for label in way.labels}

    assert named <= set(registry.labels())


def test_labels_with_common_subjects_stand_together() -> None:
    text = manual(next(entry for entry in TABLE if entry.id == "S11"))

    assert "`header-changed` or `header-removed` of CONTENT-TYPE or CONTENT-TRANSFER-ENCODING or MIME-VERSION" in text
