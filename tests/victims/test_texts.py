"""Every text a user sees is there in Indonesian."""

import re
from pathlib import Path

from services.victims import service
from shared.kit.i18n import Languages, message_ids

FOLDER = Path(service.__file__).parent
PLACES = re.compile(r"%\(\w+\)s")


def test_every_text_has_an_indonesian_translation_with_the_same_places() -> None:
    """Details and next steps of refusals and problems; what is filled in stands in both languages."""
    languages = Languages((FOLDER / "locale",))
    texts = {text for _, text in message_ids(FOLDER)}
    assert len(texts) > 40
    untranslated = sorted(text for text in texts if not languages.knows(text))
    assert untranslated == []
    for text in texts:
        assert set(PLACES.findall(text)) == set(PLACES.findall(languages.translate(text, "id"))), text
