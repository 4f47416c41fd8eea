"""The doors of metering for people: the incident queue, reading sheets, meters, thresholds."""
