from __future__ import annotations

import datetime

import pytest

import billing_factories as given
from hydria.platform.access import SYSTEM
from hydria.premises import operations

pytestmark = pytest.mark.django_db

MARCH = datetime.date(2026, 3, 1)


@pytest.fixture
def point():
    given.village()
    return given.point()


class TestRegisterPremise:
    def test_refuses_a_cadastral_code_twice(self):
        for_both = {"actor": SYSTEM, "address": "Calle 1", "on_date": MARCH, "cadastral_code": "21-001"}
        operations.register_premise(**for_both)

        with pytest.raises(operations.UnableToSavePremise) as refused:
            operations.register_premise(**for_both)

        assert refused.value.code == "cadastral_code_taken"

    def test_refuses_half_a_coordinate(self):
        with pytest.raises(operations.UnableToSavePremise) as refused:
            operations.register_premise(actor=SYSTEM, address="Calle 1", on_date=MARCH, longitude="-70.5")

        assert refused.value.code == "premise_lies_on_the_earth"


class TestRegisterServicePoint:
    def register(self, point, **changed):
        asked = {
            "premise_id": point.premise_id,
            "service_code": "WATER",
            "route_code": "R1",
            "is_metered": False,
            "is_disconnectable": False,
            "category_code": "household",
            "unit_count": 1,
            "on_date": MARCH,
        }
        return operations.register_service_point(actor=SYSTEM, **{**asked, **changed})

    def test_puts_a_point_at_the_end_of_its_route(self, point):
        assert self.register(point).route_sequence == point.route_sequence + 1

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"premise_id": 0}, "premise_unknown"),
            ({"service_code": "X"}, "service_unknown"),
            ({"route_code": "X"}, "route_unknown"),
            ({"category_code": "X"}, "category_unknown"),
            ({"unit_count": 0}, "unit_count_invalid"),
            ({"route_sequence": 1}, "route_position_belongs_to_one_point"),
        ],
    )
    def test_refuses_what_cannot_be(self, point, changed, code):
        with pytest.raises(operations.UnableToSaveServicePoint) as refused:
            self.register(point, **changed)

        assert refused.value.code == code


class TestChangeUnits:
    def change(self, point, unit_count, *, from_date=MARCH):
        return operations.change_units(
            actor=SYSTEM,
            service_point_id=point.pk,
            category_code="household",
            unit_count=unit_count,
            from_date=from_date,
            reason="Counted again",
        )

    def test_keeps_the_count_before_for_the_days_before(self, point):
        self.change(point, 3)

        counted = point.units.order_by("valid_during").values_list("unit_count", flat=True)
        assert list(counted) == [1, 3]

    def test_ends_a_category_with_zero(self, point):
        self.change(point, 0)

        assert point.units.get().valid_during.upper == MARCH

    def test_refuses_a_change_before_a_later_one(self, point):
        self.change(point, 3)

        with pytest.raises(operations.UnableToSaveServicePoint) as refused:
            self.change(point, 2, from_date=datetime.date(2026, 2, 1))

        assert refused.value.code == "later_change_exists"
