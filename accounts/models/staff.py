"""What staff did, and the statistics that they see."""

from django.db import models
from django.db.models.functions import Now

from accounts.models.users import User


def in_words(staff_id: int | None, *, is_there: bool) -> str:
    """Who ran an action, in words: None is a command, and an account that was erased is marked as erased."""
    if staff_id is None:
        return "command"
    return f"user {staff_id}" if is_there else f"user {staff_id} (erased)"


class StaffAction(models.Model):
    """What a staff member did, to whom and why. The row is written before the action runs, and never edited."""

    staff = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    """Empty for a command. The id stays after the account is erased, and then refers to no row: fetch it with
    `select_related`, which returns None for it."""
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    """The affected user, if there is one."""
    action = models.CharField(max_length=40)
    target = models.CharField(max_length=80, blank=True)
    """The affected object, by kind and id, if that is not the user."""
    reason = models.CharField(max_length=500, blank=True)
    outcome = models.CharField(max_length=40, blank=True)
    """`done`, or the code of the error; empty while the action runs, or if its process was killed."""
    request_id = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-id"], name="staff_action_by_user"),
            models.Index(fields=["staff", "-id"], name="staff_action_by_staff"),
        ]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.action} ({self.pk})"

    @property
    def by(self) -> str:
        """Who ran the action, in words."""
        return in_words(self.staff_id, is_there=self.staff is not None)


class DailyStatistic(models.Model):
    """One number about one day (UTC) of the whole installation, for the admin's charts (`accounts.statistics`)."""

    day = models.DateField()
    name = models.CharField(max_length=60)
    value = models.FloatField()

    class Meta:
        db_table = "accounts_dailyfigure"
        constraints = [models.UniqueConstraint(fields=["day", "name"], name="figure_once_a_day")]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name} of {self.day}"
