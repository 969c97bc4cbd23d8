"""One aimock for all checks of a run, and a client of it on every wire."""

from collections.abc import Iterator

import pytest

from llm_connectivity import LLMClient
from tests.servers.aimock import Aimock
from tests.servers.asking import KEY, connect
from tests.servers.replies import FIXTURES
from tests.servers.wires import WIRES, Wire


@pytest.fixture(scope="session")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aimock]:
    """Run aimock with all fixtures, three characters to a chunk."""
    with Aimock(tmp_path_factory.mktemp("aimock"), FIXTURES, "-c", "3") as running:
        for wire in WIRES.values():  # the first request imports a vendor's SDK: nobody times that
            with connect(running, wire) as client:
                client.chat("Say hello.")
        yield running


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aimock]:
    """Run another one that takes one key and no other."""
    folder = tmp_path_factory.mktemp("guarded")
    with Aimock(folder, FIXTURES, api_key=KEY) as running:
        yield running


@pytest.fixture
def server(aimock: Aimock) -> Aimock:
    """Give the running aimock with an empty journal."""
    aimock.forget()
    return aimock


@pytest.fixture(params=WIRES.values(), ids=WIRES)
def wire(request: pytest.FixtureRequest) -> Wire:
    """Give one wire after the other."""
    return request.param


@pytest.fixture
def client(server: Aimock, wire: Wire) -> Iterator[LLMClient]:
    """Give a client that asks aimock on that wire."""
    with connect(server, wire) as client:
        yield client


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def streamed(request: pytest.FixtureRequest) -> bool:
    """Give both ways to ask."""
    return bool(request.param)
