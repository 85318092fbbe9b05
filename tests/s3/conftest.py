"""Servers that live as long as the tests, with keys in the environment as boto3 looks for them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.s3.servers import KEY, SECRET, moto, seaweedfs


@pytest.fixture(autouse=True, scope="module")
def keys() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with seaweedfs(tmp_path_factory.mktemp("weed")) as url:
        yield url


@pytest.fixture(scope="session")
def moto_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with moto(tmp_path_factory.mktemp("moto")) as url:
        yield url


@pytest.fixture
def prefix() -> str:
    """A part of the bucket that no other test uses."""
    return uuid.uuid4().hex


@pytest.fixture(params=["seaweed", "moto_server"])
def server(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))
