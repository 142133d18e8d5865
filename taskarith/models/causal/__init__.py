"""Causal language models: GPT-2, Llama, Qwen and others that write from left to right."""
