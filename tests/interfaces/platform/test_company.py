from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from desk_factories import at_the_desk, person
from hydria.platform.models import Company, User
from hydria.platform.queries import get_letterhead

pytestmark = pytest.mark.django_db
DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'


def sent_as_shown(form, **changes) -> dict[str, object]:
    """Return what the browser sends when these fields of a shown form are changed."""
    sent = {}
    for bound in form:
        value = bound.value()
        if value in (None, False):
            continue
        sent[bound.html_name] = value
        if bound.field.show_hidden_initial:
            sent[bound.html_initial_name] = value
    return {**sent, **changes}


class TestCompany:
    def test_keeps_what_documents_print(self):
        client = at_the_desk("administrator")
        form = client.get("/company/").context["form"]
        logo = SimpleUploadedFile("logo.svg", DRAWING)

        answer = client.post(
            "/company/", sent_as_shown(form, tax_id="1-01", gln="7709998000018", logo=logo, reason="New logo")
        )

        letterhead = get_letterhead()
        assert answer.status_code == 302
        assert (letterhead.gln, letterhead.logo_svg) == ("7709998000018", DRAWING.decode())
        assert client.get("/company/logo.svg").content == DRAWING
        assert "New logo" in client.get("/company/").text

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"gln": "7709998000019"}, "A GLN has 13 digits"),
            ({"reason": " "}, "This field is required"),
            ({"logo": SimpleUploadedFile("x.svg", DRAWING.replace(b"rect", b"script"))}, "more than shapes"),
            ({"accent": "red"}, "valid value"),
        ],
    )
    def test_refuses_what_no_document_can_print(self, changes, sentence):
        client = at_the_desk("administrator")
        form = client.get("/company/").context["form"]

        answer = client.post("/company/", sent_as_shown(form, **{"reason": "Test", **changes}))

        assert answer.status_code == 422
        assert sentence in answer.text


class TestTwoEditors:
    def test_keep_each_others_fields(self):
        client = at_the_desk("administrator")
        seen = client.get("/company/").context["form"]
        client.post("/company/", sent_as_shown(seen, phone="809-1", reason="Phone"))

        late = client.post("/company/", sent_as_shown(seen, email="a@example.org", reason="E-mail"))
        again = client.post("/company/", sent_as_shown(late.context["form"]))

        assert (late.status_code, again.status_code) == (422, 302)
        assert Company.objects.values_list("phone", "email").get() == ("809-1", "a@example.org")

    def test_are_shown_what_both_have_changed(self):
        client = at_the_desk("administrator")
        seen = client.get("/company/").context["form"]
        client.post("/company/", sent_as_shown(seen, phone="809-1", reason="Phone"))

        late = client.post("/company/", sent_as_shown(seen, phone="809-2", reason="Phone"))
        again = client.post("/company/", sent_as_shown(late.context["form"]))

        assert "Somebody else has set this to “809-1”" in late.text
        assert again.status_code == 302
        assert Company.objects.get().phone == "809-2"

    def test_of_a_user_are_shown_the_roles_by_name(self):
        client = at_the_desk("administrator")
        user = person("cashier")
        address = f"/users/{user.pk}/"
        seen = client.get(address).context["form"]
        ids = {label: value for value, label in seen.fields["role_ids"].choices}
        client.post(address, sent_as_shown(seen, role_ids=[ids["Service agent"]], reason="Moved"))

        late = client.post(address, sent_as_shown(seen, role_ids=[ids["Accountant"]], reason="Moved"))
        again = client.post(address, sent_as_shown(late.context["form"]))

        assert "Somebody else has set this to “Service agent”" in late.text
        assert again.status_code == 302
        assert [role.name for role in User.objects.get(pk=user.pk).roles.all()] == ["Accountant"]
