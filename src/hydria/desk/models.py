"""The one table of the desk: how far each person has come in the first steps."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Tour(models.Model):
    """Which of the first steps a person has done, and whether they still want to see them."""

    user = models.OneToOneField("platform.User", on_delete=models.CASCADE, primary_key=True, related_name="+")
    done = ArrayField(models.CharField(max_length=30), default=list)
    is_dismissed = models.BooleanField(default=False)
