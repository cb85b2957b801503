"""When an answer can be expected, from how long such questions have taken (R11, R82); docs/expected-answer.md."""
