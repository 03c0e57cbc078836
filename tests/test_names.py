"""Names that pretend to be others, by class of attack, and honest ones beside them. All made up for these tests, but for
the popular names they imitate and the honest neighbours."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from mlsupply.evidence.name_data import engine, reviewed
from mlsupply.evidence.popular import mistaken, popular
from mlsupply.ruleset.names import Likeness, NameEvidence, Names, Technique
from mlsupply.ruleset.names.edits import slips
from mlsupply.ruleset.names.forms import forms
from mlsupply.ruleset.names.wording import Wording
from mlsupply.text import canonical
from tests.bench.names_words import resembling
from tests.conftest import NOW

SUSPECT = {Likeness.LIKELY, Likeness.CERTAIN}


@pytest.fixture(scope="module")
def names() -> Names:
    return engine()


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("nupmy", "numpy"),  # two letters change places
        ("transfromers", "transformers"),
        ("tesnorboard", "tensorboard"),  # a letter two places off
        ("scippy", "scipy"),  # doubled
        ("pilow", "pillow"),  # undoubled
        ("tranformers", "transformers"),  # dropped
        ("matplotlob", "matplotlib"),  # the key beside
        ("anthropiv", "anthropic"),
        ("tensarflow", "tensorflow"),  # another vowel
        ("protobufs", "protobuf"),  # plural
        ("skikit-learn", "scikit-learn"),  # by ear
        ("pandaz", "pandas"),
        ("tensorphlow", "tensorflow"),
        ("huggingfacehubb", "huggingface-hub"),
        ("aiohtttp", "aiohttp"),  # a letter three times
        ("prometheus-clients", "prometheus-client"),
        ("prompts-toolkits", "prompt-toolkit"),  # an s behind each word
        ("jupyters-labs", "jupyterlab"),
        ("pyyttesst", "pytest"),  # letters doubled in two places
        ("scarpy", "scrapy"),  # typed by hand more often than downloads tell
        ("mediapype", "mediapipe"),
        ("ypthon-dateutl", "python-dateutil"),  # the first two letters change places, and one is dropped
    ],
)
def test_a_slip_of_the_finger_is_found_and_its_target_named(names: Names, name: str, target: str) -> None:
    verdict = names.judge(name)
    assert verdict.likeness in SUSPECT, verdict
    assert verdict.target == target
    assert verdict.reasons


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("python-tranformers", "transformers"),
        ("pyreqeusts", "requests"),
        ("matplotlobpy", "matplotlib"),
        ("tensorflwo2", "tensorflow"),
        ("anthropicc-v2", "anthropic"),
        ("diffusersdiffusers", "diffusers"),
    ],
)
def test_a_slip_is_found_beside_what_else_was_changed(names: Names, name: str, target: str) -> None:
    verdict = names.judge(name)
    assert verdict.likeness in SUSPECT, verdict
    assert verdict.target == target


def test_words_in_use_make_a_name_ordinary_and_those_of_the_known_name_do_not(names: Names) -> None:
    ordinary = names.known.wording.ordinary
    assert ordinary("network", "networkx", "networkx") > ordinary("netowrkx", "networkx", "networkx")
    assert ordinary("file-storage", "file-storagr", "filestoragr") > 5 > ordinary("numpyq", "numpy", "numpy")


def test_letters_are_counted_alike_one_by_one_and_in_a_table() -> None:
    words = ["torch", "vision", "tools", "torch"]
    few, many = (Wording(Counter(words), "\n" + "\n".join(words) + "\n") for _ in range(2))
    for number in range(1000):
        many.count(f"{number:03}")
    assert [few.count(piece) for piece in ("\nto", "or", "t", "oo", "zzz")] == [3, 2, 3, 1, 0]
    assert [many.count(piece) for piece in ("\nto", "or", "t", "oo", "zzz")] == [3, 2, 3, 1, 0]


def test_a_name_has_several_readings_each_told_once() -> None:
    readings = [(form.said, form.without) for form in forms("python-flaaask2")]
    assert readings == [
        ("python-flaaask2", ""),
        ("python-flaask2", "stutter"),
        ("flaaask2", "language"),
        ("python-flaaask", "number"),
    ]
    assert [form.said for form in forms("hooks-classes-class") if form.without == "plurals"] == ["hook-classe-class"]
    assert not [form for form in forms("torch-hooks") if form.without == "plurals"]
    assert [form.without for form in forms("torch")] == [""]


@pytest.mark.parametrize(
    ("name", "target", "technique"),
    [
        ("tr1ton", "triton", Technique.HOMOGLYPH),
        ("0penai", "openai", Technique.HOMOGLYPH),
        ("vvheel", "wheel", Technique.HOMOGLYPH),
        ("p\u0430ndas", "pandas", Technique.HOMOGLYPH),
        ("scikitlearn", "scikit-learn", Technique.SEPARATOR),
        ("safe-tensors", "safetensors", Technique.SEPARATOR),
        ("dotenv-python", "python-dotenv", Technique.WORD_ORDER),
        ("community-langchain", "langchain-community", Technique.WORD_ORDER),  # not a part of it, langchain
        ("3web", "web3", Technique.WORD_ORDER),  # the number in front
        ("str-eamlit", "streamlit", Technique.SEPARATOR),  # a word cut in two
        ("checkmanifest3", "check-manifest", Technique.SEPARATOR),  # joined, and a number behind
        ("python-parsing", "pyparsing", Technique.WORD_ORDER),  # py said otherwise, and nothing popular is called parsing
        ("daemonpy", "python-daemon", Technique.WORD_ORDER),
    ],
)
def test_look_alikes_separators_and_word_order(names: Names, name: str, target: str, technique: Technique) -> None:
    verdict = names.judge(name)
    assert (verdict.target, verdict.technique) == (target, technique)
    assert verdict.likeness in SUSPECT


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("openai-unofficial-client", "openai"),
        ("claudetoolkit", "anthropic"),
        ("deepseek-sdk-free", "deepseek"),
        ("gemini-pro-helper", "google-generativeai"),
        ("chatgpt5-cli", "openai"),
        ("antropic-sdk", "anthropic"),  # misspelt and bait beside it
        ("discord-easy-bot", "discord-py"),
        ("solana-wallet-kit", "solana"),
        ("requests-plus-lite", "requests"),
        ("python3-urllib3", "urllib3"),
        ("web3updater", "web3"),
        ("aliyun-tools", "aliyun-python-sdk-core"),
        ("@anthropic-ai/tools", "anthropic"),  # an npm scope typed into pip
        ("anthropic-ai-sdk", "anthropic"),  # the same, flattened
        ("@langchain-ai/toolbelt", "langchain"),  # no member of the family that begins with the project's name
        ("mistralai-client-ts", "mistralai"),
        ("modelcontextprotocol-sdk", "mcp"),
        ("conda-forge-tiktoken", "tiktoken"),  # a channel of conda spelled into the name
        ("mistralai-mistralai", "mistralai"),  # a scope that repeats the name
        ("openai-token-counter", "openai"),  # the brand and what one would do with it
        ("google-gemini-free", "google-generativeai"),  # the brand it begins with is not the one that is wanted
        ("litellm-v2", "litellm"),
        ("ultralytics-yolo", "ultralytics"),  # two words for one project
        ("python-numpy", "numpy"),
        ("gpt4-client", "openai"),  # too short a brand to be seen in any name, but nothing else is said here
        ("perplexity-ai-helper", "perplexityai"),
        ("xai-grok-client", "xai-sdk"),
        ("aws-boto3-helper", "boto3"),  # two words for one project, the vendor's first
        ("sqlalchmy-plus", "sqlalchemy"),  # misspelt, no brand, but everybody has it
        ("matplotlib-fastapi", "matplotlib"),  # two that everybody has, and neither is a plug-in of the other
        ("fastapi-toolkits-pro", "fastapi"),
        ("awstoken-service-sdk", "boto3"),  # a short vendor's name, where nothing else is said
        ("3web-toolkit", "web3"),  # the number of a brand in front of it
        ("bitcoinlib-toolkit", "bitcoinlib"),
        ("yaml-python", "pyyaml"),  # an import name and a word that says nothing
    ],
)
def test_a_borrowed_name_is_found_and_its_owner_named(names: Names, name: str, target: str) -> None:
    verdict = names.judge(name)
    assert verdict.likeness is Likeness.LIKELY, verdict
    assert verdict.target == target


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("cv2", "opencv-python"),
        ("skimage", "scikit-image"),
        ("win32api", "pywin32"),
        ("chatgpt", "openai"),
        ("pytorch-vision", "torchvision"),
        ("hf-hub", "huggingface-hub"),
    ],
)
def test_what_people_call_a_project_is_not_its_name(names: Names, name: str, target: str) -> None:
    verdict = names.judge(name)
    assert (verdict.target, verdict.technique) == (target, Technique.SLOPSQUAT)
    assert verdict.likeness in SUSPECT


HONEST = """
torchao torchtune torchmetrics langchain-openai langchain-community llama-index-llms-openai types-requests pytest-xdist
opencv-python-headless httpx2 tensorboardx msgpack-python psycopg2-binary python-dateutil django-vegetable-garden
pytest-lighthouse types-lighthouse mkdocs-lighthouse-theme flask-lighthouse lighthouse-keeper harbour-crane
jupyter-lighthouse sphinx-lighthouse-theme widgetforge quaternary-search geoharbour cranelift-bindings seabirds
lighthouse-openai ollama-lighthouse-anthropic opentelemetry-instrumentation-gemini apache-airflow-providers-lighthouse
python-lighthouse lighthouse-python pandas-lighthouse reque safetensor-harbour sunrise-utils setuptools-lighthouse
torchlighthouse pytestlighthouse pyquery-python3 cqsutils
jinjav numpy-events urllib3-cache
raven-selenium tornado-redis selenium-kafka trio-pandas pytest-sqlalchemy
awstoken-lighthouse 3web-lighthouse python-flange flangepy
"""


@pytest.mark.parametrize("name", HONEST.split())
def test_popular_names_neighbours_plugins_and_words_of_their_own_stay_quiet(names: Names, name: str) -> None:
    assert names.judge(name).likeness not in SUSPECT, names.judge(name)


def test_no_popular_name_is_accused_and_those_popular_by_mistake_are_mentioned(names: Names) -> None:
    told = {name: names.judge(name) for name in popular().names}
    mentioned = {name: verdict.target for name, verdict in told.items() if verdict.likeness is not Likeness.NONE}
    assert mentioned == dict(mistaken())
    assert {told[name].likeness for name in mentioned} == {Likeness.POSSIBLE}
    assert all(verdict.listed for verdict in told.values())
    assert mentioned["jwt"] == "pyjwt"
    assert names.judge("jwt", NameEvidence(required_by="numpy")).likeness is Likeness.NONE
    assert Names(popular().names, reviewed(), frozenset({"JWT"})).judge("jwt").likeness is Likeness.NONE


def test_a_slip_of_one_of_many_weighs_less_than_a_slip_of_the_only_one() -> None:
    one = ["lanternwick", "gasket", "flange"]
    many = [*one, "lanternwich", "lanternwack", "lanternwisk"]
    alone, crowded = (Names(known).judge("lanternwock") for known in (one, many))
    assert alone.target == "lanternwick"
    assert crowded.weight < alone.weight


def test_a_beginning_that_many_names_share_does_not_say_which_is_meant() -> None:
    rare = ["quarrybolt", *(f"gasket{end}" for end in "abcdefghijklmnopqrst")]
    usual = ["quarrybolt", *(f"quarry{end}" for end in ("a", "bo", "cat", "dune", "eggs", *"fghijklmnopqrst"))]
    assert Names(usual).judge("quarrybelt").weight < Names(rare).judge("quarrybelt").weight


def test_a_word_that_even_one_honest_name_uses_is_less_of_a_slip() -> None:
    known = ["quarrybolt", *(f"gasket{end}" for end in "abcdefgh")]
    used = Names([*known, "flange-quarrybilt"]).judge("quarrybilt")
    assert used.weight < Names([*known, "flange-winch"]).judge("quarrybilt").weight


@pytest.mark.parametrize("name", ["pedantic", "persistent", "perfect", "coffee", "clause", "misanthropic", "philanthropic"])
def test_a_word_of_the_language_is_accused_by_no_letters_alone(names: Names, name: str) -> None:
    assert names.judge(name).likeness not in SUSPECT


def test_a_word_of_the_language_is_told_where_it_is_very_near_and_accused_where_more_speaks_for_it(names: Names) -> None:
    assert names.judge("pedantic").likeness is Likeness.POSSIBLE
    young = NameEvidence(first_release=NOW - timedelta(days=2), releases=1)
    assert names.judge("pedantic", young, NOW).likeness in SUSPECT


@pytest.mark.parametrize(
    ("name", "target"),
    [("request", "requests"), ("pillows", "pillow"), ("tornados", "tornado"), ("curl-requester", "requests")],
)
def test_another_form_of_the_same_word_is_no_other_word(names: Names, name: str, target: str) -> None:
    verdict = names.judge(name)
    assert verdict.likeness in SUSPECT
    assert verdict.target == target


def test_a_word_anybody_may_use_is_less_of_an_import_name(names: Names) -> None:
    assert names.judge("spellchecker").likeness not in SUSPECT  # pyspellchecker
    assert names.judge("daemon").likeness is Likeness.POSSIBLE  # python-daemon
    assert names.judge("winrm").likeness in SUSPECT  # pywinrm


def test_the_words_of_the_language_are_no_popular_names_and_near_some() -> None:
    words = reviewed().english
    assert len(words) > 1_000
    assert not words & frozenset(popular().names)
    without = Names(popular().names, replace(reviewed(), english=frozenset()))
    some = ["anthologies", "pedantic", "coffee", "zebra", "umbrella"]
    assert set(resembling(some, without)) == words & set(some)


def test_the_canonical_form_is_what_counts(names: Names) -> None:
    assert names.judge("Scikit_Learn").listed
    assert names.judge("NUPMY").target == "numpy"


def test_a_number_behind_a_name_is_suspect_but_never_certain(names: Names) -> None:
    """psycopg2, pydantic's successor and many more are honest numbers."""
    assert names.judge("certifi2").likeness is Likeness.LIKELY


def test_an_ecosystem_of_many_siblings_is_evidence_where_a_lone_brand_is_not() -> None:
    alone = Names(["engine"])
    crowded = Names(["engine", *(f"engine-part{number}" for number in range(40))])
    assert alone.judge("engine-gasket").weight > crowded.judge("engine-gasket").weight


@pytest.mark.parametrize(
    ("evidence", "rises"),
    [
        (NameEvidence(first_release=NOW - timedelta(days=2)), True),
        (NameEvidence(copies="openai"), True),
        (NameEvidence(claims_repository_of="openai"), True),
        (NameEvidence(releases=1, empty_description=True), True),
        (NameEvidence(first_release=NOW - timedelta(days=2000)), False),
        (NameEvidence(monthly_downloads=2_000_000), False),
        (NameEvidence(advised=True), False),
        (NameEvidence(required_by="transformers"), False),
        (NameEvidence(in_step_with=frozenset({"openai"})), False),
    ],
)
def test_circumstances_raise_and_lower_what_the_letters_say(names: Names, evidence: NameEvidence, rises: bool) -> None:
    bare = names.judge("openai-gasket", now=NOW)
    known = names.judge("openai-gasket", evidence, NOW)
    assert (known.weight > bare.weight) is rises


def test_what_the_registry_says_confirms_only_what_it_speaks_of(names: Names) -> None:
    young = names.judge("nupmy", NameEvidence(first_release=NOW - timedelta(days=1)), NOW)
    copied = names.judge("nupmy", NameEvidence(copies="pandas"), NOW)
    assert young.confirmed
    assert not copied.confirmed


def test_one_sign_confirms_nothing_against_a_stronger_one_for_the_project(names: Names) -> None:
    old = NameEvidence(claims_repository_of="numpy", first_release=NOW - timedelta(days=2600))
    assert names.judge("nupmy", NameEvidence(claims_repository_of="numpy"), NOW).confirmed
    assert not names.judge("nupmy", old, NOW).confirmed  # seven years there: more likely a name its owner keeps safe


def test_reasons_say_what_the_guess_rests_on_and_last_what_speaks_against_it(names: Names) -> None:
    reasons = names.judge("openai-helper", NameEvidence(first_release=NOW - timedelta(days=1)), NOW).reasons
    assert reasons[:3] == (
        "it contains the name openai",
        "its first release is less than a week old",
        "all it adds is helper",
    )
    assert reasons[-1].startswith("but ")
    assert reasons[-1].endswith("popular projects share this beginning")


def test_a_name_the_user_vouches_for_is_left_alone() -> None:
    vouched = engine(frozenset({"Nupmy"}))
    assert vouched.judge("nupmy").likeness is Likeness.NONE
    assert vouched.judge("nunpy").likeness in SUSPECT


@given(st.text(max_size=300))
def test_any_text_at_all_gets_a_verdict(text: str) -> None:
    assert _shared_engine().judge(text).weight < 100


def test_hostile_names_cost_no_more_than_others(names: Names) -> None:
    for name in ("a" * 200, "-".join(["openai"] * 60), "01357" * 40, "aaab" * 50, "requests" * 25):
        assert names.judge(name).weight < 100, name


_ENGINES: list[Names] = []


def _shared_engine() -> Names:
    if not _ENGINES:
        _ENGINES.append(engine())
    return _ENGINES[0]


@given(st.text(alphabet="abc1", max_size=7), st.text(alphabet="abc1", max_size=7))
def test_slips_are_the_edits_of_the_alignment_distance(written: str, known: str) -> None:
    """A letter put in two places off counts as one slip; apart from that, the restricted Damerau-Levenshtein distance."""
    distance = OSA.distance(written, known)
    found = slips(written, known)
    assert (found is None) == (distance > 2)
    if found is not None:
        assert len(found) == distance or (len(found) == 1 and distance == 2 and found[0].kind == "swapped")


@pytest.mark.parametrize(
    ("written", "known", "kind"),
    [
        ("ba", "ab", "swapped"),
        ("flassk", "flask", "doubled"),
        ("pilow", "pillow", "undoubled"),
        ("flsk", "flask", "dropped"),
        ("flas", "flask", "clipped"),
        ("lask", "flask", "beheaded"),
        ("flaak", "flask", "keyboard"),
        ("f1ask", "flask", "confusable"),
        ("flesk", "flask", "vowel"),
        ("flazk", "flask", "keyboard"),
        ("flasq", "flask", "sound"),
        ("flasw", "flask", "substituted"),
        ("flasks", "flask", "plural"),
        ("flask2", "flask", "digit"),
        ("boto", "boto3", "unnumbered"),
        ("jinjav", "jinja2", "unnumbered"),  # a letter in place of the number
        ("boto4", "boto3", "version"),
        ("xflask", "flask", "prepended"),
        ("xlask", "flask", "initial"),
    ],
)
def test_a_slip_has_a_name(written: str, known: str, kind: str) -> None:
    found = slips(written, known)
    assert found is not None
    assert [slip.kind for slip in found] == [kind]


def test_the_list_of_popular_names_is_canonical_and_dated() -> None:
    data = popular()
    assert len(set(data.names)) == len(data.names) == data.source.records > 10_000
    assert all(canonical(name) == name for name in data.names)
    assert data.source.as_of.startswith("20")


def test_what_was_reviewed_is_canonical_and_of_known_kinds() -> None:
    data = reviewed()
    pairs = (*data.mistaken.items(), *((word, project) for word, (project, _) in data.brands.items()))
    written = [*data.words, *data.imports, *data.neighbours, *data.services, *(name for pair in pairs for name in pair)]
    assert [name for name in written if canonical(name) != name] == []
    assert set(data.words.values()) == {"language", "quality", "purpose"}


def test_what_people_install_by_hand_is_popular_and_no_brand() -> None:
    data, listed = reviewed(), frozenset(popular().names)
    assert data.by_hand <= listed
    assert not data.by_hand & {word for brand, (project, _) in data.brands.items() for word in (brand, project)}


def test_other_separators_far_down_the_list_are_a_coincidence() -> None:
    many = [f"gasket{number}" for number in range(6_000)]
    top, far = (Names(known).judge("quarry-bo-lt") for known in (["quarrybolt", *many], [*many, "quarrybolt"]))
    assert top.likeness in SUSPECT
    assert far.likeness is Likeness.POSSIBLE


def test_a_slip_of_what_people_type_weighs_more_than_downloads_tell(names: Names) -> None:
    without = Names(popular().names, replace(reviewed(), by_hand=frozenset()))
    assert without.judge("scarpy").likeness not in SUSPECT
    assert names.judge("scarpy").likeness in SUSPECT


def test_no_neighbour_is_there_without_need() -> None:
    """A neighbour that is popular by now, or that the engine would not accuse, can go."""
    without = Names(popular().names, replace(reviewed(), neighbours=frozenset()))
    idle = [name for name in reviewed().neighbours if without.judge(name).likeness is Likeness.NONE]
    assert idle == []
