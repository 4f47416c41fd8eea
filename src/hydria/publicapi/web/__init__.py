"""The REST API, version 1: one module for each group of resources, put together in `v1`."""
