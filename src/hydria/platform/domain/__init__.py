"""Pure rules of the platform: what a second factor proves, what one person may not hold together, where a request comes from."""
