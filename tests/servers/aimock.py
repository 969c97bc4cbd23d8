"""aimock, a mock of the vendors' APIs from npm, as a process on a free port of 127.0.0.1.

https://github.com/CopilotKit/aimock; `tests/servers/run` installs it.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_PROGRAM = Path(__file__).parents[2] / ".cache/aimock/node_modules/.bin/llmock"
_START_WITHIN = 20.0
_LOOK_AGAIN = 0.02
_ANSWER_WITHIN = 10.0


class Aimock:
    """Runs while its `with` block does.

    Args:
        folder: an empty folder, for the fixtures and the process's output.
        fixtures: what to answer to which request, in aimock's form.
        *arguments: more arguments for the command line.
        api_key: the only key it takes; None: it asks for none.

    Raises:
        RuntimeError: from `with`: it does not start; with the process's output.
    """

    def __init__(
        self,
        folder: Path,
        fixtures: Sequence[Mapping[str, Any]],
        *arguments: str,
        api_key: str | None = None,
    ) -> None:
        self.port = _free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self._output = folder / "output.txt"
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("AIMOCK_")}
        if api_key is not None:
            self._environment["AIMOCK_API_KEYS"] = api_key
        path = folder / "fixtures.json"
        path.write_text(json.dumps({"fixtures": fixtures}), encoding="utf-8")
        options = ["-p", str(self.port), "-h", "127.0.0.1", "-f", str(path), "--validate-on-load"]
        self._command = ["node", str(_PROGRAM), *options, *arguments]

    def __enter__(self) -> Self:
        self._process = self._start()
        try:
            self._wait()
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._kill()

    def requests(self) -> list[dict[str, Any]]:
        """Return aimock's journal: `path`, `headers`, `body`, `response` of each request."""
        status, entries = self._ask("GET", "/__aimock/journal")
        if status != 200:
            raise RuntimeError(f"aimock gives no journal: {status} {entries!r}")
        return json.loads(entries)  # type: ignore[no-any-return]

    def bodies(self) -> list[dict[str, Any]]:
        """Return the body of each request in the journal."""
        return [entry["body"] for entry in self.requests()]

    def forget(self) -> None:
        """Empty the journal."""
        self._ask("POST", "/__aimock/reset/journal")

    def _start(self) -> subprocess.Popen[bytes]:
        with self._output.open("wb") as output:
            try:
                return subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=self._environment,
                    start_new_session=True,  # a process group of its own, to end it whole
                )
            except OSError as error:
                raise RuntimeError(f"aimock does not start: {error}") from error

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_WITHIN
        while not self._is_up():
            if self._process.poll() is not None:
                raise self._failure(f"ended with status {self._process.returncode}")
            if time.monotonic() > deadline:
                raise self._failure(f"did not answer within {_START_WITHIN} s")
            time.sleep(_LOOK_AGAIN)

    def _is_up(self) -> bool:
        try:
            return self._ask("GET", "/health")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def _failure(self, what: str) -> RuntimeError:
        said = self._output.read_text(encoding="utf-8", errors="replace")
        return RuntimeError(f"aimock {what}; its output:\n{said}")

    def _kill(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _ask(self, method: str, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_ANSWER_WITHIN)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
