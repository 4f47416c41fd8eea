"""Tables of the platform: company, offices, users, roles, audit, progress, numbers, files, aliases."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hydria.platform.access import Actor, Permission
from hydria.platform.roles import COMBINATION_NAMES, TEMPLATE_NAMES


class Company(models.Model):
    """The one company of this deployment: what documents print and what every amount is counted in."""

    name = models.CharField(max_length=200)
    legal_name = models.CharField(max_length=200, blank=True)
    tax_id = models.CharField(max_length=30, blank=True)
    address = models.CharField(max_length=300, blank=True)
    phone = models.CharField(max_length=50, blank=True)
    email = models.EmailField(blank=True)
    website = models.CharField(max_length=200, blank=True)
    currency = models.CharField(max_length=3, help_text=_("ISO 4217 code; its decimals follow from it"))
    country = models.CharField(max_length=2)
    language = models.CharField(max_length=5, default="en")
    timezone = models.CharField(max_length=50, default="UTC")
    gln = models.CharField(max_length=13, blank=True, help_text=_("Number by which collectors know the company"))
    accent = models.CharField(max_length=7, default="#0b5f8a", help_text=_("Color of documents"))
    logo = models.ForeignKey("StoredFile", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    idle_minutes = models.IntegerField(default=60, help_text=_("A desk that nobody uses for so long is closed"))
    version = models.IntegerField(default=1, help_text=_("Rises with every change"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(idle_minutes__range=(5, 720)), name="desk_closes_within_half_a_day"
            ),
            models.CheckConstraint(condition=models.Q(gln__regex=r"^([0-9]{13})?$"), name="gln_has_thirteen_digits"),
            models.CheckConstraint(condition=models.Q(accent__regex=r"^#[0-9a-f]{6}$"), name="accent_is_a_color"),
            models.CheckConstraint(condition=models.Q(id=1), name="a_deployment_has_one_company"),
            models.CheckConstraint(condition=models.Q(currency__regex=r"^[A-Z]{3}$"), name="currency_is_an_iso_code"),
        ]


class Office(models.Model):
    """A place where customers are attended."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)


class Role(models.Model):
    """A named set of permissions with an amount limit."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    permissions = ArrayField(models.CharField(max_length=60), default=list)
    amount_limit_minor = models.BigIntegerField(
        null=True, blank=True, help_text=_("Largest amount of one act; empty means no limit")
    )
    asks_second_factor = models.BooleanField(
        default=False, help_text=_("Whoever has the role proves themselves by a second factor")
    )

    # Properties

    @property
    def title(self) -> str:
        """Return its name in the reader's language where it came with the product, else as the company named it."""
        given = TEMPLATE_NAMES.get(self.code)
        return gettext(given) if given else self.name


class UserManager(BaseUserManager["User"]):
    """Make users; needed by Django's authentication."""

    def create_user(self, username: str, password: str | None = None, **fields: object) -> User:
        """Create a user with a hashed password."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A log-in of a person of the company."""

    username = models.CharField(max_length=80, unique=True)
    full_name = models.CharField(max_length=150)
    email = models.EmailField(blank=True)
    roles = models.ManyToManyField(Role, blank=True, related_name="users")
    office = models.ForeignKey(Office, null=True, blank=True, on_delete=models.PROTECT)
    language = models.CharField(max_length=5, default="en")
    theme = models.CharField(max_length=10, default="auto")
    density = models.CharField(max_length=11, default="comfortable")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())
    version = models.IntegerField(default=1, help_text=_("Rises with every change"))

    objects = UserManager()
    USERNAME_FIELD = "username"

    # Properties

    def to_actor(self) -> Actor:
        """Return the actor that this user is: the permissions of all roles, the highest of their limits."""
        roles = list(self.roles.all()) if self.is_active else []
        granted = {code for role in roles for code in role.permissions}
        limits = [role.amount_limit_minor for role in roles]
        unlimited = any(limit is None for limit in limits)
        return Actor(
            name=self.username,
            permissions=frozenset(code for code in Permission if code in granted),
            user_id=self.pk,
            amount_limit_minor=None if unlimited else max((limit for limit in limits if limit is not None), default=0),
            office_id=self.office_id,
            needs_second_factor=any(role.asks_second_factor for role in roles),
        )


class DeskSession(AbstractBaseSession):
    """
    A browser that is logged in; removing the row logs it out.

    The key stays between browser and server; pages and addresses name a session by its handle.
    """

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    handle = models.CharField(max_length=32, blank=True, db_index=True)
    address = models.CharField(max_length=45, blank=True)
    device = models.CharField(max_length=60, blank=True)
    started_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)

    @classmethod
    def get_session_store_class(cls) -> type:
        """Return the store that reads and writes these rows."""
        from hydria.platform.sessions import SessionStore  # the store is made from this model

        return SessionStore


class SecondFactor(models.Model):
    """What a user proves beside the password: the key of an authenticator app, and how its codes were used."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor")
    enciphered_key = models.CharField(max_length=300)
    confirmed_at = models.DateTimeField(null=True, help_text=_("When the app first showed a right code"))
    last_step = models.BigIntegerField(default=0, help_text=_("Half minute of the last code that counted"))
    failure_count = models.IntegerField(default=0, help_text=_("Wrong answers since the last right one"))
    closed_until = models.DateTimeField(null=True)


class RecoveryCode(models.Model):
    """A code to be used once in place of the app, kept as a hash."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "code_hash"], name="recovery_code_is_given_once")]


class ToxicCombination(models.Model):
    """A rule of the company: who holds one permission of the first list should hold none of the other."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=150)
    permissions = ArrayField(models.CharField(max_length=60))
    conflicting = ArrayField(models.CharField(max_length=60))
    is_active = models.BooleanField(default=True)
    version = models.IntegerField(default=1, help_text=_("Rises with every change"))

    # Properties

    @property
    def title(self) -> str:
        """Return its name in the reader's language where it came with the product, else as the company named it."""
        given = COMBINATION_NAMES.get(self.code)
        return gettext(given) if given else self.name


class Exemption(models.Model):
    """A recorded leave for a role or a user to hold a toxic combination."""

    combination = models.ForeignKey(ToxicCombination, on_delete=models.PROTECT, related_name="exemptions")
    role = models.ForeignKey(Role, null=True, on_delete=models.CASCADE, related_name="exemptions")
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="exemptions")
    reason = models.CharField(max_length=250)
    granted_by = models.CharField(max_length=150)
    granted_at = models.DateTimeField(db_default=Now())
    expires_date = models.DateField(null=True, help_text=_("First day on which it no longer holds"))
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__isnull=True) ^ models.Q(user__isnull=True),
                name="exemption_is_for_a_role_or_a_user",
            ),
            models.CheckConstraint(condition=models.Q(reason__gt=""), name="exemption_says_why"),
        ]


class SavedView(models.Model):
    """A name for a shaped list: its filters, order, columns and group, as the address holds them."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="views")
    listing = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2_000, blank=True)
    is_shared = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "listing", "name"], name="owner_names_a_view_of_a_list_once")
        ]


class AuditAction(models.TextChoices):
    """What was done to a row, or by a person."""

    INSERT = "INSERT", _("Added")
    UPDATE = "UPDATE", _("Changed")
    DELETE = "DELETE", _("Removed")
    ACCESS = "ACCESS", _("Accessed")
    REFUSED = "REFUSED", _("Refused")


class AccessKind(models.TextChoices):
    """What an act on access was."""

    LOG_IN = "LOG_IN", _("Log-in")
    LOG_IN_FAILED = "LOG_IN_FAILED", _("Log-in failed")
    CLOSED_DOOR = "CLOSED_DOOR", _("Closed after too many tries")
    SECOND_FACTOR = "SECOND_FACTOR", _("Second factor")
    LOG_OUT = "LOG_OUT", _("Log-out")
    IDLE = "IDLE", _("Ended for being idle")
    SESSION = "SESSION", _("Session ended by somebody")
    PASSWORD = "PASSWORD", _("New password")
    DENIED = "DENIED", _("Denied")
    FILE = "FILE", _("File taken out")
    VERIFIED = "VERIFIED", _("Invariants checked")


class AuditEntry(models.Model):
    """
    One change of one row, written by trigger and so by every path into the database, or one act on access.

    `before` and `after` hold only the columns that changed. An INSERT holds neither: the row as it stands and the
    `before` of its later changes tell what was added. An act on access holds in `after` its kind and where it came from.
    """

    table_name = models.CharField(max_length=63)
    row_id = models.BigIntegerField(null=True)
    action = models.CharField(max_length=10, choices=AuditAction.choices)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    actor = models.CharField(max_length=150)
    actor_user_id = models.BigIntegerField(null=True)
    reason = models.TextField(blank=True)
    transaction_id = models.BigIntegerField(help_text=_("Changes made together share it"))
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["table_name", "row_id"], name="audit_by_row"),
            models.Index(fields=["at"], name="audit_by_time"),
            models.Index(fields=["actor", "at"], name="audit_by_actor"),
            models.Index(
                fields=["-id"], condition=models.Q(action__in=["ACCESS", "REFUSED"]), name="access_newest_first"
            ),
        ]


class AuditSeal(models.Model):
    """A link of the chain that makes the audit tamper-evident: the hash of its entries and of the seal before."""

    from_transaction_id = models.BigIntegerField(unique=True)
    until_transaction_id = models.BigIntegerField(unique=True, help_text=_("First transaction that is not sealed yet"))
    entry_count = models.BigIntegerField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
    sealed_at = models.DateTimeField(db_default=Now())


class StateChange(models.Model):
    """One move of an object from state to state: who, when, why."""

    object_kind = models.CharField(max_length=63)
    object_id = models.BigIntegerField()
    from_state = models.CharField(max_length=30, blank=True)
    to_state = models.CharField(max_length=30)
    actor = models.CharField(max_length=150)
    reason = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["object_kind", "object_id"], name="state_change_by_object")]


class ProgressState(models.TextChoices):
    """How a piece of long work stands."""

    WAITING = "WAITING", _("Waiting")
    RUNNING = "RUNNING", _("Running")
    DONE = "DONE", _("Done")
    FAILED = "FAILED", _("Failed")
    CANCELED = "CANCELED", _("Canceled")


class JobState(models.TextChoices):
    """How a job stands in the queue, in the words of the queue; one that has succeeded is gone."""

    TODO = "todo", _("Waiting")
    DOING = "doing", _("Running")
    FAILED = "failed", _("Failed")
    CANCELED = "cancelled", _("Canceled")


class Progress(models.Model):
    """How far a piece of long work has come; the screens poll it."""

    key = models.CharField(max_length=120, unique=True)
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=ProgressState.choices, default=ProgressState.WAITING)
    done_count = models.BigIntegerField(default=0)
    total_count = models.BigIntegerField(default=0)
    unit = models.CharField(max_length=30, blank=True)
    message = models.TextField(blank=True)
    requested_by = models.CharField(max_length=150, blank=True)
    link = models.CharField(max_length=300, blank=True)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(done_count__lte=models.F("total_count")), name="progress_never_exceeds_its_total"
            )
        ]
        indexes = [models.Index(fields=["-requested_at"], name="progress_newest_first")]


class NumberSeries(models.Model):
    """A gapless series of numbers with an end and an expiry, taken under a row lock in the last short step."""

    code = models.CharField(max_length=40)
    prefix = models.CharField(max_length=20, blank=True)
    first_number = models.BigIntegerField(default=1)
    next_number = models.BigIntegerField(default=1)
    last_number = models.BigIntegerField(null=True, blank=True)
    expires_date = models.DateField(null=True, blank=True)
    digits = models.SmallIntegerField(default=8)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "prefix", "first_number"], name="number_range_is_opened_once"),
            models.CheckConstraint(
                condition=models.Q(next_number__gte=models.F("first_number")), name="numbers_never_run_backwards"
            ),
            models.CheckConstraint(
                condition=models.Q(last_number__isnull=True) | models.Q(next_number__lte=models.F("last_number") + 1),
                name="numbers_stay_inside_their_range",
            ),
        ]


class StoredFile(models.Model):
    """A file kept by the hash of its content, so the same file is kept once."""

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    size_bytes = models.BigIntegerField()
    stored_at = models.DateTimeField(db_default=Now())


class ExternalAlias(models.Model):
    """A number that another system gave to one of our rows; it never dies and never moves to another row."""

    scheme = models.CharField(max_length=60, help_text=_("The system or list that gave the number"))
    object_kind = models.CharField(max_length=63)
    object_id = models.BigIntegerField()
    value = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "object_kind", "value"], name="external_number_names_one_object")
        ]
        indexes = [
            models.Index(fields=["object_kind", "object_id"], name="alias_by_object"),
            GinIndex(fields=["value"], opclasses=["gin_trgm_ops"], name="alias_like"),
        ]
