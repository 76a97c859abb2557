"""Bank transfer with a reference of the customer's own. There is no far side: the bank's statement tells."""
