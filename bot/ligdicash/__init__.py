"""LigdiCash's payment API over httpx: one POST that pays, one GET that asks."""
