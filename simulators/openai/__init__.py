"""A stand-in for OpenAI (Chat Completions and Responses), and for any service that speaks its chat completions.

It knows no language: it says and calls what it was told to, checks requests as strictly as the real ones do, and
fails on demand (500, 429, quota, slow, HTML, broken JSON, a refusal, a cut connection).
"""
