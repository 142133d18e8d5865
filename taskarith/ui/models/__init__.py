"""Models: the page on which suites are found, fetched and made."""
