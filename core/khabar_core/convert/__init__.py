"""Conversion of foreign models into CTranslate2 folders: GGUF here with numpy alone, Hugging Face through an extra."""
