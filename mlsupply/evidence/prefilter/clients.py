"""Names of the client libraries of services, as a file has them that can send something through one. A table only."""

from __future__ import annotations

import re

from mlsupply.evidence.prefilter.signs import Words
from mlsupply.lazy import expression

_LIBRARIES = (
    b"redis", b"pymongo", b"psycopg", b"pymysql", b"kafka", b"pika", b"zmq", b"grpc", b"slack_sdk", b"statsd",
    b"influxdb", b"elasticsearch", b"clickhouse", b"supabase", b"firebase_admin", b"twilio", b"sendgrid", b"yagmail",
    b"aiosmtplib", b"tweepy", b"praw", b"gspread", b"minio", b"asyncssh", b"pysftp", b"scapy", b"sentry_sdk", b"posthog",
    b"mixpanel", b"amplitude", b"rollbar", b"bugsnag", b"paho", b"google.cloud", b"azure.storage", b"huggingface_hub",
    b"mlflow", b"motor", b"asyncpg", b"mysql", b"nats", b"opensearchpy", b"cassandra", b"pyrebase", b"pusher", b"ably",
    b"resend", b"notion_client", b"smbclient", b"webdav", b"fsspec", b"smart_open", b"apprise", b"dropbox", b"boxsdk",
    b"googleapiclient", b"github", b"gitlab", b"hvac", b"pyngrok", b"httplib2", b"zeep", b"suds", b"jsonrpclib", b"jira",
    b"pyairtable", b"trello", b"pubnub", b"mattermostdriver", b"zulip", b"exchangelib", b"ipfshttpclient",
    b"pynostr", b"tftpy", b"qdrant_client", b"pinecone", b"weaviate", b"chromadb", b"langfuse", b"logging_loki",
    b"datadog", b"sqlalchemy", b"knockknock", b"wandb", b"comet_ml", b"neptune", b"clearml", b"pydrive", b"gql.transport",
    b"webbrowser", b"analytics", b"duckdb", b"aioboto3", b"s3fs", b"gcsfs", b"adlfs", b"ossfs", b"opendal",
    b"upath", b"pyarrow", b"kubernetes", b"openapi_client", b"swagger_client", b"docker", b"lightkube", b"pykube",
)  # fmt: skip
_IMPORTED = (
    rb"(?:\b(?:import|from)[ \t\f]+|,\s*|\\[\r\n]\s*|[\"\'])[\w.]{0,40}%s"  # by a statement, or by its name in a string
)
CLIENTS: Words = (
    *((name, expression(_IMPORTED % re.escape(name))) for name in _LIBRARIES),
    *((name, None) for name in (b"push_to_hub", b"create_datagram_endpoint", b"asyncio.Protocol", b"create_connection")),
    (b"handlers.SysLog", None),
    (b"nio", expression(rb"\b(?:import|from)[ \t\f]+nio\b|,[ \t]*nio\b")),
    *((start, expression(rb"[\"'](?:s3a?|gs)://\w")) for start in (b"s3://", b"s3a://", b"gs://")),
)
