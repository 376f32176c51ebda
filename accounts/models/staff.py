"""What staff did, and the statistics that they see."""

from django.db import models
from django.db.models.functions import Now

from accounts.models.users import User


def in_words(staff_id: int | None, *, is_there: bool) -> str:
    """Who of the staff did something; the id of an account that was erased is told as that, and None is a command."""
    if staff_id is None:
        return "command"
    return f"user {staff_id}" if is_there else f"user {staff_id} (erased)"


class StaffAction(models.Model):
    """What one of the staff did, to whom and why. It is written before it is done, and nobody changes it."""

    staff = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    """Who; empty for a command, whose operator the machine knows. The id stays when the account is erased, without the
    account: fetch it by `select_related`, which gives None then."""
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    """To whom, if it was about a person."""
    action = models.CharField(max_length=40)
    target = models.CharField(max_length=80, blank=True)
    """What it was done to, by kind and id, where that is not the person."""
    reason = models.CharField(max_length=500, blank=True)
    outcome = models.CharField(max_length=40, blank=True)
    """`done`, or the code of what kept it from being done; empty while it is under way, or if it was cut off."""
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
        """Who did it, in words."""
        return in_words(self.staff_id, is_there=self.staff is not None)


class DailyStatistic(models.Model):
    """One number about one day (UTC) of the whole installation, for the desk's charts (`accounts.statistics`)."""

    day = models.DateField()
    name = models.CharField(max_length=60)
    value = models.FloatField()

    class Meta:
        db_table = "accounts_dailyfigure"
        constraints = [models.UniqueConstraint(fields=["day", "name"], name="figure_once_a_day")]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name} of {self.day}"
