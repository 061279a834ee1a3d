//! Nothing to import: the tests that cross crates are in `tests/tests`.
