"""Making suites: what is asked for, planned, fetched, checked and written down."""
