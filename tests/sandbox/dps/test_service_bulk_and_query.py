"""Bulk operations answer 200 with errors inside; queries come in pages."""

import pytest
from azure.core.exceptions import HttpResponseError

from tests.sandbox.certificates import new_certificate
from tests.sandbox.dps.services import (
    ServiceUnderTest,
    bulk,
    enrollment,
    error_of,
    status_of,
)
from tng.sandbox.dps.routes import Name

PEM = new_certificate()[0]


def _enrollments(count: int, prefix: str = "sn") -> list[dict]:
    return [enrollment(f"{prefix}{number:03}", PEM) for number in range(count)]


def test_ten_are_created_in_one_call(service: ServiceUnderTest):
    client = service.client()
    answer = client.enrollment.run_bulk_operation(bulk("create", *_enrollments(10)))
    assert answer == {"isSuccessful": True, "errors": []}
    assert len(service.running.state.instances[0].enrollments) == 10
    (record,) = service.log
    assert record.operation.name == Name.RUN_BULK_OPERATION
    assert record.operation.writes


@pytest.mark.parametrize("count", [0, 11])
def test_none_and_eleven_are_refused(service: ServiceUnderTest, count: int):
    with pytest.raises(HttpResponseError) as refused:
        service.client().enrollment.run_bulk_operation(bulk("create", *_enrollments(count)))
    assert refused.value.status_code == 400
    assert not service.running.state.instances[0].enrollments


@pytest.mark.parametrize("mode", ["create", "update"])
def test_what_exists_is_an_error_of_its_own_in_an_answer_of_200(
    service: ServiceUnderTest, mode: str
):
    client = service.client()
    client.enrollment.create_or_update("sn000", enrollment("sn000"))
    answer = client.enrollment.run_bulk_operation(bulk(mode, enrollment("SN000")))
    assert answer == {
        "isSuccessful": False,
        "errors": [
            {
                "registrationId": "SN000",
                "errorCode": 409201,
                "errorStatus": "Enrollment already exists.",
            }
        ],
    }


def test_the_others_of_a_bulk_go_on(service: ServiceUnderTest):
    items = _enrollments(4)
    items[1]["attestation"]["x509"]["clientCertificates"]["primary"]["certificate"] = "!"
    items[3]["registrationId"] = "SN000"
    answer = service.client().enrollment.run_bulk_operation(bulk("create", *items))
    assert [(e["registrationId"], e["errorCode"]) for e in answer["errors"]] == [
        ("sn001", 400004),
        ("SN000", 409201),
    ]
    assert set(service.running.state.instances[0].enrollments) == {"sn000", "sn002"}


def test_update_with_an_etag_replaces(service: ServiceUnderTest):
    client = service.client()
    made = client.enrollment.create_or_update("sn01", enrollment("sn01"))
    for mode in ("update", "updateIfMatchETag"):
        current = client.enrollment.get("sn01")["etag"]
        item = enrollment("sn01", deviceId=mode, etag=current)
        assert client.enrollment.run_bulk_operation(bulk(mode, item))["isSuccessful"]
        assert client.enrollment.get("sn01")["deviceId"] == mode
        stale = enrollment("sn01", etag=made["etag"])
        (error,) = client.enrollment.run_bulk_operation(bulk(mode, stale))["errors"]
        assert error["errorCode"] // 1000 == 412


@pytest.mark.parametrize("mode", ["update", "updateIfMatchETag", "delete"])
def test_what_is_missing_is_not_found(service: ServiceUnderTest, mode: str):
    answer = service.client().enrollment.run_bulk_operation(bulk(mode, enrollment("sn01")))
    assert [error["errorCode"] for error in answer["errors"]] == [404201]


def test_an_etag_is_needed_where_it_is_to_match(service: ServiceUnderTest):
    client = service.client()
    client.enrollment.create_or_update("sn01", enrollment("sn01"))
    answer = client.enrollment.run_bulk_operation(bulk("updateIfMatchETag", enrollment("sn01")))
    assert answer["errors"][0]["errorCode"] // 1000 == 412


def test_delete_needs_ids_only(service: ServiceUnderTest):
    client = service.client()
    client.enrollment.run_bulk_operation(bulk("create", *_enrollments(3)))
    items = [{"registrationId": "SN000"}, {"registrationId": "sn002", "etag": "IjAwIg=="}]
    answer = client.enrollment.run_bulk_operation(bulk("delete", *items))
    assert [error["registrationId"] for error in answer["errors"]] == ["sn002"]
    assert set(service.running.state.instances[0].enrollments) == {"sn001", "sn002"}


@pytest.mark.parametrize(
    "body",
    [
        {"mode": "upsert", "enrollments": [{"registrationId": "a"}]},
        {"enrollments": [{"registrationId": "a"}]},
        {"mode": "create", "enrollments": {"registrationId": "a"}},
        {"mode": "create", "enrollments": ["a"]},
        {"mode": "create", "enrollments": [{}]},
        {"mode": "create"},
        {"mode": ["create"], "enrollments": [{"registrationId": "a"}]},
        {"mode": "create", "enrollments": [{"registrationId": "a"}], "more": 1},
    ],
)
def test_a_bulk_that_is_none_is_refused(service: ServiceUnderTest, body: dict):
    answer = service.ask("POST", "/enrollments", body)
    assert status_of(answer) == 400
    assert error_of(answer)["errorCode"] == 400004


@pytest.mark.parametrize("top", [None, 1, 4, 7, 8, 1000])
def test_pages_give_each_enrollment_once(service: ServiceUnderTest, top: int | None):
    client = service.client()
    client.enrollment.run_bulk_operation(bulk("create", *_enrollments(8)))
    found = list(client.enrollment.query({"query": "SELECT * FROM enrollments"}, top=top))
    assert [item["registrationId"] for item in found] == [f"sn{n:03}" for n in range(8)]
    assert len(service.log.calls(Name.QUERY_ENROLLMENTS)) == -(-8 // (top or 100))


def test_a_page_says_what_it_holds_and_how_to_go_on(service: ServiceUnderTest):
    service.client().enrollment.run_bulk_operation(bulk("create", *_enrollments(2)))
    answer = service.ask(
        "POST", "/enrollments/query", {"query": "select *"}, x_ms_max_item_count="1"
    )
    headers = answer.lower_headers()
    assert headers["x-ms-item-type"] == "Enrollment"
    last = service.ask(
        "POST",
        "/enrollments/query",
        {"query": "SELECT *"},
        x_ms_continuation=headers["x-ms-continuation"],
    )
    assert "x-ms-continuation" not in last.lower_headers()
    assert [item["registrationId"] for item in error_of(last)] == ["sn001"]


def test_pages_stand_what_comes_and_goes_between_them(service: ServiceUnderTest):
    client = service.client()
    client.enrollment.run_bulk_operation(bulk("create", *_enrollments(6)))
    found = iter(client.enrollment.query({"query": "SELECT *"}, top=2))
    seen = [next(found)["registrationId"], next(found)["registrationId"]]
    client.enrollment.delete("sn000")
    client.enrollment.create_or_update("sn0005", enrollment("sn0005"))
    seen += [item["registrationId"] for item in found]
    assert seen == ["sn000", "sn001", "sn002", "sn003", "sn004", "sn005"]


@pytest.mark.parametrize("size", ["0", "-1", "many", "1.5", "²", "9" * 30, ""])
def test_a_page_size_that_is_none_is_refused(service: ServiceUnderTest, size: str):
    answer = service.ask(
        "POST", "/enrollments/query", {"query": "SELECT *"}, x_ms_max_item_count=size
    )
    assert status_of(answer) == 400


@pytest.mark.parametrize("token", ["%%%", "AAAA", "x", "ä", ""])
def test_a_continuation_of_somebody_else_is_refused(service: ServiceUnderTest, token: str):
    answer = service.ask(
        "POST", "/enrollments/query", {"query": "SELECT *"}, x_ms_continuation=token
    )
    assert status_of(answer) == 400


@pytest.mark.parametrize("body", [{}, {"query": 1}, {"query": "DROP TABLE enrollments"}])
def test_only_everything_can_be_asked_for(service: ServiceUnderTest, body: dict):
    assert status_of(service.ask("POST", "/enrollments/query", body)) == 400
