from hypothesis import given, settings
from hypothesis import strategies as st

from hydria.desk.domain.changes import Bill, Cause, explain_change


def bill(total_minor: int, quantity_m3: int, *, days: int = 30, is_estimated: bool = False) -> Bill:
    return Bill(total_minor=total_minor, quantity_milli=quantity_m3 * 1000, days=days, is_estimated=is_estimated)


BILLS = st.builds(
    Bill,
    total_minor=st.integers(-(10**9), 10**9),
    quantity_milli=st.integers(0, 10**7),
    days=st.integers(1, 400),
    is_estimated=st.booleans(),
)


class TestExplainChange:
    def test_has_nothing_to_compare_the_first_invoice_with(self):
        assert explain_change(previous=None, current=bill(100, 1)).cause is Cause.FIRST

    def test_calls_a_hundredth_the_same(self):
        assert explain_change(previous=bill(10_000, 10), current=bill(10_100, 10)).cause is Cause.SAME

    def test_names_the_water_when_daily_use_rose(self):
        change = explain_change(previous=bill(10_000, 10), current=bill(15_000, 15))

        assert change.cause is Cause.QUANTITY
        assert change.difference_minor == 5_000
        assert change.quantity_difference_milli == 5_000

    def test_names_the_days_when_daily_use_stayed(self):
        change = explain_change(previous=bill(10_000, 10, days=30), current=bill(20_000, 20, days=60))

        assert change.cause is Cause.DAYS
        assert change.days_difference == 30

    def test_names_the_price_when_the_water_stayed(self):
        assert explain_change(previous=bill(10_000, 10), current=bill(12_000, 10)).cause is Cause.PRICE

    def test_names_the_price_when_less_water_cost_more(self):
        assert explain_change(previous=bill(10_000, 10), current=bill(12_000, 8)).cause is Cause.PRICE

    def test_names_the_estimate_that_a_reading_corrected(self):
        change = explain_change(previous=bill(10_000, 10, is_estimated=True), current=bill(30_000, 30))

        assert change.cause is Cause.CORRECTED_ESTIMATE

    @settings(max_examples=50)
    @given(previous=BILLS, current=BILLS)
    def test_tells_the_difference_exactly_whatever_the_cause(self, previous: Bill, current: Bill):
        change = explain_change(previous=previous, current=current)

        assert previous.total_minor + change.difference_minor == current.total_minor
        assert previous.quantity_milli + change.quantity_difference_milli == current.quantity_milli
