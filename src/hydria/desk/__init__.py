"""
Own the staff's shell: navigation, home, the one search box, the guide, the account page that shows everything.

The desk owns no facts but how far each person has come in the first steps (`web/tour`); its search asks every context.
Start with `web/urls` to see every page of the product, and with `web/navigation` for who sees which.
"""
