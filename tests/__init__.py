"""The tests: a mirror of lanshare/, and beside it together/ (whole engines), lan/ (namespaces), window/ (real X)."""
