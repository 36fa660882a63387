"""A small OpenID Connect provider on this machine: authorization code, tokens signed with RS256, user information."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "goldmine", "of the tests"


class Provider(ThreadingHTTPServer):
    """Signs in whoever `name` says, and writes down what it was asked.

    Parameters
    ----------
    name : str
        Name of the person at the browser.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answers)
        self.name, self.asked, self.nonces = "", [], {}
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.signs_with = self.key
        self.address = f"http://127.0.0.1:{self.server_port}"

    def public_keys(self):
        """The provider's public key as a JWK set."""
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [public | {"kid": "1", "alg": "RS256", "use": "sig"}]}

    def id_token(self, code):
        """The signed token of a code, once."""
        now = int(time.time())
        claims = {"iss": self.address, "aud": CLIENT, "sub": "42", "iat": now, "exp": now + 60}
        claims["nonce"] = self.nonces.pop(code)
        return jwt.encode(claims, self.signs_with, "RS256", headers={"kid": "1"})


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        path = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(path.query).items()}
        self.server.asked.append(path.path)
        if path.path == "/authorize":
            code = uuid4().hex
            self.server.nonces[code] = query["nonce"]
            self.send_response(302)
            back = urlencode({"code": code, "state": query["state"]})
            self.send_header("Location", f"{query['redirect_uri']}?{back}")
            self.end_headers()
        elif path.path == "/userinfo":
            assert self.headers["Authorization"] == "Bearer of-the-tests"
            self._json({"sub": "42", "preferred_username": self.server.name, "role": "head_office"})
        elif path.path == "/keys":
            self._json(self.server.public_keys())

    def do_POST(self):
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.asked.append(self.path)
        assert (body["client_id"], body["client_secret"]) == ([CLIENT], [SECRET])
        token = self.server.id_token(body["code"][0])
        self._json({"access_token": "of-the-tests", "token_type": "Bearer", "id_token": token})

    def _json(self, values):
        body = json.dumps(values).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Nothing."""


@contextmanager
def provider():
    """A provider while a test lasts."""
    with Provider() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        try:
            yield running
        finally:
            running.shutdown()
