"""
Own the staff's shell: navigation, home, the one search box, the account page that shows everything.

The desk owns no facts. Its search entries are copies that can be rebuilt at any time. Start with `web/urls` to see
every page of the product, and with `web/navigation` for who sees which.
"""
