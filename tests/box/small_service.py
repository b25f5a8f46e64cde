"""A service small enough to test the supervisor with: it proves what it was given and answers `/health/ready`."""

import asyncio
import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import asyncpg
import redis


async def use_database(url: str) -> dict[str, object]:
    """What the given role may do in its own database, and that it may not enter another's."""
    plain = url.replace("+asyncpg", "")
    connection = await asyncpg.connect(plain)
    user = await connection.fetchval("SELECT current_user")
    await connection.close()
    other = "second" if user == "first" else "first"
    try:
        foreign = await asyncpg.connect(plain.rpartition("/")[0] + f"/{other}")
    except asyncpg.InsufficientPrivilegeError:
        return {"user": user, "enters_other": False}
    await foreign.close()
    return {"user": user, "enters_other": True}


def use_broker(url: str, service: str) -> dict[str, object]:
    """What the given user may write."""
    client = redis.Redis.from_url(url)
    own = client.xadd(f"tanggap.{service}.0", {"n": 1}) is not None
    try:
        client.xadd("tanggap.somebody.0", {"n": 1})
    except redis.exceptions.NoPermissionError:
        foreign = False
    else:
        foreign = True
    client.close()
    return {"writes_own": own, "writes_foreign": foreign}


def main() -> None:
    """Serves until SIGTERM."""
    service = os.environ["TANGGAP_SERVICE"]
    seen = asyncio.run(use_database(os.environ["TANGGAP_DATABASE_URL"]))
    seen |= use_broker(os.environ["TANGGAP_REDIS_URL"], service)
    seen |= {"keys": sorted(path.name for path in Path(os.environ["TANGGAP_KEYS_DIR"]).iterdir())}
    seen |= {"peers": os.environ["TANGGAP_PEERS"], "pid": os.getpid()}

    class Handler(BaseHTTPRequestHandler):
        """Answers every path alike."""

        def do_GET(self) -> None:
            body = json.dumps(seen).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["TANGGAP_PORT"])), Handler)
    signal.signal(signal.SIGTERM, lambda *_: Thread(target=server.shutdown).start())
    server.serve_forever()
    sys.exit(0)


if __name__ == "__main__":
    main()
