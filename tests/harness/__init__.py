"""How tests run: one PostgreSQL and one Valkey per run, a database per worker, two providers in each.

- `environment` decides the addresses and puts them where the settings look.
- `session` starts and stops the servers (in xdist's controller; the workers only connect).
- `database` builds the template database once and clones it.
- `processes` forks, from one process that has Django set up, those that tests kill.
- `fixtures` are what tests ask for; `browser` is Chromium before the whole site.
"""
