"""Conversion of foreign models to CTranslate2 folders: GGUF with numpy alone, Hugging Face with an extra."""
