"""The languages that Google documents for the Live API, to choose from. Nobody is held to them: a model may speak more."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {"en": "English"}

_SPOKEN: Mapping[str, str] = {
    "af": "Afrikaans",
    "am": "Amharic",
    "ar": "Arabic",
    "as": "Assamese",
    "az": "Azerbaijani",
    "be": "Belarusian",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "bs": "Bosnian",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "eu": "Basque",
    "fi": "Finnish",
    "fil": "Filipino",
    "fr": "French",
    "gl": "Galician",
    "gu": "Gujarati",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "hy": "Armenian",
    "id": "Indonesian",
    "is": "Icelandic",
    "it": "Italian",
    "ja": "Japanese",
    "ka": "Georgian",
    "kk": "Kazakh",
    "km": "Khmer",
    "kn": "Kannada",
    "ko": "Korean",
    "lo": "Lao",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "mk": "Macedonian",
    "ml": "Malayalam",
    "mn": "Mongolian",
    "mr": "Marathi",
    "ms": "Malay",
    "ne": "Nepali",
    "nl": "Dutch",
    "no": "Norwegian",
    "or": "Odia",
    "pa": "Punjabi",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sq": "Albanian",
    "sr": "Serbian",
    "sv": "Swedish",
    "sw": "Swahili",
    "ta": "Tamil",
    "te": "Telugu",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "uz": "Uzbek",
    "vi": "Vietnamese",
    "zh": "Chinese",
    "zu": "Zulu",
}
"""Those of the Developer API's guide of early 2026 (`he` for its `iw`). Later pages speak of 97 and 99, and name none."""

_REGIONAL: Mapping[str, str] = {
    "ar-EG": "Arabic (Egypt)",
    "en-IN": "English (India)",
    "en-US": "English (United States)",
    "es-US": "Spanish (United States)",
    "pt-BR": "Portuguese (Brazil)",
}
"""Those of Vertex AI's 24 (its page on language and voice) whose region says more than their language does."""

LIVE_LANGUAGES: Mapping[str, str] = dict(sorted({**_SPOKEN, **_REGIONAL}.items(), key=lambda item: item[1]))
"""BCP-47 tag -> English name, by name."""


def language_name(tag: str) -> str:
    """The English name of a language, or of its language without the region; the tag itself when it is not among them."""
    return LIVE_LANGUAGES.get(tag) or LIVE_LANGUAGES.get(tag.split("-")[0].lower()) or tag
