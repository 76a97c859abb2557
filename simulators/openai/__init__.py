"""A stand-in for OpenAI, and for any service that speaks its protocol.

It knows no language: it answers what it was told to answer, checks requests as strictly as the real ones do, and
fails on demand (500, 429, slow, broken JSON, a refusal, an intent nobody allowed).
"""
