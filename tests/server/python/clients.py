"""Authlib as an application, and PyJWT with its PyJWKClient as a resource server."""

import subprocess
import sys
from pathlib import Path

import jwt
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session

issuer = sys.argv[1]
user = Path(sys.argv[2]) / "user.mjs"
metadata = OAuth2Session().get(f"{issuer}/.well-known/openid-configuration", withhold_token=True).json()
assert metadata["issuer"] == issuer


def visit(url):
    password = "correct horse battery staple"
    command = ["node", str(user), url, "ada", password]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


app = OAuth2Session(
    "chat-export",
    "demo-secret-of-chat-export-change-me",
    scope="openid offline_access chat:*:list chat:*:read",
    redirect_uri="http://127.0.0.1:8500/callback",
    code_challenge_method="S256",
)
verifier = "a" * 64
url, state = app.create_authorization_url(
    metadata["authorization_endpoint"], code_verifier=verifier, nonce="n-0S6_WzA2Mj"
)
token = app.fetch_token(
    metadata["token_endpoint"],
    authorization_response=visit(url),
    state=state,
    code_verifier=verifier,
)
chats = app.get(f"{issuer}/api/chats")
assert chats.status_code == 200 and len(chats.json()["records"]) == 2, chats.text

keys = jwt.PyJWKClient(metadata["jwks_uri"])


def check(text, audience):
    key = keys.get_signing_key_from_jwt(text)
    return jwt.decode(
        text, key, algorithms=["ES256"], audience=audience, issuer=issuer, options={"require": ["exp", "sub"]}
    )


access = check(token["access_token"], f"{issuer}/api")
assert access["sub"] == "user-ada" and access["client_id"] == "chat-export"
identity = check(token["id_token"], "chat-export")
assert identity["sub"] == "user-ada" and identity["nonce"] == "n-0S6_WzA2Mj"
try:
    check(token["access_token"], "https://other.example")
    raise AssertionError("a token for others was taken")
except jwt.InvalidAudienceError:
    pass

fresh = app.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])
assert fresh["access_token"] != token["access_token"]
assert app.revoke_token(metadata["revocation_endpoint"], token=fresh["refresh_token"]).status_code == 200
try:
    app.refresh_token(metadata["token_endpoint"], refresh_token=fresh["refresh_token"])
    raise AssertionError("a session that was revoked goes on")
except OAuthError as error:
    assert error.error == "invalid_grant", error
assert app.get(f"{issuer}/api/chats", withhold_token=True).status_code == 401

job = OAuth2Session("nightly-report", "demo-secret-of-nightly-report-change-me", scope="report:*:read")
job.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
assert job.get(f"{issuer}/api/reports").json()["client"] == "nightly-report"
print("Authlib and PyJWT: all is well")
