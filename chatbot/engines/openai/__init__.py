"""Any service that speaks OpenAI's chat completions: OpenAI, DeepSeek, Gemini, a model of one's own."""
