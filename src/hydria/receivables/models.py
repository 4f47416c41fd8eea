"""Tables of receivables. Posted rows are never changed; a reversal is a mirror row."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from hydria.receivables.domain.items import ItemKind, ItemSide

SIDE_LABELS = {
    ItemSide.OWED.value: _("Owed by the customer"),
    ItemSide.HELD.value: _("Held for the customer"),
}
KIND_LABELS = {
    ItemKind.INVOICE.value: _("Invoice"),
    ItemKind.OPENING.value: _("Opening balance"),
    ItemKind.PAYMENT.value: _("Payment"),
    ItemKind.PAYMENT_REVERSAL.value: _("Payment reversal"),
    ItemKind.DISCOUNT.value: _("Discount"),
    ItemKind.DISCOUNT_REVERSAL.value: _("Discount taken back"),
}


class Item(models.Model):
    """
    An open amount of an account; a bulk table written in sets.

    `source_id` is the invoice or payment that `kind` names. No row-wise foreign key: the posting transaction and
    `hydria verify` check it in sets.
    """

    account = models.ForeignKey(
        "agreements.Account", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="items"
    )
    side = models.CharField(max_length=4, choices=SIDE_LABELS)
    kind = models.CharField(max_length=20, choices=KIND_LABELS)
    source_id = models.BigIntegerField()
    document_code = models.CharField(max_length=30, blank=True, help_text=_("Number printed on the document"))
    rank = models.SmallIntegerField(default=50, help_text=_("Settled earlier than higher ranks of the same day"))
    amount_minor = models.BigIntegerField()
    effective_date = models.DateField()
    due_date = models.DateField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="item_amount_is_positive"),
            models.UniqueConstraint(fields=["kind", "source_id", "rank"], name="source_has_one_item_of_a_rank"),
        ]
        indexes = [models.Index(fields=["account", "due_date"], name="item_by_account")]


class Allocation(models.Model):
    """Part of a held item settling part of an owed item; `reverses` names the allocation that this one undoes."""

    owed_item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="settlements", db_constraint=False)
    held_item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="uses", db_constraint=False)
    amount_minor = models.BigIntegerField()
    effective_date = models.DateField()
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="allocated_amount_is_positive"),
        ]


class OpenItem(models.Model):
    """
    What is still open of an item; settled items have no row.

    Kept by triggers on `Item` and `Allocation`, so that every path into the database keeps it, and small, so that
    balances, credit runs and ageing cost the same after ten years as on the first day. Its check constraint is the
    promise that no item is ever settled beyond its amount.
    """

    item = models.OneToOneField(
        Item, primary_key=True, on_delete=models.PROTECT, db_constraint=False, related_name="open_part"
    )
    account = models.ForeignKey(
        "agreements.Account", on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="open_items"
    )
    side = models.CharField(max_length=4, choices=SIDE_LABELS)
    due_date = models.DateField()
    rank = models.SmallIntegerField()
    open_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(open_minor__gte=0), name="item_is_never_settled_beyond_its_amount"
            ),
        ]
        indexes = [
            models.Index(fields=["account"], name="open_item_by_account"),
            models.Index(fields=["account"], condition=models.Q(side="HELD"), name="open_credit_by_account"),
        ]


class Debtor(models.Model):
    """
    What an account owes today, summed up; a view on the open items, so that it is never behind them.

    It has one row for each account that owes, and its sums are worked out for the accounts that are asked for.
    """

    account = models.OneToOneField(
        "agreements.Account", primary_key=True, on_delete=models.DO_NOTHING, related_name="debt", db_constraint=False
    )
    owed_minor = models.BigIntegerField()
    held_minor = models.BigIntegerField()
    oldest_due_date = models.DateField()

    class Meta:
        managed = False
        db_table = "receivables_debtor"


class AllocationRule(models.Model):
    """The order in which held money settles owed items, from a day on; before the first rule: oldest due, then rank."""

    start_date = models.DateField(unique=True)
    order = ArrayField(
        models.CharField(max_length=10),
        help_text=_("Columns in the order they count: due_date, rank; the older item breaks ties"),
    )
