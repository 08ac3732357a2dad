"""Conversion of foreign models into CTranslate2 folders: GGUF with numpy alone, Hugging Face with an extra."""
