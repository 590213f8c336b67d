"""How fast the product is, compared in one run with the least that could do the same."""
