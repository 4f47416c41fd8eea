"""A person uploads a file, sees what it would do, loads it and undoes it."""

from __future__ import annotations

import dataclasses

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from hydria.intake.models import LoadBatch, LoadState
from hydria.intake.tasks import apply_load, check_load
from hydria.parties.models import Party
from hydria.platform.access import Permission
from hydria.platform.models import Role, User

pytestmark = pytest.mark.django_db

MAPPING = "mapping: people\nscheme: old\nrecords: [{kind: party, fields: {key: no, number: no, name: name}}]\n"


def logged_in(client: Client, *permissions: Permission) -> Client:
    role = Role.objects.create(code="loader", name="Loader", permissions=list(permissions))
    user = User.objects.create_user("eva", "a long password", full_name="Eva")
    user.roles.add(role)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def loader(client, settings, tmp_path) -> Client:
    settings.MEDIA_ROOT = tmp_path
    return logged_in(client, Permission.INTAKE_LOAD)


def upload(client: Client, content: str, *, mapping: str = MAPPING):
    files = {
        "file": SimpleUploadedFile("people.csv", content.encode()),
        "mapping_file": SimpleUploadedFile("people.yaml", mapping.encode()),
    }
    return client.post(reverse("batch_new"), {"mapping": "", **files})


def work(job, batch: LoadBatch) -> None:
    """Do what the worker would do."""
    job(batch_id=batch.pk, actor_name="eva", actor_user_id=None)


class TestReceiveFile:
    def test_goes_to_the_page_of_the_load_while_a_worker_checks_it(self, loader):
        answer = upload(loader, "no,name\n1,Ana\n")

        batch = LoadBatch.objects.get()
        assert answer["Location"] == reverse("batch", args=[batch.pk])
        assert "hx-trigger" in loader.get(answer["Location"]).content.decode()

    def test_shows_what_is_wrong_with_the_mapping(self, loader):
        answer = upload(loader, "no,name\n", mapping="mapping: m\nscheme: s\nrecords: [{kind: ghost}]")

        assert answer.status_code == 422
        assert "row 3: There is no such kind of record." in answer.content.decode()

    def test_reads_no_file_that_is_too_large(self, loader, settings):
        settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, load_size_mb_max=0)

        answer = upload(loader, "no,name\n1,Ana\n")

        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["file"]

    def test_wants_a_mapping(self, loader):
        answer = loader.post(reverse("batch_new"), {"file": SimpleUploadedFile("a.csv", b"a")})

        assert answer.status_code == 422

    def test_offers_the_mappings_that_were_used_before(self, loader):
        upload(loader, "no,name\n1,Ana\n")

        assert '<option value="people">' in loader.get(reverse("batch_new")).content.decode()


class TestLoadPage:
    def test_shows_preview_and_findings(self, loader):
        upload(loader, "no,name\n1,Ana\n2,\n")
        batch = LoadBatch.objects.get()
        work(check_load, batch)

        page = loader.get(reverse("batch", args=[batch.pk])).content.decode()

        assert "The cell is empty and has to be filled." in page
        assert reverse("batch_apply", args=[batch.pk]) not in page

    def test_speaks_the_language_of_the_reader(self, loader):
        User.objects.update(language="es")
        upload(loader, "no,name\n1,Ana\n2,\n")
        batch = LoadBatch.objects.get()
        work(check_load, batch)

        page = loader.get(reverse("batch", args=[batch.pk]), headers={"accept-language": "es"}).content.decode()

        assert "La celda está vacía y debe llenarse." in page

    def test_refreshes_once_the_worker_is_done(self, loader):
        upload(loader, "no,name\n1,Ana\n")
        batch = LoadBatch.objects.get()
        asks = {"HX-Request": "true", "HX-Target": "load"}

        before = loader.get(reverse("batch", args=[batch.pk]), headers=asks)
        work(check_load, batch)
        after = loader.get(reverse("batch", args=[batch.pk]), headers=asks)

        assert ("HX-Refresh" in before, after["HX-Refresh"]) == (False, "true")

    def test_loads_and_undoes(self, loader):
        upload(loader, "no,name\n1,Ana\n")
        batch = LoadBatch.objects.get()
        work(check_load, batch)

        loader.post(reverse("batch_apply", args=[batch.pk]))
        work(apply_load, batch)
        assert Party.objects.get().name == "Ana"

        loader.post(reverse("batch_reverse", args=[batch.pk]), {"reason": "wrong file"})
        assert Party.objects.count() == 0
        assert LoadBatch.objects.get().state == LoadState.REVERSED

    def test_says_why_a_load_failed(self, loader):
        upload(loader, "no,name\n1,\n")
        batch = LoadBatch.objects.get()
        work(apply_load, batch)

        page = loader.get(reverse("batch", args=[batch.pk])).content.decode()

        assert "Findings that stop people.csv: 1." in page

    def test_exports_findings_that_no_spreadsheet_takes_for_a_formula(self, loader):
        upload(loader, "no,name\n1,Ana\n,=1+1\n", mapping=MAPPING.replace("number: no", "number: no, email: name"))
        batch = LoadBatch.objects.get()
        work(check_load, batch)

        answer = loader.get(reverse("batch", args=[batch.pk]), {"export": "csv"})

        text = b"".join(answer.streaming_content).decode()
        assert "3,no,BLOCK" in text.replace("Stops the load", "BLOCK")
        assert ",=" not in text

    def test_is_not_there_for_an_unknown_number(self, loader):
        assert loader.get(reverse("batch", args=[7])).status_code == 404


class TestPermission:
    @pytest.mark.parametrize("name", ["batches", "batch_new", "batch", "batch_check", "batch_apply", "batch_reverse"])
    def test_is_needed_at_every_door(self, client, name):
        logged_in(client, Permission.REGISTER_VIEW)
        address = reverse(name, args=[1] if name in {"batch", "batch_check", "batch_apply", "batch_reverse"} else [])

        assert client.get(address).status_code == 403

    def test_is_asked_of_strangers_by_logging_in(self, client):
        answer = client.get(reverse("batches"))

        assert answer["Location"].startswith(reverse("login"))
