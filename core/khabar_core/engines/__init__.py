"""Engines turn requests into hypotheses: CTranslate2 models of several families, and an echo for tests."""
