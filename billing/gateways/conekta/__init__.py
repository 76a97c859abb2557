"""Conekta (Mexico): orders paid in cash at OXXO, by SPEI to a CLABE of their own, or on Conekta's page."""
