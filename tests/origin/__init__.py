"""Stories of releases and indexes, and the stage they are told on; `tests.test_origin_stories` tells them."""
